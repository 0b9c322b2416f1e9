/* syncd status: last runs, checkpoint, counts. Reads the state only, takes no lock. */
#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "util/clock.h"
#include "util/mem.h"

#define RUNS 5

struct view {
  struct opened *opened;
  struct store_counts counts;
  json_t *runs;
  char *kind;
  char *sessions;  /* how many worked at once in the last delivery, and why */
  int64_t checkpoint_ms;
};

static int
add_run (void *data, int64_t started_ms, const char *report_json)
{
  struct view *view = data;
  char when[21];
  json_t *report = json_loads (report_json, 0, NULL);
  clock_format (started_ms, when);
  if (!report)
    return 0;
  json_object_set_new (report, "started", json_string (when));
  json_array_append_new (view->runs, report);
  return 0;
}

static char *
fact (struct store *store, const char *name)
{
  struct buffer text;
  buffer_init (&text, 1 << 20);
  if (store_get_fact (store, name, &text) == 1)
    return buffer_take (&text);
  buffer_fini (&text);
  return NULL;
}

static int
fill (struct view *view, struct error *error)
{
  struct store *store = view->opened->pipeline.store;
  view->runs = json_array ();
  if (!store)
    return 0;
  MEM_AUTO char *at = fact (store, "checkpoint_ms");
  view->checkpoint_ms = at ? strtoll (at, NULL, 10) : 0;
  view->kind = fact (store, "checkpoint_kind");
  view->sessions = fact (store, "sessions");
  if (store_counts (store, &view->counts, error) < 0)
    return -1;
  return store_runs_each (store, RUNS, add_run, view, error);
}

static json_t *
checkpoint_json (const struct view *view)
{
  char when[21];
  if (!view->checkpoint_ms)
    return json_null ();
  clock_format (view->checkpoint_ms, when);
  return json_pack ("{s:s?, s:s, s:I}", "kind", view->kind, "at", when, "age_seconds",
                    (json_int_t) ((clock_now_ms () - view->checkpoint_ms) / 1000));
}

static void
print_json (const struct view *view)
{
  const struct store_counts *c = &view->counts;
  json_t *all = json_pack (
      "{s:s, s:o, s:s?, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:O}", "state",
      view->opened->settings.state_path, "checkpoint", checkpoint_json (view), "sessions", view->sessions, "counts", "entries",
      (json_int_t) c->entries, "owned", (json_int_t) c->owned, "active", (json_int_t) c->active,
      "disabled", (json_int_t) c->disabled, "queued", (json_int_t) c->queued, "in_doubt",
      (json_int_t) c->in_doubt, "parked", (json_int_t) c->parked, "held", (json_int_t) c->held, "runs",
      view->runs);
  json_dumpf (all, stdout, JSON_INDENT (1));
  putchar ('\n');
  json_decref (all);
}

static void
print_run (const json_t *run)
{
  const json_t *sink = json_object_get (run, "sink");
  printf ("  %s  %-7s %-9s %6.1f s", json_string_value (json_object_get (run, "started")),
          json_string_value (json_object_get (run, "result")),
          json_string_value (json_object_get (run, "mode")),
          json_number_value (json_object_get (run, "seconds")));
  static const char *const keys[] = { "created", "adopted", "updated", "renamed", "enabled", "disabled", "deleted" };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    json_int_t number = json_integer_value (json_object_get (sink, keys[i]));
    if (number)
      printf (", %lld %s", (long long) number, keys[i]);
  }
  const char *error = json_string_value (json_object_get (run, "error"));
  printf ("%s%s\n", error ? "\n    " : "", error ? error : "");
}

/* The newest token that was shown. */
static void
print_token (struct store *store)
{
  MEM_AUTO char *tokens = fact (store, "held_tokens");
  if (tokens)
    printf ("held        syncd plan lists it; syncd --approve %.*s lets it go\n",
            (int) strcspn (tokens, "\n"), tokens);
}

static void
print_text (const struct view *view)
{
  const struct store_counts *c = &view->counts;
  size_t i;
  json_t *run;
  printf ("state       %s%s\n", view->opened->settings.state_path,
          view->opened->pipeline.store ? "" : " (does not exist yet: nothing has run)");
  if (view->checkpoint_ms) {
    MEM_AUTO char *age = command_age (view->checkpoint_ms);
    printf ("checkpoint  %s, taken %s\n", view->kind ? view->kind : "?", age);
  } else
    printf ("checkpoint  none\n");
  printf ("entries     %" PRId64 " known, %" PRId64 " with an account, %" PRId64 " of them active, %" PRId64
          " disabled by us\n", c->entries, c->owned, c->active, c->disabled);
  printf ("waiting     %" PRId64 " queued (%" PRId64 " in doubt), %" PRId64 " parked, %" PRId64 " held\n",
          c->queued, c->in_doubt, c->parked, c->held);
  if (c->held)
    print_token (view->opened->pipeline.store);
  if (view->sessions)
    printf ("sessions    %s\n", view->sessions);
  if (json_array_size (view->runs))
    puts ("last runs");
  json_array_foreach (view->runs, i, run)
    print_run (run);
}

int
command_status (const struct cli *cli)
{
  struct opened opened;
  struct view view = { .opened = &opened };
  struct error error;
  int status = 0;
  if (command_open (cli, OPEN_STATE_ALONE, STORE_READ, &opened, &error) < 0 || fill (&view, &error) < 0)
    status = command_fail (&error);
  else if (cli->json)
    print_json (&view);
  else
    print_text (&view);
  json_decref (view.runs);
  free (view.kind);
  free (view.sessions);
  command_close (&opened);
  return status;
}
