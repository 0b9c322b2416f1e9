/* changelog.h: what the files of the changelog grade share. */
#ifndef SYNCD_SOURCE_LDAP_CHANGELOG_H
#define SYNCD_SOURCE_LDAP_CHANGELOG_H

#include "ds389.h"
#include "reread.h"

#define CHANGELOG_WINDOW 500 /* change numbers in one search */
#define CHANGELOG_NEWEST 20  /* of the newest, so many tell what is recorded at all */

/* One window of the change log, as far as it may be believed. */
struct changelog_window {
  uint64_t from, to;     /* change numbers that were asked for, both included */
  uint64_t upto;         /* all up to this one were shown; FROM - 1: not even the first */
  uint64_t shown, named; /* changes shown, and those of them that tell our kind of id */
  uint64_t ours;         /* of entries below our base */
  bool hole;             /* one was shown that comes after UPTO */
  struct text moved;     /* ids of who was renamed or moved, each with its NUL; to be freed */
};

struct changelog {
  char *base;
  uint64_t position; /* all changes up to this one were told */
  uint64_t last;     /* up to which it goes in this scan */
  uint64_t newest;   /* known to be committed when everybody began to be listed; 0: unknown */
  struct reread reread;
};

/* Which attribute of a change carries our kind of id; NULL: none does. */
const char *changelog_id (const struct session *session);
/* Reads changes from WINDOW's `from` to its `to`; adds their ids to REREAD where given.
 * SEARCH_DONE, SEARCH_PARTIAL with the reason in WHY, SEARCH_NOT_FOUND, or an error. */
int32_t changelog_read (struct syncd_ctx *ctx, struct session *session, const char *base,
                        struct changelog_window *window, struct reread *reread, struct text *why);

#endif
