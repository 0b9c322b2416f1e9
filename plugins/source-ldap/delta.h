/* delta.h: the two-query delta, for grades whose entries show a growing number or a time. */
#ifndef SYNCD_SOURCE_LDAP_DELTA_H
#define SYNCD_SOURCE_LDAP_DELTA_H

#include "source-ldap.h"

#define MAX_IDSET      262144 /* changed entries of one read; more: everybody is read */
#define MAX_CONTAINERS 256    /* changed containers of one read; more: everybody is read */

struct scan;

struct idset {
  uint64_t *hashes; /* open addressing, at most half full */
  size_t size, count;
};

/* False: it is full, or no memory is left. */
bool idset_add (struct idset *set, const char *id);
bool idset_has (const struct idset *set, const char *id);
void idset_fini (struct idset *set);

enum delta_stage {
  DELTA_SHOW,      /* query A: what changed and is ours, with its attributes */
  DELTA_COMPARE,   /* query B: what changed at all, ids only */
  DELTA_CONTAINERS /* are there people below the containers that changed? */
};

struct delta {
  bool on, full; /* full: too much changed to be remembered */
  enum delta_stage stage;
  struct text term;      /* "(uSNChanged>=4711)" */
  LDAPControl *control;  /* for query B, so that it shows what is deleted; owned, or NULL */
  bool forgiving;        /* query B may fail: the inventory is the net in any case */
  char since[TIME_SIZE]; /* only containers that changed after it; empty: all */
  char newest[TIME_SIZE]; /* of the containers that changed; empty: none */
  struct idset shown;
  struct search search; /* query B */
  const char *attributes[4];
  struct text containers; /* DNs, each with its NUL */
  size_t container_count;
};

/* Makes the scan of changes one of two queries, with what is already set in scan->delta:
 *   A  (&(user's filter)TERM) below the base, with attributes: SYNCD_SCAN_ENTRY
 *   B  TERM in the naming context, ids only: whoever is not in A left the filter or the base, or
 *      is deleted: SYNCD_SCAN_DELETE, which the host confirms by asking for the id
 * A changed container with people below it may have been renamed or moved, which changes no
 * entry below it: then, in the same scan, everybody is read. TERM is copied. */
int32_t delta_begin (struct syncd_ctx *ctx, struct scan *scan, const char *term);
/* The next event; 0: all was told, or scan_turn() was called. */
int32_t delta_next (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
                    struct syncd_entry *entry, struct syncd_buffer *buffer);
/* An entry of query A was shown. */
void delta_note (struct scan *scan, const char *id);
void delta_fini (struct delta *delta);

#endif
