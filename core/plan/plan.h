/* The plan: what we know of an account and what it should be → at most one change. Pure. */
#ifndef SYNCD_PLAN_PLAN_H
#define SYNCD_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "map/map.h"

enum plan_intent {
  INTENT_SYNC,    /* the account should be as the leaves say */
  INTENT_DISABLE, /* a leaver */
  INTENT_DELETE   /* a leaver, with leavers.policy: delete */
};

enum plan_kind {
  PLAN_NOTHING, PLAN_CREATE, PLAN_UPDATE, PLAN_ENABLE, PLAN_DISABLE, PLAN_DELETE
};

/* What is known of a leaf at the sink. */
enum known { KNOWN_NOT, KNOWN_ABSENT, KNOWN_PRESENT };

struct plan_operation {
  uint32_t op;      /* SYNCD_OP_* */
  const char *path; /* borrowed from the mapping */
  size_t value_at, value_len; /* in `values`; value_len 0: none */
  int leaf;         /* its index; -1: active that the mapping does not name */
};

struct plan {
  enum plan_kind kind;
  struct plan_operation *operations; /* of an update, enable or disable */
  size_t operation_count, operation_size;
  struct buffer values;   /* JSON texts of the operations */
  struct buffer document; /* of a create */
};

struct plan_input {
  const struct mapping *mapping;
  const struct hasher *hasher;
  enum plan_intent intent;
  bool exists;               /* the account is known */
  bool disabled_by_us;       /* we made it inactive: undone by INTENT_SYNC where active is unmapped */
  bool send_all;             /* after adoption, revival, return, doubt */
  const struct leaves *want; /* SYNC: with the given user name and resolved references; absent
                                references (KNOWN to be wanted) must be set absent by the caller */
  const uint64_t *last;      /* hashes of what was last sent, by leaf; 0: absent */
  const unsigned char *known; /* enum known by leaf; NULL: all as `last` tells */
  const unsigned char *removed; /* by leaf, NULL: none. DISABLE: these go in the same request */
};

void plan_init (struct plan *);
void plan_fini (struct plan *);
/* Decides. Operations are ordered: removals of typed items before additions, userName first. */
void plan_make (const struct plan_input *, struct plan *ret_plan);

#endif
