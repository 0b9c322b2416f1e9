/* reread.h: reads entries again that are known by their ids alone. */
#ifndef SYNCD_SOURCE_LDAP_REREAD_H
#define SYNCD_SOURCE_LDAP_REREAD_H

#include "scan.h"

struct reread_id {
  char *id;
  bool gone;  /* nothing is to be read: it was deleted */
  bool found; /* it was given, or told to be gone */
};

struct reread {
  struct reread_id *ids;
  size_t count, size;
  size_t from, to; /* of the batch under way: empty when from == to */
  size_t told;     /* where to look next for one that is gone */
};

/* Adds an id; one that is there already takes the newer word of GONE. */
int32_t reread_add (struct syncd_ctx *ctx, struct reread *reread, const char *id, bool gone);
/* The next event: first who is gone, then entries in scope by our own base and filter, and a
 * delete for each id that these do not show. 0: all was told, and the list is empty again. */
int32_t reread_next (struct syncd_ctx *ctx, struct scan *scan, struct reread *reread,
                     uint32_t max_wait_ms, struct syncd_entry *entry, struct syncd_buffer *buffer);
void reread_fini (struct reread *reread);

#endif
