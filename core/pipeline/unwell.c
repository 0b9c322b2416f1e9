/* The sink is unwell: wait, slow down, at last stop; nobody is parked for it (G7). */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "pipeline/delivery.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define TRIES 8
#define GIVE_UP_US ((int64_t) 10 * 60 * 1000000)
#define WATCH_GIVE_UP_US ((int64_t) 10 * 1000000) /* it comes back, and meanwhile it listens */

/* Full jitter under a doubling limit: 1 s to 60 s (guarantees: the sink). */
int64_t
unwell_delay (int tries)
{
  unsigned char random[4];
  int64_t limit = 1000;
  for (int i = 1; i < tries && limit < 60000; i++)
    limit *= 2;
  hash_random (random, sizeof random);
  uint32_t number = (uint32_t) random[0] | (uint32_t) random[1] << 8 | (uint32_t) random[2] << 16;
  return 100 + (int64_t) (number % (uint32_t) (limit < 60000 ? limit : 60000));
}

/* Others succeeded since this one first failed: it is this entry, not the sink. */
static bool
others_succeed (const struct delivery *delivery, const struct item *item)
{
  return delivery->successes > 0 && delivery->unwell < TRIES && item->row.attempts >= TRIES;
}

static bool
gives_up (const struct delivery *delivery, const struct item *item)
{
  int64_t quiet_us = clock_monotonic_us () - delivery->last_success_us;
  if (delivery->pass->options->watch)
    return quiet_us > WATCH_GIVE_UP_US;
  return quiet_us > GIVE_UP_US || (item->row.attempts > TRIES && delivery->successes == 0);
}

/* In watch mode tries are counted from pass to pass, but while nobody succeeds only so far that the
 * account is looked up first: an outage parks nobody, however long it is. */
static void
count_try (const struct delivery *delivery, struct item *item)
{
  item->row.attempts++;
  if (delivery->pass->options->watch && !delivery->successes && item->row.attempts > TRIES / 2)
    item->row.attempts = TRIES / 2;
}

int
unwell_take (struct delivery *delivery, struct item *item, bool doubt)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  count_try (delivery, item);
  delivery->unwell++;
  budget_count_retry (&delivery->pass->p->budget);
  log_debug ("%s: attempt %" PRId64 " failed: %s", item->link.id, item->row.attempts, words);
  if (others_succeed (delivery, item))
    return outcome_park (delivery, item, words);
  if (gives_up (delivery, item)) {
    item->row.attempts = delivery->pass->options->watch ? item->row.attempts : 0;
    item->row.doubt = item->row.doubt || doubt;
    return outcome_stop (delivery, item, words);
  }
  if (delivery->unwell == 1)
    log_warning ("%s is unwell, it is tried again: %s", delivery->pass->p->settings->sink.name, words);
  /* later tries look the account up first: where that works, it is this entry, not the sink */
  doubt = doubt || item->row.attempts >= TRIES / 2;
  int64_t delay = unwell_delay ((int) item->row.attempts);
  if (delivery->unwell > (int) crew_size (delivery->crew))
    budget_pause (&delivery->pass->p->budget, delay);
  return outcome_later (delivery, item, delay, item->row.doubt || doubt);
}
