/* scan.h: a scan, and what the files that carry it out share. */
#ifndef SYNCD_SOURCE_LDAP_SCAN_H
#define SYNCD_SOURCE_LDAP_SCAN_H

#include "delta.h"
#include "source-ldap.h"
#include "sync.h"

enum scan_stage {
  SCAN_LISTING, /* everybody below the base, or what the filter leaves of them */
  SCAN_CHANGES, /* by the grade's own next() */
  SCAN_SETTLED  /* all was told but checkpoint and end */
};

struct changelog;
struct dirsync;
struct usn_389;

struct scan {
  struct session *session;
  const struct grade *grade;
  struct wanted wanted;
  struct search search;
  enum scan_stage stage;
  uint32_t asked, mode; /* what the host asked for, and what it became */
  bool compares;        /* an inventory that shows all attributes, as versions do not tell */
  bool absence;         /* who was not shown is not there */
  bool marked;          /* the checkpoint was given, or there is none */
  struct text filter;   /* of the listing */
  char fingerprint[65], newest[TIME_SIZE]; /* newest: empty where none was seen */
  int64_t started_ms;
  uint64_t nameless;     /* entries that show no id */
  char *first_nameless;  /* DN of one of them */
  bool timeless;         /* an entry shows no time */
  struct sync sync;
  struct delta delta;
  struct changelog *changelog; /* by the changelog grade */
  struct dirsync *dirsync;     /* by the dirsync grade */
  int64_t usn;              /* how far the server's numbers were when the scan began */
  char usn_time[TIME_SIZE]; /* the server's time then */
  struct usn_389 *usn_389;     /* by the usn grade of 389 Directory Server */
};

/* ---- scan-read.c ---- */

/* Makes the search of our base by scan->filter, for what the host wants. */
void scan_ask (struct scan *scan, int page_size);
/* An entry of the answer for the host: SYNCD_SCAN_ENTRY or SYNCD_SCAN_STILL_THERE by the mode,
 * 0 where it shows no id and is counted, SYNCD_E_NOT_FOUND where it went away meanwhile. */
int32_t scan_take_entry (struct syncd_ctx *ctx, struct scan *scan, LDAPMessage *message,
                         struct syncd_entry *entry);
/* Is what was read less than everything, for ids or references? */
bool scan_incomplete (const struct scan *scan);
int32_t scan_end_partial (struct syncd_ctx *ctx, struct scan *scan, struct syncd_buffer *buffer);
/* SYNCD_SCAN_END_PARTIAL, because of SEARCH, which ended early or met a reference. */
int32_t scan_end_early (struct syncd_ctx *ctx, const struct search *search,
                        struct syncd_buffer *buffer);

/* The next event of that search, whose entries are given to TAKE (with the results of
 * scan_take_entry()); 0: it is complete. */
int32_t scan_read (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
                   int32_t (*take) (struct syncd_ctx *ctx, struct scan *scan, void *data,
                                    LDAPMessage *message, struct syncd_entry *entry),
                   void *data, struct syncd_entry *entry, struct syncd_buffer *buffer);
/* The next event of the search of the listing; 0: it is complete. */
int32_t scan_list (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
                   struct syncd_entry *entry, struct syncd_buffer *buffer);

/* ---- scan.c ---- */

/* Reads everybody after all, in the same scan: what was told stays true, and then absence
 * counts. WHY is for the log. */
void scan_turn (struct syncd_ctx *ctx, struct scan *scan, const char *why);

/* ---- the grades ---- */

int32_t sync_begin (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data);
int32_t sync_next (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
                   struct syncd_entry *entry, struct syncd_buffer *buffer);
void sync_fini (struct scan *scan);
void changelog_fini (struct scan *scan);
void dirsync_fini (struct scan *scan);
void usn_389_fini (struct scan *scan);

#endif
