/* The line on the terminal; see progress.h. At most ten a second. */
#include "config.h"
#include "pipeline/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/text.h"

#define EVERY_US 100000

static int64_t shown_us;

static bool
due (struct pass *pass)
{
  int64_t now = clock_monotonic_us ();
  if (!pass->options->progress || now - shown_us < EVERY_US)
    return false;
  shown_us = now;
  return true;
}

void
progress_intake (struct pass *pass)
{
  char line[160];
  if (!due (pass))
    return;
  double seconds = (double) (clock_now_ms () - pass->started_ms) / 1000;
  snprintf (line, sizeof line, "entries read: %" PRId64 ", %.0f a second", pass->report->read,
            seconds > 0 ? (double) pass->report->read / seconds : 0);
  log_progress (line);
}

static void
put_left (char *line, size_t size, double seconds)
{
  long left = (long) seconds;
  if (left >= 3600)
    snprintf (line, size, "%ld h %ld min left", left / 3600, left % 3600 / 60);
  else if (left >= 60)
    snprintf (line, size, "%ld min %ld s left", left / 60, left % 60);
  else
    snprintf (line, size, "%ld s left", left);
}

void
progress_delivery (struct pass *pass, int64_t done, int64_t total, int64_t started_us)
{
  char line[240], left[64], budget[64] = "";
  if (!due (pass))
    return;
  double seconds = (double) (clock_monotonic_us () - started_us) / 1e6;
  double rate = seconds > 0 ? (double) done / seconds : 0;
  int64_t permitted = budget_left (&pass->p->budget);
  if (permitted >= 0)
    snprintf (budget, sizeof budget, ", %" PRId64 " request%s left in the budget's window",
              permitted, TEXT_S (permitted));
  put_left (left, sizeof left, rate > 0 ? (double) (total - done) / rate : 0);
  snprintf (line, sizeof line, "sending: %" PRId64 " of %" PRId64 ", %.1f a second%s, %s", done, total,
            rate, budget, left);
  log_progress (line);
}

void
progress_end (struct pass *pass)
{
  if (pass->options->progress)
    log_progress ("");
}
