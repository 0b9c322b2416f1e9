/* User-name collisions (guarantees: Collisions): who may have the name? Pure functions. */
#ifndef SYNCD_PLAN_COLLIDE_H
#define SYNCD_PLAN_COLLIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/settings.h"

/* The Nth name after WANTED by FORMAT ("{base}_{n}"; base: what is before the @): a text of its
 * own. N = 0 gives WANTED. */
char *collide_candidate (const char *format, const char *wanted, int n);
/* A temporary name for breaking a ring: "syncd-" + 8 hex digits of SEED before the @. */
char *collide_temporary (const char *wanted, unsigned seed);

/* Who holds a name that an entry wants. */
enum holder_kind {
  HOLDER_NOBODY,
  HOLDER_SELF,         /* the account already linked to this entry                          */
  HOLDER_OURS,         /* an account with our externalId for this entry: case 2             */
  HOLDER_UNOWNED,      /* no owner, no externalId: case 3                                   */
  HOLDER_FOREIGN,      /* carries another's externalId: G5                                  */
  HOLDER_OTHER,        /* owned for another entry that keeps the name: case 4               */
  HOLDER_OTHER_LEAVING, /* owned for another entry that gives the name up in this pass      */
  HOLDER_LEFT          /* of an entry that left, or one that we deleted: case 5             */
};

struct claim {
  enum holder_kind holder;
  bool protected_name;     /* the holder's name is in protect: */
  bool match_accepts;      /* a match rule accepts the holder (HOLDER_UNOWNED) */
  size_t match_hits;       /* accounts that the deciding rule found */
  bool adopt_foreign;
  int attempts;            /* candidates already tried */
  enum collision_policy policy;
  enum left_policy left;
  int max_attempts;
};

enum verdict {
  VERDICT_TAKE,     /* the name is free or ours: go on */
  VERDICT_LINK,     /* the account is ours: link it */
  VERDICT_ADOPT,    /* adopt it, writing our externalId in the same request */
  VERDICT_WAIT,     /* after the holder gave the name up */
  VERDICT_NEXT,     /* try the next candidate name */
  VERDICT_PARK,     /* with the reason */
  VERDICT_FAIL      /* collision.policy: fail ends the run */
};

/* Decides; *RET_WHY is a static text for the log, the report and `explain`. */
enum verdict collide_judge (const struct claim *, const char **ret_why);

/* Limit of a brake: max(min, percent of OWNED); does COUNT trip it? The leavers' brake also trips
 * at more than half and more than 2. */
bool collide_brake_trips (const struct brake *, size_t count, size_t owned, bool leavers);

#endif
