/* Orders: decisions of an administrator, which a command carries out itself or, where another syncd
 * holds the state's lock, leaves beside the state (STATE.orders, one JSON array a line). The next
 * pass obeys them, and so does a pass that is delivering. To obey one twice does no harm. */
#ifndef SYNCD_PIPELINE_ORDERS_H
#define SYNCD_PIPELINE_ORDERS_H

#include <stdbool.h>

#include "store/store.h"
#include "util/error.h"

struct order {
  const char *verb;      /* approve, retry, retry-all, forget, link, unlink */
  const char *subject;   /* an id, DN or user name; a token; NULL for retry-all */
  const char *argument;  /* link: the account; else NULL */
};

/* Appends an order for the syncd that holds the lock. */
int orders_leave (const char *state_path, const struct order *, struct error *);
/* Has anybody left one? Cheap: one look at the file. */
bool orders_pending (const char *state_path);
/* Obeys what was left, in a transaction of its own, and empties the file. What cannot be obeyed is
 * said and dropped. Returns how many there were, or -1. */
int orders_obey (struct store *, const char *state_path, struct error *);
/* Would that one be obeyed now? -1 with the reason why not. Reads only. */
int orders_check (struct store *, const struct order *, struct error *);
/* One order, inside a transaction; -1 with the reason, nothing changed. */
int orders_obey_one (struct store *, const struct order *, struct error *);

#endif
