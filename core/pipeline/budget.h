/* The budget: how many requests may leave, shared by all sessions of a sink.
 *
 * Workers wait here before each request and tell here what the answer said of the limits. The
 * one place that waits for a peer's limits (G7: the budget parks nobody); when the next one may
 * leave is decided in pace.c. Thread-safe. */
#ifndef SYNCD_PIPELINE_BUDGET_H
#define SYNCD_PIPELINE_BUDGET_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "host/host.h"
#include "pipeline/pace.h"
#include "pipeline/report.h"

struct budget {
  pthread_mutex_t turn;       /* who has it waits for the next permit; the others wait for it */
  pthread_mutex_t lock;       /* guards all below; taken after `turn` */
  pthread_cond_t answered;
  const atomic_int *cancelled;
  struct pace pace;
  struct requests counts;
  int64_t answers;            /* but of the token endpoint */
  int64_t latency_us;         /* of the last answers, 0: none came */
  struct host_budget hooks;
};

/* PER_MINUTE 0: auto. */
void budget_init (struct budget *, int64_t per_minute, const atomic_int *cancelled);
void budget_fini (struct budget *);
/* Nobody leaves within the next MS (at most ten minutes). */
void budget_pause (struct budget *, int64_t ms);
/* So many requests are known to be wanted: what is little leaves at once, what is much is
 * spread. */
void budget_expect (struct budget *, int64_t requests);
void budget_count_retry (struct budget *);
struct requests budget_requests (struct budget *);
/* Requests left in the peer's window; -1: not known. */
int64_t budget_left (struct budget *);

/* What the number of sessions is chosen by. */
struct budget_facts {
  int64_t answers, latency_us;
  double per_second;          /* ours by the limit; 0: no limit is known */
};
struct budget_facts budget_facts (struct budget *);

#endif
