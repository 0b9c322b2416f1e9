/* Decide: leavers, brakes, names and checkpoint, in one transaction with the queue rows that the
 * checkpoint covers (G1: it never moves past an entry that is nowhere recorded). */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/unclaimed.h"
#include "util/clock.h"
#include "util/crash.h"
#include "util/log.h"
#include "util/mem.h"

static int
put_text_fact (struct pass *pass, const char *name, const char *text, struct error *error)
{
  return store_put_fact (pass->store, name, text ? text : "", text ? strlen (text) : 0, error);
}

/* Another way of finding changes begins with a complete read: said once, at its end. */
static void
warn_of_another_way (struct pass *pass)
{
  BUFFER_AUTO struct buffer kept;
  const struct source_facts *facts = &pass->p->source_facts;
  buffer_init (&kept, 256);
  if (store_get_fact (pass->store, "changes", &kept) != 1 || !kept.len || !facts->changes
      || strcmp (buffer_text (&kept), facts->changes) == 0)
    return;
  log_warning ("%s: changes are found by %s now, until now by %s: %s", pass->report->source_name,
               facts->changes, buffer_text (&kept), facts->why ? facts->why : "");
}

/* A complete read is what the next one's scope and server are compared with. */
static int
remember_read (struct pass *pass, struct error *error)
{
  MEM_AUTO char *now = mem_format ("%" PRId64, pass->started_ms);
  const struct source_facts *facts = &pass->p->source_facts;
  warn_of_another_way (pass);
  if (put_text_fact (pass, "scope", facts->scope, error) < 0 || scope_remember (pass, error) < 0
      || put_text_fact (pass, "changes", facts->changes, error) < 0
      || put_text_fact (pass, "server", facts->server, error) < 0
      || store_drop_fact (pass->store, SERVER_BETWEEN, error) < 0)
    return -1;
  if (strcmp (pass->report->mode, "full") == 0)
    return put_text_fact (pass, "full_ms", now, error);
  if (strcmp (pass->report->mode, "inventory") != 0 && !facts->blind_to_deletes)
    return 0; /* a list of who is still there: see inventory_needed() */
  return put_text_fact (pass, "inventory_ms", now, error);
}

static int
move_checkpoint (struct pass *pass, struct error *error)
{
  MEM_AUTO char *now = mem_format ("%" PRId64, pass->started_ms);
  if (store_put_fact (pass->store, "checkpoint", buffer_text (&pass->checkpoint),
                      pass->checkpoint.len, error) < 0
      || put_text_fact (pass, "checkpoint_mapping", mapping_version (pass->p->mapping), error) < 0
      || put_text_fact (pass, "checkpoint_ms", now, error) < 0
      || put_text_fact (pass, "checkpoint_kind", pass->p->source_facts.changes, error) < 0)
    return -1;
  pass->report->checkpoint_advanced = true;
  return 0;
}

static int
keep_memory (struct pass *pass, struct error *error)
{
  struct host_memory *memory = &pass->p->source_memory;
  if (!memory->changed)
    return 0;
  memory->changed = false;
  return store_put_fact (pass->store, "source_memory", buffer_text (&memory->bytes),
                         memory->bytes.len, error);
}

static int
conclude (struct pass *pass, struct error *error)
{
  bool finished = pass->end == SCAN_ALL || pass->end == SCAN_CHANGES;
  if (keep_memory (pass, error) < 0 || unclaimed_release (pass, error) < 0)
    return -1;
  if (references_settle (pass, error) < 0 || brakes_apply (pass, error) < 0
      || brakes_forget_doubt (pass, error) < 0 || approve_apply (pass, error) < 0
      || names_give (pass, error) < 0)
    return -1;
  if (pass->end == SCAN_ALL && remember_read (pass, error) < 0)
    return -1;
  /* Whose absence did not count now would never be told again by a source that tells it once. */
  bool repeated = pass->p->source_facts.blind_to_deletes || !pass->missing_once;
  if (finished && repeated && pass->has_checkpoint && !pass->unconfirmed && !pass->options->only)
    return move_checkpoint (pass, error);
  return 0;
}

int
decide_run (struct pass *pass, struct error *error)
{
  bool finished = pass->end == SCAN_ALL || pass->end == SCAN_CHANGES;
  pass->read_us = clock_monotonic_us ();
  if (finished && !pass->options->only && unclaimed_approve (pass, error) < 0)
    return -1;
  if (finished && leavers_find (pass, error) < 0)
    return -1;
  CRASH_POINT ("leavers-found");
  if (store_begin (pass->store, error) < 0)
    return -1;
  if (conclude (pass, error) < 0) {
    store_rollback (pass->store);
    return -1;
  }
  CRASH_POINT ("concluded");
  if (store_commit (pass->store, error) < 0)
    return -1;
  CRASH_POINT ("decided");
  return 0;
}
