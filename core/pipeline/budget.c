/* The budget; see budget.h. */
#include "config.h"
#include "pipeline/budget.h"

#include <string.h>
#include <time.h>

#include "util/clock.h"

#define LONGEST_WAIT_MS ((int64_t) 10 * 60 * 1000)
#define SLICE_MS 100

static void
nap (int64_t ms)
{
  struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
  nanosleep (&time, NULL);
}

/* How long the caller must wait, in us; 0: one request is taken from the window. */
static int64_t
reserve (struct budget *budget)
{
  int64_t now = clock_monotonic_us (), wait = 0;
  pthread_mutex_lock (&budget->lock);
  if (budget->window_ends_us && now >= budget->window_ends_us) {
    budget->left = budget->allowed;
    budget->window_ends_us = budget->per_minute ? now + 60000000 : 0;
  }
  if (now < budget->not_before_us)
    wait = budget->not_before_us - now;
  else if (budget->window_ends_us && budget->left == 0)
    wait = budget->window_ends_us - now;
  else if (budget->left > 0)
    budget->left--;
  pthread_mutex_unlock (&budget->lock);
  return wait;
}

static int32_t
permit (void *data, struct syncd_ctx *ctx, uint32_t kind)
{
  struct budget *budget = data;
  (void) ctx;
  (void) kind;
  for (;;) {
    if (budget->cancelled && atomic_load (budget->cancelled))
      return SYNCD_E_CANCELLED;
    int64_t wait = reserve (budget);
    if (wait <= 0)
      return SYNCD_OK;
    nap (wait / 1000 < SLICE_MS ? wait / 1000 + 1 : SLICE_MS);
  }
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

static int64_t
capped (int64_t ms)
{
  return ms > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : ms;
}

/* The peer's window. Requests under way are not in its count yet: what is left only falls
 * within a window. */
static void
take_window (struct budget *budget, const struct syncd_observation *seen, int64_t now)
{
  if (budget->per_minute || seen->allowed <= 0 || seen->used < 0 || seen->reset_ms < 0)
    return;
  int64_t left = seen->allowed > seen->used ? seen->allowed - seen->used : 0;
  int64_t ends = now + capped (seen->reset_ms) * 1000;
  int fresh = !budget->window_ends_us || ends > budget->window_ends_us + 1500000;
  budget->allowed = seen->allowed;
  if (fresh || left < budget->left || budget->left < 0)
    budget->left = left;
  if (fresh || ends < budget->window_ends_us)
    budget->window_ends_us = ends;
}

static void
observed (void *data, const struct syncd_observation *seen)
{
  struct budget *budget = data;
  int64_t now = clock_monotonic_us ();
  pthread_mutex_lock (&budget->lock);
  count (&budget->counts, seen);
  take_window (budget, seen, now);
  int64_t wait = seen->retry_after_ms > 0 ? capped (seen->retry_after_ms) : 0;
  if (seen->throttled && !wait)
    wait = 1000;
  if (wait && now + wait * 1000 > budget->not_before_us)
    budget->not_before_us = now + wait * 1000;
  pthread_mutex_unlock (&budget->lock);
}

void
budget_init (struct budget *budget, int64_t per_minute, const atomic_int *cancelled)
{
  memset (budget, 0, sizeof *budget);
  pthread_mutex_init (&budget->lock, NULL);
  budget->cancelled = cancelled;
  budget->per_minute = per_minute;
  budget->allowed = budget->left = per_minute ? per_minute : -1;
  budget->window_ends_us = per_minute ? clock_monotonic_us () + 60000000 : 0;
  budget->hooks = (struct host_budget){ budget, permit, observed };
}

void
budget_fini (struct budget *budget)
{
  pthread_mutex_destroy (&budget->lock);
}

void
budget_pause (struct budget *budget, int64_t ms)
{
  int64_t until = clock_monotonic_us () + capped (ms) * 1000;
  pthread_mutex_lock (&budget->lock);
  if (until > budget->not_before_us)
    budget->not_before_us = until;
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
  int64_t left = budget->left;
  pthread_mutex_unlock (&budget->lock);
  return left;
}
