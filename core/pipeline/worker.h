/* Workers: threads that each hold one session of the sink and carry out single requests.
 *
 * The main thread decides and writes the state; a worker only talks to the sink. Work goes to
 * the workers and comes back whole, several at a time. */
#ifndef SYNCD_PIPELINE_WORKER_H
#define SYNCD_PIPELINE_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "pipeline/pipeline.h"
#include "plan/plan.h"

/* -- work.c -- */

enum work_kind { WORK_APPLY, WORK_FIND, WORK_READ };

/* One request of a sink and, after it, its answer. The rest of what delivery knows about an
 * entry (struct delivery_item) begins with this. */
struct work {
  enum work_kind kind;
  struct work *next;              /* in a list of the crew */
  struct syncd_change change;     /* APPLY: borrows from the item */
  const char *attribute;          /* FIND */
  const char *value;              /* FIND: value; READ: account */

  struct syncd_result result;     /* APPLY */
  int32_t code;                   /* FIND, READ: SYNCD_OK or SYNCD_E_* */
  char *message;                  /* of a failed FIND, READ or apply() */
  struct buffer documents;        /* FIND: JSON array; READ: object */
};

void work_init (struct work *);
void work_fini (struct work *);
/* Ready for the next request of the same entry. */
void work_reset (struct work *);
/* Asks the sink, and keeps what it answers. *SESSION: the worker's; opened where it is NULL. */
void work_carry_out (struct work *, const struct pipeline *, struct syncd_ctx *, void **session);

/* -- worker.c -- */

struct crew;

/* Starts COUNT workers; each opens its session when its first work comes. There may be MOST. */
struct crew *crew_new (struct pipeline *, size_t count, size_t most);
/* From now on COUNT of them (at most MOST) take work; the others keep their sessions. */
void crew_resize (struct crew *, size_t count);
/* Waits for what is under way, closes sessions, joins threads. */
void crew_free (struct crew *);
size_t crew_size (const struct crew *); /* those that take work */
/* Hands a list of works (linked by next) over. */
void crew_give (struct crew *, struct work *list);
/* Takes everything that is done; waits at most TIMEOUT_MS until at least WANTED are done.
 * NULL: none came. */
struct work *crew_take (struct crew *, size_t wanted, int timeout_ms);

#endif
