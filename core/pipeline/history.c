/* The reports that the state keeps of the last passes; see pass.h. Main thread only. */
#include "config.h"

#include <jansson.h>
#include <string.h>

#include "pipeline/pass.h"
#include "util/clock.h"

#define ALIKE 2 /* so many are kept of failures that follow each other: the first and the last */

struct comparison {
  const json_t *now;
  int alike;
};

static bool
same_member (const json_t *a, const json_t *b, const char *name)
{
  return json_equal (json_object_get (a, name), json_object_get (b, name));
}

static int
compare (void *data, int64_t started_ms, const char *report_json)
{
  struct comparison *c = data;
  json_t *before = json_loads (report_json, 0, NULL);
  (void) started_ms;
  c->alike += before && same_member (before, c->now, "error")
              && same_member (before, c->now, "source") && same_member (before, c->now, "sink");
  json_decref (before);
  return 0;
}

/* A directory that is away for a night is tried every minute: that would push out all that came
 * before. */
static bool
tells_nothing_new (struct store *store, const struct report *report, const char *json)
{
  struct error ignored;
  if (!report->error || report->read || report_did_something (report))
    return false;
  json_t *now = json_loads (json, 0, NULL);
  struct comparison c = { .now = now };
  int rc = now ? store_runs_each (store, ALIKE, compare, &c, &ignored) : -1;
  json_decref (now);
  return rc == 0 && c.alike == ALIKE;
}

void
history_keep (struct store *store, int64_t started_ms, struct report *report)
{
  struct error ignored;
  const char *json = buffer_text (report_json (report));
  bool again = tells_nothing_new (store, report, json);
  if (store_begin (store, &ignored) == 0
      && (!again || store_run_drop_newest (store, &ignored) == 0)
      && store_clock_note (store, clock_now_ms (), &ignored) >= 0
      && store_run_put (store, started_ms, json, &ignored) == 0)
    store_commit (store, &ignored);
  else
    store_rollback (store);
}
