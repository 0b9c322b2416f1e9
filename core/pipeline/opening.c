/* The beginning of a pass: both ends, what the last run left behind, and what is remembered. Main
 * thread only. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/audit.h"
#include "pipeline/names.h"
#include "pipeline/orders.h"
#include "pipeline/pass.h"
#include "pipeline/stream.h"
#include "util/log.h"
#include "util/mem.h"

static bool
fact_differs (struct pass *pass, const char *name, const char *now)
{
  BUFFER_AUTO struct buffer kept;
  buffer_init (&kept, 1 << 16);
  return store_get_fact (pass->store, name, &kept) == 1 && kept.len && now
         && strcmp (buffer_text (&kept), now) != 0;
}

bool
opening_has_fact (struct pass *pass, const char *name)
{
  BUFFER_AUTO struct buffer kept;
  buffer_init (&kept, 1 << 20);
  return store_get_fact (pass->store, name, &kept) == 1;
}

/* What comes through the stream, or waits: a small pass, which counts nobody unless a brake asks
 * and opens the source's own session only where something is asked (intake_get). */
static bool
reads_nothing (const struct pass *pass)
{
  return pass->options->stream || pass->options->queue_only;
}

/* What this mapping sends to some would not be sent back when the mapping of the checkpoint is
 * configured again: everything is read then, too. */
static int
doubt_checkpoint (struct pass *pass, struct error *error)
{
  if (!fact_differs (pass, "checkpoint_mapping", mapping_version (pass->p->mapping)))
    return 0;
  return store_keep_facts (pass->store, &(struct fact) { "checkpoint_mapping", "another" }, 1, error);
}

/* Whoever reads at another server than the last complete read had may be shown entries that are not
 * there yet: absence there proves nothing by itself until a complete read was made since (G3). */
int
opening_compare_ends (struct pass *pass, struct error *error)
{
  const struct stream *stream = pass->options->stream;
  const struct source_facts *facts = &pass->p->source_facts;
  const char *server = stream ? stream->server : facts->server;
  bool between = opening_has_fact (pass, SERVER_BETWEEN);
  bool differs = fact_differs (pass, "server", server);
  free (pass->scope_changed);
  pass->scope_changed = fact_differs (pass, "scope", facts->scope) ? scope_words (pass) : NULL;
  pass->server_changed = differs || between;
  mem_set_text (&pass->report->changes, facts->changes);
  if (!differs || between || pass->options->queue_only)
    return 0;
  return store_keep_facts (pass->store, &(struct fact) { SERVER_BETWEEN, server }, 1, error);
}

static int
look_back (struct pass *pass, struct error *error)
{
  if (!reads_nothing (pass) && brakes_count_owned (pass, error) < 0)
    return -1;
  pass->first = !opening_has_fact (pass, "first_pass");
  pass->rebind = opening_has_fact (pass, "rebind");
  if (opening_compare_ends (pass, error) < 0 || doubt_checkpoint (pass, error) < 0)
    return -1;
  if (pass->scope_changed)
    log_warning ("%s: everything is read, and leavers are held", pass->scope_changed);
  return 0;
}

/* Those that were left, and the one of the command line, which a dry run tries on its copy. */
static int
take_orders (struct pass *pass, struct error *error)
{
  struct order order = { "approve", pass->options->approve, NULL };
  if (!pass->options->dry_run && orders_obey (pass->store, pass->p->settings->state_path, error) < 0)
    return -1;
  if (!order.subject)
    return 0;
  if (store_begin (pass->store, error) < 0)
    return -1;
  if (orders_obey_one (pass->store, &order, error) < 0) {
    store_rollback (pass->store);
    return -1;
  }
  return store_commit (pass->store, error);
}

/* What needs the mapping's size. */
static void
pass_make_room (struct pass *pass)
{
  size_t leaves = mapping_leaf_count (pass->p->mapping);
  entry_init (&pass->entry, mapping_attribute_count (pass->p->mapping));
  leaves_init (&pass->leaves, leaves);
  pass->hashes = mem_new (leaves, sizeof *pass->hashes);
  pass->last = mem_new (leaves, sizeof *pass->last);
  pass->known = mem_new (leaves, 1);
  intake_mark_seen (pass, store_max_row (pass->store) + 1);
  memset (pass->seen, 0, (pass->seen_bits + 7) / 8);
}

/* While the source is away what is queued goes on its way, where it is certain whose it is. */
static int
open_source (struct pass *pass, struct error *error)
{
  struct pipeline *p = pass->p;
  if (p->source_session || (p->identity_checked && reads_nothing (pass)))
    return 0;
  if (pipeline_open_source (p, error) == 0)
    return 0;
  if (error->exit_status == 2 || pass->options->rebind || !pipeline_source_is_known (p))
    return -1;
  pass->away = mem_copy_text (error->text);
  return 0;
}

/* Both ends may be away. */
static int
compile (struct pass *pass, struct error *error)
{
  struct error sink;
  if (pass->p->mapping || pipeline_compile (pass->p, &sink) == 0)
    return 0;
  if (pass->away)
    log_error ("%s", pass->away);
  *error = sink;
  return -1;
}

int
opening_run (struct pass *pass, struct error *error)
{
  struct pipeline *p = pass->p;
  if (audit_open (pass, error) < 0 || open_source (pass, error) < 0 || compile (pass, error) < 0)
    return -1;
  if (pass->options->rebind && rebind_begin (pass, error) < 0)
    return -1;
  if (pipeline_check_identity (p, error) < 0)
    return -1;
  pass_make_room (pass);
  if (store_begin (pass->store, error) < 0)
    return -1;
  int64_t doubtful = store_queue_recover (pass->store, error);
  int back = doubtful < 0 ? -1 : store_clock_note (pass->store, pass->started_ms, error);
  if (back < 0 || store_commit (pass->store, error) < 0)
    return -1;
  if (back)
    log_warning ("the clock was ahead in an earlier pass: what would wait for that time is due now");
  if (doubtful > 0 && !pass->options->dry_run) /* a plan: another run may have them in flight */
    log_info ("%" PRId64 " %s done again", doubtful,
              doubtful == 1 ? "change was under way when the last run ended; it is looked up before it "
                              "is"
                            : "changes were under way when the last run ended; they are looked up "
                              "before they are");
  if (take_orders (pass, error) < 0 || protect_compare (pass, error) < 0)
    return -1;
  return look_back (pass, error);
}
