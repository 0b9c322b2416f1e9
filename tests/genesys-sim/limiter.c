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

bool
limiter_admit (struct request *request)
{
  const struct switches *switches = &request->sim->switches;
  struct window *window = window_of (request);
  int64_t left = window_left (request, window);
  if (window->started == 0 || left == 0)
    *window = (struct window){clock_steady (), 0};
  if (switches->rate_limit <= 0 || window->used < switches->rate_limit) {
    window->used++;
    return true;
  }
  reply_throttled (request, NULL, left / 1000 + (left % 1000 > 0));
  return false;
}

void
limiter_state (const struct request *request, int64_t *ret_used, int64_t *ret_reset)
{
  const struct window *window = window_of (request);
  int64_t left = window_left (request, window);
  *ret_used = window->used;
  *ret_reset = left / 1000 + (left % 1000 > 0);
}
