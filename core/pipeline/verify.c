/* --verify: reads the accounts' mapped attributes and compares them with what was last sent. What
 * differs is reported, becomes what is known of the account, and the entry is read again, so that
 * the pass puts it right by the usual way: brakes, diff, delivery. Of an account that was disabled
 * because its entry left it counts whether it is active again. Read in pages where that costs
 * fewer requests. Unclaimed accounts are listed with what a listing showed. Main thread only. */
#include "config.h"
#include "pipeline/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "pipeline/documents.h"
#include "pipeline/names.h"
#include "pipeline/unclaimed.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/notify.h"
#include "util/text.h"

#define DOCUMENT_MAX ((size_t) 16 << 20)

struct verifier {
  struct pass *pass;
  struct error *error;
  struct leaves have;
  struct ids again;      /* entries to be read again */
  struct ids enabled;    /* those that left, and whose accounts are active */
  bool listed;
  int64_t looked;
};

/* ---- one account ---- */

static void
report_drift (struct verifier *v, const struct link *link, const char *what)
{
  log_info ("%s (%s) differs from what was sent: %s", link->given_name ? link->given_name : link->id,
            link->account, what);
  report_add (&v->pass->report->drifted_list, link->id, link->given_name, what);
}

/* What is queued or held goes by what is known from now on; it is not put before the brake anew. */
static int
read_again_later (struct verifier *v, const struct link *link, struct ids *ids)
{
  struct queued row;
  queued_init (&row);
  int rc = store_queue_of (v->pass->store, link->row, &row, v->error);
  queued_fini (&row);
  if (rc == 0)
    ids_add (ids, link->id);
  return rc < 0 ? -1 : 0;
}

static bool
leaf_differs (const struct pass *pass, size_t leaf)
{
  const struct mapping *mapping = pass->p->mapping;
  if (!mapping_leaf (mapping, leaf)->kept)
    return false;
  if ((int) leaf == mapping_active_leaf (mapping) && pass->last[leaf] == 0)
    return false; /* the entry does not say */
  return pass->hashes[leaf] != pass->last[leaf];
}

/* Takes over what the account has; 1 where something differs, its paths in WHAT. */
static int
learn_drift (struct pass *pass, struct link *link, struct buffer *what)
{
  int differs = 0;
  for (size_t i = 0; i < mapping_leaf_count (pass->p->mapping); i++) {
    if (!leaf_differs (pass, i))
      continue;
    link->leaves[i] = pass->hashes[i];
    buffer_printf (what, "%s%s", differs ? ", " : "", mapping_leaf (pass->p->mapping, i)->path);
    differs = 1;
  }
  learning_active (pass, link);
  return differs;
}

/* An account with another externalId is another's, whatever our state says (G5). */
static int
is_anothers (const struct pass *pass, const struct verifier *v)
{
  int leaf = mapping_external_id_leaf (pass->p->mapping);
  return leaf >= 0 && leaves_get (&v->have, (size_t) leaf) && pass->last[leaf]
         && leaf_differs (pass, (size_t) leaf);
}

static int
take_drift (struct verifier *v, struct link *link)
{
  struct pass *pass = v->pass;
  BUFFER_AUTO struct buffer what;
  buffer_init (&what, 1 << 16);
  if (is_anothers (pass, v)) {
    report_drift (v, link, "externalId: it is another's now and is not touched");
    link->flags |= LINK_SEND_ALL; /* looked at again before anything else is sent */
    return intake_park (pass, link, link->fingerprint, "its account carries another externalId: it is "
                        "another's now; `syncd link` decides", v->error);
  }
  if (!learn_drift (pass, link, &what))
    return 0;
  report_drift (v, link, buffer_text (&what));
  mem_set_text (&link->version, NULL); /* it is not the one that we left */
  if (store_link_put (pass->store, link, v->error) < 0)
    return -1;
  return read_again_later (v, link, &v->again);
}

/* Whom a policy, protect or a refusal leaves alone is left alone. */
static bool
is_leaver (const struct pass *pass, const struct link *link)
{
  const struct settings *s = pass->p->settings;
  return link->status == LINK_DISABLED && link->account && !link->parked
         && s->leavers != LEAVER_IGNORE && !names_protected (s, link->given_name);
}

/* Whatever else was done to the account of somebody who left is nobody's business. It is disabled
 * again where the source, asked once more, does not know the entry (G3). */
static int
take_leaver (struct verifier *v, struct link *link, const char *document, size_t len)
{
  if (is_anothers (v->pass, v) || pipeline_account_active (document, len) != 1)
    return 0;
  report_drift (v, link, "active: its entry left, and the account was enabled again");
  mem_set_text (&link->version, NULL); /* looked at again before it is disabled (G5) */
  if (store_link_put (v->pass->store, link, v->error) < 0)
    return -1;
  return read_again_later (v, link, &v->enabled);
}

static int
compare (struct verifier *v, struct link *link, const char *document, size_t len)
{
  struct pass *pass = v->pass;
  if (map_leaves_of (pass->p->mapping, document, len, &v->have) < 0)
    return error_set (v->error, "%s: what the sink says of the account %s is not a JSON object",
                      pass->p->settings->sink.name, link->account);
  map_hash_leaves (pass->p->mapping, pass->p->hasher, &v->have, pass->hashes);
  if (knowledge_of (pass, link, pass->last, pass->known, v->error) < 0)
    return -1;
  v->looked++;
  return link->status == LINK_DISABLED ? take_leaver (v, link, document, len) : take_drift (v, link);
}

