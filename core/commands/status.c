/* syncd status: who is at work, the last runs and reads and when the next are due, and what waits for
 * whom. Reads the state only, takes no lock. */
#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "commands/reload.h"
#include "commands/tell.h"
#include "pipeline/unclaimed.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

#define RUNS 5

struct view {
  struct opened *opened;
  struct store_counts counts;
  json_t *runs;
  char *kind;
  char *sessions;  /* how many worked at once in the last delivery, and why */
  int64_t checkpoint_ms;
  char *same;      /* behind a command that is suggested */
  struct telling tell;
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

static void
print_run (const json_t *run)
{
  const json_t *sink = json_object_get (run, "sink");
  printf ("  %s  %-7s %-9s %6.1f s", json_string_value (json_object_get (run, "started")),
          json_string_value (json_object_get (run, "result")),
          json_string_value (json_object_get (run, "mode")),
          json_number_value (json_object_get (run, "seconds")));
  static const char *const keys[] = { "created", "adopted", "updated", "renamed", "enabled",
                                      "disabled", "deleted" };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    json_int_t number = json_integer_value (json_object_get (sink, keys[i]));
    if (number)
      printf (", %lld %s", (long long) number, keys[i]);
  }
  const char *error = json_string_value (json_object_get (run, "error"));
  printf ("%s%s\n", error ? "\n    " : "", error ? error : "");
}

/* A moment kept as a fact; 0: none. */
static int64_t
moment (struct store *store, const char *name)
{
  MEM_AUTO char *text = fact (store, name);
  return text ? strtoll (text, NULL, 10) : 0;
}

/* The object NAME of the JSON form, made when it is first asked for; NULL for text. */
static struct telling
part_of (struct view *view, const char *name)
{
  struct telling part = { .json = view->tell.json };
  if (part.json) {
    part.all = json_object ();
    json_object_set_new (view->tell.all, name, part.all);
  }
  return part;
}

static void
tell_state (struct view *view)
{
  const char *path = view->opened->settings.state_path;
  MEM_AUTO char *holder = store_lock_holder (path);
  MEM_AUTO char *text = mem_format ("%s%s", path, view->tell.json || view->opened->pipeline.store
                                                      ? "" : " (does not exist yet: nothing has run)");
  tell_text (&view->tell, "state", text);
  const char *nobody = view->tell.json ? NULL : "nobody: no syncd is running on this state";
  tell_text (&view->tell, "at work", holder ? holder : nobody);
  if (!holder || !view->opened->pipeline.store)
    return;
  MEM_AUTO char *refused = fact (view->opened->pipeline.store, RELOAD_REFUSED);
  if (refused && view->tell.json)
    tell_text (&view->tell, "reload refused", refused);
  else if (refused)
    tell_format (&view->tell, "reload", "refused, the configuration of before goes on: %s", refused);
}

static void
tell_checkpoint (struct view *view)
{
  struct telling part;
  if (view->tell.json && !view->checkpoint_ms) {
    json_object_set_new (view->tell.all, "checkpoint", json_null ());
    return;
  }
  if (!view->tell.json) {
    MEM_AUTO char *age = tell_distance (view->checkpoint_ms);
    if (view->checkpoint_ms)
      tell_format (&view->tell, "checkpoint", "%s, taken %s", view->kind ? view->kind : "?", age);
    else
      tell_text (&view->tell, "checkpoint", "none");
    return;
  }
  part = part_of (view, "checkpoint");
  tell_text (&part, "kind", view->kind);
  tell_when (&part, "at", view->checkpoint_ms);
  tell_number (&part, "age_seconds", (clock_now_ms () - view->checkpoint_ms) / 1000);
}

struct read_kind {
  const char *label, *key, *fact;
  int64_t every_ms;
};

/* When was it read in this way, and when is it due again? The inventory's `auto` follows the source. */
static void
tell_reads (struct view *view)
{
  const struct settings *s = &view->opened->settings;
  const struct read_kind kinds[] = { { "full read", "full_read", "full_ms", s->full_ms },
                                     { "inventory", "inventory", "inventory_ms", s->inventory_ms },
                                     { "verified", "verified", "verify_ms", s->verify_ms } };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    int64_t last = moment (view->opened->pipeline.store, kinds[i].fact);
    struct telling part = view->tell;
    if (!last)
      continue;
    if (view->tell.json)
      part = part_of (view, kinds[i].key);
    tell_when (&part, view->tell.json ? "at" : kinds[i].label, last);
    if (kinds[i].every_ms > 0)
      tell_when (&part, view->tell.json ? "due" : "due again", last + kinds[i].every_ms);
  }
}

