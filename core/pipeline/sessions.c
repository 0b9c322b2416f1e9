/* Sessions; see sessions.h. */
#include "config.h"
#include "pipeline/sessions.h"

#include "util/mem.h"

#define FIRST 4
#define LEAST_US 200000      /* a measurement takes so long at least, */
#define ANSWERS_EACH 8       /* and so many answers of each session */
#define WORTH_IT (1 + 1 / 6.0)
#define AHEAD_US 250000      /* each commit costs; what is ahead is looked for after a crash */
#define AHEAD_LEAST SESSIONS_AHEAD_LEAST
#define AHEAD_MOST 256       /* and this is enough at any speed */
#define HOLD_US 15000000     /* a step that brought nothing is tried again after that */

static size_t
bounded (const struct sessions *s, double wanted)
{
  size_t most = s->most < SESSIONS_MOST ? s->most : SESSIONS_MOST;
  size_t count = wanted > (double) most ? most : (size_t) wanted;
  return count < 1 ? 1 : count;
}

void
sessions_init (struct sessions *s, int64_t configured, size_t most)
{
  *s = (struct sessions){ .automatic = configured <= 0, .most = most ? most : 1 };
  s->now = s->automatic ? bounded (s, FIRST) : (size_t) configured;
  if (s->now > s->most)
    s->now = s->most;
}

static void
measure_anew (struct sessions *s, const struct budget_facts *facts, int64_t now_us)
{
  s->since_us = now_us;
  s->answers = facts->answers;
}

static bool
change_to (struct sessions *s, size_t count)
{
  bool changed = count != s->now;
  s->now = count;
  return changed;
}

/* Latency varies: twice what the mean needs, and one to spare. */
static bool
by_the_limit (struct sessions *s, const struct budget_facts *facts)
{
  double seconds = (double) facts->latency_us / 1e6;
  s->limited = true;
  return change_to (s, bounded (s, 2 * facts->per_second * seconds + 2));
}

static bool
step_up (struct sessions *s)
{
  size_t more = bounded (s, 2 * (double) s->now);
  s->stepped = more > s->now;
  return change_to (s, more);
}

static bool
step_back (struct sessions *s, int64_t now_us)
{
  s->stepped = false;
  s->hold_until_us = now_us + HOLD_US;
  return change_to (s, bounded (s, (double) s->now / 2));
}

static bool
by_what_gets_done (struct sessions *s, const struct budget_facts *facts, int64_t now_us)
{
  int64_t took = now_us - s->since_us, answers = facts->answers - s->answers;
  s->limited = false;
  if (took < LEAST_US || answers < (int64_t) s->now * ANSWERS_EACH)
    return false;
  double rate = (double) answers * 1e6 / (double) took;
  measure_anew (s, facts, now_us);
  if (s->stepped && rate < s->best * WORTH_IT)
    return step_back (s, now_us);
  s->best = rate;
  return now_us < s->hold_until_us ? false : step_up (s);
}

bool
sessions_choose (struct sessions *s, const struct budget_facts *facts, int64_t now_us)
{
  if (!s->automatic)
    return false;
  if (s->since_us == 0)
    measure_anew (s, facts, now_us);
  if (facts->per_second > 0 && facts->latency_us > 0)
    return by_the_limit (s, facts);
  return by_what_gets_done (s, facts, now_us);
}

size_t
sessions_ahead (const struct budget_facts *facts)
{
  int64_t ahead = facts->latency_us > 0 ? AHEAD_US / facts->latency_us : AHEAD_LEAST;
  if (facts->per_second > 0 || ahead < AHEAD_LEAST)
    ahead = AHEAD_LEAST;
  return ahead < AHEAD_MOST ? (size_t) ahead : AHEAD_MOST;
}

char *
sessions_words (const struct sessions *s, const struct budget_facts *facts)
{
  double ms = (double) facts->latency_us / 1000;
  if (!s->automatic)
    return mem_format ("%zu, as configured", s->now);
  if (s->limited)
    return mem_format ("%zu: the limit gives us %.1f requests a second, and an answer takes %.0f ms",
                       s->now, facts->per_second, ms);
  return mem_format ("%zu: no limit is known, and an answer takes %.0f ms", s->now, ms);
}