static int
take_gone (struct verifier *v, struct link *link)
{
  if (link->status == LINK_DISABLED)
    return 0;
  report_drift (v, link, "the account is gone");
  link->flags |= LINK_SEND_ALL;
  if (store_link_put (v->pass->store, link, v->error) < 0)
    return -1;
  return read_again_later (v, link, &v->again);
}

static int
read_one (struct verifier *v, struct link *link)
{
  struct pipeline *p = v->pass->p;
  int32_t code;
  BUFFER_AUTO struct buffer document;
  buffer_init (&document, DOCUMENT_MAX);
  do {
    notify_alive ();
    buffer_reset (&document);
    code = p->sink->sink->read (&p->sink_ctx, p->sink_session, "User", link->account, p->wanted_names,
                                p->wanted_count, host_buffer (&document));
  } while (code == SYNCD_E_BUDGET && !atomic_load (&p->cancelled));
  if (code == SYNCD_E_NOT_FOUND)
    return take_gone (v, link);
  if (code < 0)
    return error_set (v->error, "%s: the account %s cannot be read: %s", p->settings->sink.name,
                      link->account, host_failure (&p->sink_ctx, code));
  return compare (v, link, buffer_text (&document), document.len);
}

static int
verify_one (void *data, struct link *link)
{
  struct verifier *v = data;
  struct pass *pass = v->pass;
  struct account account = { 0 };
  bool known = link->account && link->leaves && link->status == LINK_SYNCED && !link->parked
               && !(link->flags & LINK_SEND_ALL) && link->mapping == pass->p->mapping_number
               && link->leaf_count == mapping_leaf_count (pass->p->mapping);
  if (!known && !is_leaver (pass, link))
    return 0;
  if (atomic_load (&pass->p->cancelled))
    return error_set (v->error, "stopped while reading the accounts");
  int found = v->listed ? store_account_find (pass->store, "id", link->account, &account, v->error) : 0;
  int rc = found < 0   ? -1
           : found > 0 ? compare (v, link, account.document, strlen (account.document))
                       : read_one (v, link);
  account_fini (&account);
  return rc;
}

/* ---- all of them ---- */

/* Whichever costs fewer requests. */
static int
fetch (struct verifier *v, int64_t accounts)
{
  struct delivery delivery = { .pass = v->pass, .error = v->error };
  int64_t total = -1;
  if (v->pass->options->only || accounts == 0)
    return 0;
  if (meeting_count (&delivery, &total) < 0)
    return -1;
  int64_t pages = meeting_pages (v->pass->p, total);
  v->listed = total >= 0 && pages <= accounts;
  budget_expect (&v->pass->p->budget, v->listed ? pages : accounts);
  log_info ("verifying %" PRId64 " account%s by %s", accounts, TEXT_S (accounts),
            v->listed ? "listing" : "reading each");
  return v->listed ? meeting_list (&delivery) : 0;
}

static int
verify_links (struct verifier *v)
{
  struct link link;
  const char *only = v->pass->options->only;
  int rc = only ? 0 : store_links_each (v->pass->store, LINKS_PRESENT, 0, verify_one, v, v->error);
  if (!only && rc == 0)
    rc = store_links_each (v->pass->store, LINKS_DISABLED, INT64_MAX, verify_one, v, v->error);
  if (!only)
    return rc;
  link_init (&link);
  rc = store_link_search (v->pass->store, only, &link, v->error);
  if (rc == 1)
    rc = verify_one (v, &link);
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

static int
compare_all (struct verifier *v)
{
  struct store *store = v->pass->store;
  if (store_begin (store, v->error) < 0)
    return -1;
  if (verify_links (v) == 0 && (!v->listed || unclaimed_list (v->pass, v->error) == 0)
      && store_accounts_drop (store, v->error) == 0)
    return store_commit (store, v->error);
  store_rollback (store);
  return -1;
}

static int
remember (struct pass *pass, struct error *error)
{
  MEM_AUTO char *now = mem_format ("%" PRId64, pass->started_ms);
  if (pass->options->only)
    return 0;
  return store_keep_facts (pass->store, &(struct fact) { "verify_ms", now }, 1, error);
}

static int
put_right (struct verifier *v)
{
  bool forced = v->pass->force;
  v->pass->force = true;
  int rc = intake_get (v->pass, &v->again, NULL, v->error);
  if (rc == 0)
    rc = intake_get (v->pass, &v->enabled, leavers_disable_again, v->error);
  v->pass->force = forced;
  return rc;
}

static bool
is_due (struct pass *pass)
{
  int64_t every = pass->p->settings->verify_ms;
  if (pass->first)
    return false; /* nothing was sent yet */
  if (pass->options->verify || every <= 0 || pass->options->only)
    return pass->options->verify;
  return inventory_is_over (inventory_moment (pass->p, "verify_ms"), pass->started_ms, every);
}

int
verify_run (struct pass *pass, struct error *error)
{
  struct store_counts counts;
  struct verifier v = { .pass = pass, .error = error };
  if (!is_due (pass))
    return 0;
  if (pipeline_open_sink (pass->p, error) < 0 || store_counts (pass->store, &counts, error) < 0)
    return -1;
  bool ignore = pass->p->settings->leavers == LEAVER_IGNORE;
  leaves_init (&v.have, mapping_leaf_count (pass->p->mapping));
  int rc = fetch (&v, ignore ? counts.active : counts.owned);
  if (rc == 0 && (rc = compare_all (&v)) == 0 && (rc = put_right (&v)) == 0)
    rc = remember (pass, error);
  log_info ("%" PRId64 " account%s read, %" PRId64 " with other values than were sent", v.looked,
            TEXT_S (v.looked), pass->report->drifted_list.count);
  leaves_fini (&v.have);
  ids_fini (&v.again);
  ids_fini (&v.enabled);
  return rc < 0 ? -1 : 0;
}
