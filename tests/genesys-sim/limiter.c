/* Requests per token and window, as the service's gateway counts them. */
#include <config.h>
#include "sim.h"

#include <string.h>

static struct window *
window_of (const struct request *request)
{
  struct sim *sim = request->sim;
  return strcmp (sim->switches.rate_scope, "organization") == 0 ? &sim->tokens.shared
                                                                : &request->token->window;
}

static int64_t
window_left (const struct request *request, const struct window *window)
{
  int64_t left = window->started + request->sim->switches.rate_window - clock_steady ();
  return left < 0 ? 0 : left;
}

/* Those of rate-others that would have come by now. */
static void
admit_others (struct sim *sim, struct window *window)
{
  const struct switches *switches = &sim->switches;
  int64_t age = clock_steady () - window->started;
  int64_t due = age * switches->rate_others / switches->rate_window;
  for (; window->others < due; window->others++) {
    bool admitted = switches->rate_limit <= 0 || window->used < switches->rate_limit;
    window->used += admitted;
    sim->stats.others++;
    sim->stats.others_throttled += !admitted;
  }
}

static void
window_begin (const struct switches *switches, struct window *window)
{
  int64_t now = clock_steady (), age = now - window->started;
  bool follows = switches->rate_aligned && window->started != 0;
  *window = (struct window){.started = follows ? now - age % switches->rate_window : now};
}

bool
limiter_admit (struct request *request)
{
  const struct switches *switches = &request->sim->switches;
  struct window *window = window_of (request);
  if (window->started == 0 || window_left (request, window) == 0)
    window_begin (switches, window);
  admit_others (request->sim, window);
  if (switches->rate_limit <= 0 || window->used < switches->rate_limit) {
    window->used++;
    return true;
  }
  int64_t left = window_left (request, window);
  reply_throttled (request, NULL, left / 1000 + (left % 1000 > 0));
  return false;
}

void
limiter_state (const struct request *request, int64_t *ret_used, int64_t *ret_reset)
{
  const struct window *window = window_of (request);
  int64_t left = window_left (request, window);
  bool down = strcmp (request->sim->switches.rate_rounding, "down") == 0;
  *ret_used = window->used;
  *ret_reset = left / 1000 + (!down && left % 1000 > 0);
}
