/* How many sessions deliver: as many as the rows need at first, then as many as fit what was seen
 * since (sessions.c says so); and what is told of it. Main thread only. */
#include "config.h"

#include <string.h>

#include "pipeline/delivery.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define AHEAD_MOST 2048 /* rows in flight, unless the sessions are many: memory is bounded */

/* What the plugin and the work at hand allow. */
static size_t
most_sessions (const struct pass *pass, int64_t rows)
{
  uint32_t most = pass->p->sink->plugin->max_sessions;
  if (pass->p->sink->plugin->thread_model != SYNCD_THREADS_SESSION)
    most = 1;
  return most && most < rows ? most : (size_t) rows;
}

void
delivery_start_crew (struct delivery *delivery, int64_t rows)
{
  struct pipeline *p = delivery->pass->p;
  struct sessions *sessions = &delivery->sessions;
  sessions_init (sessions, options_number (p->sink_config, "sessions"),
                 most_sessions (delivery->pass, rows));
  delivery->crew = crew_new (p, sessions->now, sessions->automatic ? SESSIONS_MOST : sessions->now);
}

/* As many sessions, rows on their way and requests to be expected as fit what was seen so far. */
void
delivery_adapt (struct delivery *delivery, int64_t total)
{
  struct budget *budget = &delivery->pass->p->budget;
  struct budget_facts facts = budget_facts (budget);
  budget_expect (budget, total - delivery->done);
  if (sessions_choose (&delivery->sessions, &facts, clock_monotonic_us ()))
    crew_resize (delivery->crew, delivery->sessions.now);
  size_t size = crew_size (delivery->crew), ahead = size * sessions_ahead (&facts);
  size_t most = size * SESSIONS_AHEAD_LEAST > AHEAD_MOST ? size * SESSIONS_AHEAD_LEAST : AHEAD_MOST;
  delivery->limit = ahead < most ? ahead : most;
}

/* For those who wonder why it is not faster: in the log, and for `status`. */
void
delivery_tell_sessions (struct delivery *delivery)
{
  struct error ignored;
  struct budget *budget = &delivery->pass->p->budget;
  struct budget_facts facts = budget_facts (budget);
  MEM_AUTO char *words = sessions_words (&delivery->sessions, &facts);
  budget_expect (budget, 0);
  log_debug ("sessions: %s", words);
  store_keep_facts (delivery->pass->store, &(struct fact) { "sessions", words }, 1, &ignored);
}
