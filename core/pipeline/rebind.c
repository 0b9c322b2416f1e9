/* --rebind: the state meets another source or sink. All links are let go and everybody is
 * matched anew; until that is through, every change is held for approval. Accounts that were
 * ours at the same sink may be adopted though they carry an externalId of the source before, and
 * those that were adopted stay so, whenever an entry meets them again: they are never deleted.
 * Main thread only. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "pipeline/pass.h"
#include "util/log.h"
#include "util/mem.h"

#define ADOPTED "adopted " /* with the account: kept when the rebinding is through */

static int
put_text (struct pass *pass, const char *name, const char *text, struct error *error)
{
  return store_put_fact (pass->p->store, name, text ? text : "", text ? strlen (text) : 0, error);
}

struct release {
  struct pass *pass;
  bool same_sink;
  struct error *error;
};

static int
note (struct release *release, const char *prefix, const struct link *link)
{
  MEM_AUTO char *name = mem_format ("%s%s", prefix, link->account);
  return put_text (release->pass, name, link->id, release->error);
}

static int
note_account (void *data, struct link *link)
{
  struct release *release = data;
  bool there = link->status == LINK_SYNCED || link->status == LINK_NEW;
  if (!link->account)
    return 0;
  if (link->flags & LINK_ADOPTED && note (release, ADOPTED, link) < 0)
    return -1;
  return there && release->same_sink ? note (release, REBOUND, link) : 0;
}

static bool
same_sink (struct pass *pass)
{
  const char *now = pass->p->sink_facts.identity;
  BUFFER_AUTO struct buffer kept;
  buffer_init (&kept, 1 << 16);
  return store_get_fact (pass->p->store, "sink_identity", &kept) == 1 && now
         && strcmp (buffer_text (&kept), now) == 0;
}

/* What was known of the ends before. */
static int
forget_facts (struct pass *pass, struct error *error)
{
  static const char *const names[] = { "checkpoint", "checkpoint_mapping", "checkpoint_ms",
                                       "checkpoint_kind", "changes", "scope", "scope_options",
                                       "server", "first_pass",
                                       "full_ms", "inventory_ms", "verify_ms", "approve",
                                       "source_identity", "sink_identity", "missing", "unclaimed" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (store_drop_fact (pass->p->store, names[i], error) < 0)
      return -1;
  return 0;
}

static int
let_go (struct pass *pass, struct error *error)
{
  struct release release = { pass, same_sink (pass), error };
  MEM_AUTO char *now = mem_format ("%" PRId64, pass->started_ms);
  if (store_links_each (pass->p->store, LINKS_ALL, 0, note_account, &release, error) < 0)
    return -1;
  if (store_links_clear (pass->p->store, error) < 0 || forget_facts (pass, error) < 0)
    return -1;
  log_warning ("the state meets another source or sink: everybody is matched anew, and every change "
               "is held until it is approved");
  return put_text (pass, "rebind", now, error);
}

int
rebind_begin (struct pass *pass, struct error *error)
{
  struct error differs;
  if (pipeline_check_identity (pass->p, &differs) == 0) {
    log_info ("--rebind: the state belongs to this source and this sink already");
    return 0;
  }
  if (differs.exit_status != 2)
    return error_set (error, "%s", differs.text);
  return pass_transaction (pass, let_go, error);
}

static int
forget (struct pass *pass, struct error *error)
{
  return store_drop_fact (pass->p->store, "rebind", error) < 0
             ? -1 : store_drop_facts (pass->p->store, REBOUND, error);
}

int
rebind_end (struct pass *pass, struct error *error)
{
  return pass_transaction (pass, forget, error);
}

static bool
was_noted (struct pass *pass, const char *prefix, const char *account)
{
  BUFFER_AUTO struct buffer was;
  MEM_AUTO char *name = mem_format ("%s%s", prefix, account);
  buffer_init (&was, 1 << 16);
  return store_get_fact (pass->store, name, &was) == 1;
}

bool
rebind_was_ours (struct pass *pass, const char *account)
{
  return pass->rebind && was_noted (pass, REBOUND, account);
}

bool
rebind_was_adopted (struct pass *pass, const char *account)
{
  return was_noted (pass, ADOPTED, account);
}
