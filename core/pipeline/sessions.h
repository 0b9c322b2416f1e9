/* How many sessions work at once, where it is left to us (sessions: auto). Pure.
 *
 * Where the peer's limit is known, as many as can use it up at the latency that answers have, twice
 * over. Where no limit is known, more of them as long as more of them get more done: each step
 * doubles, and one that brought less than a sixth more is taken back. Never more than SESSIONS_MOST. */
#ifndef SYNCD_PIPELINE_SESSIONS_H
#define SYNCD_PIPELINE_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/budget.h"

#define SESSIONS_MOST 32

struct sessions {
  bool automatic;
  size_t now, most;
  bool limited;               /* by the peer's limit */
  double best;                /* answers a second that fewer sessions reached */
  bool stepped;               /* the last change was one more step up, not judged yet */
  int64_t since_us, answers;  /* what is being measured began so */
  int64_t hold_until_us;
};

/* CONFIGURED 0: auto. MOST: what the plugin and the work at hand allow, at least 1. */
void sessions_init (struct sessions *, int64_t configured, size_t most);

/* Looks at what came back so far. True where `now` has changed. */
bool sessions_choose (struct sessions *, const struct budget_facts *, int64_t now_us);

/* How many rows may be on their way to one session, so that it never waits for the state: what the
 * state is ahead of the wire is looked up anew after a crash, so no more than that. */
size_t sessions_ahead (const struct budget_facts *);
#define SESSIONS_AHEAD_LEAST 3 /* never fewer */

/* "8: …", for the log. A text of its own. */
char *sessions_words (const struct sessions *, const struct budget_facts *);

#endif
