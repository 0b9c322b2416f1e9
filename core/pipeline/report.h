/* What a pass did: counters, lists for people, and the JSON report (contract: section 5).
 * Main thread only; request counters come from the budget. */
#ifndef SYNCD_PIPELINE_REPORT_H
#define SYNCD_PIPELINE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buffer.h"

struct requests {
  int64_t total, token, list, find, read, create, update, remove, retried, throttled;
};

/* How the first pass meets the accounts that exist already: what each way costs. */
struct meeting {
  bool asked;         /* the sink was asked; else nothing below is known */
  bool list;          /* they are listed, rather than asked for one by one */
  int64_t accounts;   /* that exist */
  int64_t people;     /* who are new: requests by asking for each */
  int64_t pages;      /* requests by listing */
};

#define REPORT_LIST_MAX 1000

struct report_list {
  struct buffer json; /* items, separated by commas */
  int64_t count;      /* all, also those beyond REPORT_LIST_MAX */
};

struct report {
  bool recorded; /* what was read is in the state, whatever became of its delivery; not told */
  const char *result; /* ok, parked, held, failed */
  const char *mode;   /* full, changes, inventory, only, queue */
  bool dry_run;       /* the counters say what would be done */
  double seconds;
  const char *source_name, *sink_name;
  int64_t read;
  bool complete;
  char *changes;      /* the grade in use */
  int64_t created, updated, unchanged, adopted, renamed, disabled, enabled, deleted;
  int64_t queued, parked, held;
  char *approve;            /* token of what is held */
  char *approve_unclaimed;  /* token of the accounts of no entry */
  struct requests requests;
  struct meeting meeting;  /* of a dry run */
  bool checkpoint_advanced;
  int64_t references_left_out;
  struct report_list adopted_list, renamed_list, held_list, parked_list;
  struct report_list drifted_list, unclaimed_list;
  char *error;
  struct buffer made; /* report_json() */
};

void report_init (struct report *);
void report_fini (struct report *);
/* Was anything changed in the sink? */
bool report_did_something (const struct report *);
/* Adds {source id, user name, reason} to a list. */
void report_add (struct report_list *, const char *id, const char *user_name, const char *reason);
/* The whole report as JSON, made when it is asked for first: what is written to the state, the log
 * and the file is the same. The report's until report_fini(). */
const struct buffer *report_json (struct report *);
/* The last line of the log: what a person wants to know first. */
char *report_line (const struct report *);

#endif
