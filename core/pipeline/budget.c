/* The budget; see budget.h. */
#include "config.h"
#include "pipeline/budget.h"

#include <string.h>
#include <time.h>

#include "util/clock.h"
#include "util/notify.h"
#include "util/hash.h"

#define SLICE_US 100000 /* so soon a waiting one sees that it is cancelled */

/* With the lock held, which is given up meanwhile. */
static void
wait_a_little (struct budget *budget, int64_t us)
{
  struct timespec until;
  clock_gettime (CLOCK_MONOTONIC, &until);
  int64_t ns = until.tv_nsec + (us < SLICE_US ? us : SLICE_US) * 1000;
  until.tv_sec += ns / 1000000000;
  until.tv_nsec = ns % 1000000000;
  pthread_cond_timedwait (&budget->answered, &budget->lock, &until);
}

static int32_t
wait_for_permit (struct budget *budget, uint32_t kind)
{
  int64_t wait;
  int32_t code = SYNCD_OK;
  pthread_mutex_lock (&budget->lock);
  do {
    notify_alive (); /* waiting for the service is life; of the main thread alone */
    if (budget->cancelled && atomic_load (budget->cancelled))
      code = SYNCD_E_CANCELLED;
    wait = code == SYNCD_OK ? pace_ask (&budget->pace, kind, clock_monotonic_us ()) : 0;
    if (wait > 0)
      wait_a_little (budget, wait);
  } while (wait > 0);
  pthread_mutex_unlock (&budget->lock);
  return code;
}

/* A token is waited for by all the others, so it does not stand in line with them. */
static int32_t
permit (void *data, struct syncd_ctx *ctx, uint32_t kind)
{
  struct budget *budget = data;
  (void) ctx;
  if (kind == SYNCD_REQUEST_TOKEN)
    return wait_for_permit (budget, kind);
  pthread_mutex_lock (&budget->turn);
  int32_t code = wait_for_permit (budget, kind);
  pthread_mutex_unlock (&budget->turn);
  return code;
}

static void
count (struct requests *counts, const struct syncd_observation *seen)
{
  int64_t *const kinds[] = { &counts->token, &counts->list, &counts->find, &counts->read,
                             &counts->create, &counts->update, &counts->remove };
  counts->total++;
  if (seen->kind < sizeof kinds / sizeof *kinds)
    ++*kinds[seen->kind];
  if (seen->throttled)
    counts->throttled++;
}

static void
measure (struct budget *budget, const struct syncd_observation *seen)
{
  if (seen->kind == SYNCD_REQUEST_TOKEN || seen->status == 0)
    return;
  budget->answers++;
  if (seen->latency_us > 0)
    budget->latency_us += budget->latency_us ? (seen->latency_us - budget->latency_us) / 8
                                             : seen->latency_us;
}

static void
observed (void *data, const struct syncd_observation *seen)
{
  struct budget *budget = data;
  int64_t now = clock_monotonic_us ();
  pthread_mutex_lock (&budget->lock);
  count (&budget->counts, seen);
  measure (budget, seen);
  pace_told (&budget->pace, seen, now);
  pthread_cond_broadcast (&budget->answered);
  pthread_mutex_unlock (&budget->lock);
}

static void
init_locks (struct budget *budget)
{
  pthread_condattr_t attributes;
  pthread_mutex_init (&budget->turn, NULL);
  pthread_mutex_init (&budget->lock, NULL);
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&budget->answered, &attributes);
  pthread_condattr_destroy (&attributes);
}

void
budget_init (struct budget *budget, int64_t per_minute, const atomic_int *cancelled)
{
  uint64_t seed;
  unsigned char random[sizeof seed];
  memset (budget, 0, sizeof *budget);
  init_locks (budget);
  hash_random (random, sizeof random);
  memcpy (&seed, random, sizeof seed);
  budget->cancelled = cancelled;
  pace_init (&budget->pace, per_minute, seed);
  budget->hooks = (struct host_budget){ budget, permit, observed };
}

void
budget_fini (struct budget *budget)
{
  pthread_cond_destroy (&budget->answered);
  pthread_mutex_destroy (&budget->lock);
  pthread_mutex_destroy (&budget->turn);
}

void
budget_pause (struct budget *budget, int64_t ms)
{
  int64_t now = clock_monotonic_us ();
  pthread_mutex_lock (&budget->lock);
  pace_pause (&budget->pace, ms, now);
  pthread_mutex_unlock (&budget->lock);
}

void
budget_expect (struct budget *budget, int64_t requests)
{
  pthread_mutex_lock (&budget->lock);
  budget->pace.work = requests;
  pthread_mutex_unlock (&budget->lock);
}

void
budget_count_retry (struct budget *budget)
{
  pthread_mutex_lock (&budget->lock);
  budget->counts.retried++;
  pthread_mutex_unlock (&budget->lock);
}

struct requests
budget_requests (struct budget *budget)
{
  pthread_mutex_lock (&budget->lock);
  struct requests counts = budget->counts;
  pthread_mutex_unlock (&budget->lock);
  return counts;
}

int64_t
budget_left (struct budget *budget)
{
  pthread_mutex_lock (&budget->lock);
  int64_t left = pace_left (&budget->pace);
  pthread_mutex_unlock (&budget->lock);
  return left;
}

struct budget_facts
budget_facts (struct budget *budget)
{
  pthread_mutex_lock (&budget->lock);
  struct budget_facts facts = { budget->answers, budget->latency_us,
                                pace_per_second (&budget->pace) };
  pthread_mutex_unlock (&budget->lock);
  return facts;
}