static void
tell_counts (struct view *view)
{
  const struct store_counts *c = &view->counts;
  if (!view->tell.json) {
    tell_format (&view->tell, "entries", "%" PRId64 " known, %" PRId64 " with an account, %" PRId64
                 " of them active, %" PRId64 " disabled by us", c->entries, c->owned, c->active,
                 c->disabled);
    tell_format (&view->tell, "waiting", "%" PRId64 " queued (%" PRId64 " in doubt), %" PRId64
                 " parked%s, %" PRId64 " held", c->queued, c->in_doubt, c->parked,
                 c->parked ? " (see: syncd parked)" : "", c->held);
    return;
  }
  struct telling part = part_of (view, "counts");
  tell_number (&part, "entries", c->entries);
  tell_number (&part, "owned", c->owned);
  tell_number (&part, "active", c->active);
  tell_number (&part, "disabled", c->disabled);
  tell_number (&part, "queued", c->queued);
  tell_number (&part, "in_doubt", c->in_doubt);
  tell_number (&part, "parked", c->parked);
  tell_number (&part, "held", c->held);
}

/* What is held, by kind, and the newest token that was shown. */
static void
tell_held (struct view *view)
{
  struct store *store = view->opened->pipeline.store;
  if (!view->counts.held)
    return;
  MEM_AUTO char *tokens = fact (store, "held_tokens");
  MEM_AUTO char *token = tokens ? mem_copy (tokens, strcspn (tokens, "\n")) : NULL;
  int64_t leavers = store_queue_count_kind (store, CHANGE_LEAVERS, QUEUE_HELD);
  int64_t updates = store_queue_count_kind (store, CHANGE_UPDATES, QUEUE_HELD);
  int64_t creates = store_queue_count_kind (store, CHANGE_CREATES, QUEUE_HELD);
  if (!view->tell.json) {
    tell_format (&view->tell, "held", "%" PRId64 " leaver%s, %" PRId64 " update%s, %" PRId64
                 " create%s: syncd plan%s lists them%s%s%s%s", leavers, TEXT_S (leavers), updates,
                 TEXT_S (updates), creates, TEXT_S (creates), view->same,
                 token ? "; syncd --approve " : "", token ? token : "", token ? view->same : "",
                 token ? " lets them go" : "");
    return;
  }
  struct telling part = part_of (view, "held");
  tell_number (&part, "leavers", leavers);
  tell_number (&part, "updates", updates);
  tell_number (&part, "creates", creates);
  tell_text (&part, "approve", token);
}

static void
tell_unclaimed (struct view *view)
{
  json_t *kept = unclaimed_kept (view->opened->pipeline.store);
  size_t count = json_array_size (json_object_get (kept, "accounts"));
  const char *token = json_string_value (json_object_get (kept, "token"));
  if (count && !view->tell.json)
    tell_format (&view->tell, "unclaimed", "%zu active %s an externalId of no entry (syncd plan "
                 "--verify%s lists them); syncd --approve %s%s disables them", count,
                 count == 1 ? "account carries" : "accounts carry", view->same, token, view->same);
  if (count && view->tell.json) {
    struct telling part = part_of (view, "unclaimed");
    tell_number (&part, "count", (int64_t) count);
    tell_text (&part, "approve", token);
  }
  json_decref (kept);
}

static void
tell_all (struct view *view)
{
  size_t i;
  json_t *run;
  tell_state (view);
  tell_checkpoint (view);
  if (view->opened->pipeline.store)
    tell_reads (view);
  tell_counts (view);
  if (view->opened->pipeline.store) {
    tell_held (view);
    tell_unclaimed (view);
  }
  tell_text (&view->tell, "sessions", view->sessions);
  if (view->tell.json) {
    json_object_set (view->tell.all, "runs", view->runs);
    return;
  }
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
  view.same = command_same (cli);
  tell_begin (&view.tell, cli->json);
  if (command_open (cli, OPEN_STATE_ALONE, STORE_READ, &opened, &error) < 0 || fill (&view, &error) < 0)
    status = command_fail (&error);
  else {
    tell_all (&view);
    status = tell_end (&view.tell);
  }
  json_decref (view.tell.all);
  json_decref (view.runs);
  free (view.same);
  free (view.kind);
  free (view.sessions);
  command_close (&opened);
  return status;
}
