/* The budget: how many requests may leave, shared by all sessions of a sink.
 *
 * Workers wait here before each request and tell here what the answer said of the limits. The
 * one place that waits for a peer's limits (G7: the budget parks nobody). Thread-safe. */
#ifndef SYNCD_PIPELINE_BUDGET_H
#define SYNCD_PIPELINE_BUDGET_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "host/host.h"
#include "pipeline/report.h"

struct budget {
  pthread_mutex_t lock;       /* guards all below */
  const atomic_int *cancelled;
  int64_t per_minute;         /* configured; 0: what the peer says */
  int64_t not_before_us;      /* monotonic: nobody leaves before */
  int64_t allowed, left;      /* of the current window; -1: not known */
  int64_t window_ends_us;     /* monotonic */
  struct requests counts;
  struct host_budget hooks;
};

/* PER_MINUTE 0: auto. */
void budget_init (struct budget *, int64_t per_minute, const atomic_int *cancelled);
void budget_fini (struct budget *);
/* Nobody leaves within the next MS (at most ten minutes). */
void budget_pause (struct budget *, int64_t ms);
void budget_count_retry (struct budget *);
struct requests budget_requests (struct budget *);
/* Requests left in the peer's window; -1: not known. */
int64_t budget_left (struct budget *);

#endif
