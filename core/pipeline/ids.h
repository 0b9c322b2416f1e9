/* A list of ids of any length: added to, then read from its beginning, any number of times. One
 * thread at a time. */
#ifndef SYNCD_PIPELINE_IDS_H
#define SYNCD_PIPELINE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* All zero: an empty list. */
struct ids {
  char *block;         /* the newest ones, each ended by a NUL */
  size_t used, size;
  bool spilled;        /* the others are in FILE, so many bytes: */
  int file;
  int64_t filed;
  bool kept;           /* the file cannot be written: from here on all are in memory */
  size_t count;
  char *page;          /* a piece of the file that is being read: */
  int64_t page_at, page_len;
  int64_t at;          /* where reading goes on */
};

void ids_add (struct ids *, const char *id);
void ids_fini (struct ids *);
/* Reading begins anew. */
void ids_rewind (struct ids *);
/* The next ones, at most COUNT; 0: the end, -1: failed. They are good until the next call of any
 * function here. */
int ids_read (struct ids *, char **ret_ids, size_t count, struct error *);

#endif
