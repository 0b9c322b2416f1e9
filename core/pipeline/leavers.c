/* Leavers: who the source says is gone, or whom a complete read did not show; each confirmed by
 * asking for the id, before anything is queued (G3). */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/pass.h"
#include "util/log.h"
#include "util/mem.h"

#define MISSING_MAX ((size_t) 256 << 20)

/* A change that is held stays the one that was held: time does not bring it before the brake anew. */
static int
queue_change (struct pass *pass, struct link *link, enum queue_intent intent, struct error *error)
{
  struct queued row;
  queued_init (&row);
  int rc = store_queue_of (pass->store, link->row, &row, error);
  bool there = rc == 1 && row.intent == intent && row.state != QUEUE_SENT;
  bool told = rc == 1 && !link->account && (row.doubt || row.state == QUEUE_SENT);
  MEM_AUTO char *sent = told ? mem_copy_text (row.leaves) : NULL;
  int64_t mapping = row.mapping;
  queued_fini (&row);
  if (rc < 0 || there)
    return rc < 0 ? -1 : 0;
  queued_init (&row);
  row.row = link->row;
  row.intent = intent;
  row.leaves = mem_copy_text (sent); /* by its externalId the account is looked for */
  row.mapping = sent ? mapping : 0;
  rc = store_queue_put (pass->store, &row, error);
  queued_fini (&row);
  return rc;
}

/* What becomes of an account whose entry left. */
static int
queue_leaver (struct pass *pass, struct link *link, struct error *error)
{
  bool remove = pass->p->settings->leavers == LEAVER_DELETE
                && pass->p->settings->delete_after_ms < 0 && !(link->flags & LINK_ADOPTED);
  return queue_change (pass, link, remove ? QUEUE_DELETE : QUEUE_DISABLE, error);
}

/* leavers.delete_after: it has been disabled for so long, and still nobody is there. */
static int
queue_removal (struct pass *pass, const char *id, struct error *error)
{
  struct link link;
  link_init (&link);
  int rc = store_link_by_id (pass->store, id, &link, error);
  if (rc == 1 && link.status == LINK_DISABLED && link.account)
    rc = queue_change (pass, &link, QUEUE_DELETE, error);
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

/* Nothing of an entry that left can be tried again. */
static int
forget_parking (struct pass *pass, struct link *link, struct error *error)
{
  if (!link->parked)
    return 0;
  mem_set_text (&link->parked, NULL);
  link->attempts = link->next_try_ms = 0;
  return store_link_put (pass->store, link, error);
}

static int
leave_without_change (struct pass *pass, struct link *link, struct error *error)
{
  if (store_queue_withdraw (pass->store, link->row, error) < 0)
    return -1;
  if (!link->account)
    return store_link_forget (pass->store, link->row, error);
  link->status = LINK_LEFT;
  mem_set_text (&link->parked, NULL);
  mem_set_text (&link->last_action, "left the source; leavers.policy is ignore");
  return store_link_put (pass->store, link, error);
}

/* May a create of this entry have reached the sink, though no result told of it? */
static int
create_in_doubt (struct pass *pass, const struct link *link, struct error *error)
{
  struct queued row;
  if (link->account)
    return 0;
  queued_init (&row);
  int rc = store_queue_of (pass->store, link->row, &row, error);
  bool doubt = rc == 1 && row.doubt;
  queued_fini (&row);
  return rc < 0 ? -1 : doubt || (link->flags & LINK_DOUBT);
}

/* It had left before and was about to come back: what did not reach the sink yet never will. */
static int
leave_again (struct pass *pass, struct link *link, struct error *error)
{
  struct queued row;
  if (forget_parking (pass, link, error) < 0
      || store_queue_withdraw (pass->store, link->row, error) < 0)
    return -1;
  queued_init (&row);
  int rc = store_queue_of (pass->store, link->row, &row, error);
  bool undo = rc == 1 && row.intent == QUEUE_SYNC;
  queued_fini (&row);
  if (rc < 0 || !undo || pass->p->settings->leavers == LEAVER_IGNORE)
    return rc < 0 ? -1 : 0;
  link->flags |= LINK_SEND_ALL; /* it may have been made active again */
  return store_link_put (pass->store, link, error) < 0 ? -1 : queue_leaver (pass, link, error);
}

static int
leave (struct pass *pass, struct link *link, struct error *error)
{
  if (link->status != LINK_SYNCED && link->status != LINK_NEW)
    return leave_again (pass, link, error);
  int doubt = create_in_doubt (pass, link, error);
  if (doubt < 0)
    return -1;
  if (pass->p->settings->leavers == LEAVER_IGNORE || (!link->account && !doubt))
    return leave_without_change (pass, link, error);
  return forget_parking (pass, link, error) < 0 ? -1 : queue_leaver (pass, link, error);
}

static int
take_leaver (struct pass *pass, const char *id, struct error *error)
{
  struct link link;
  link_init (&link);
  int rc = store_link_by_id (pass->store, id, &link, error);
  if (rc == 1)
    rc = leave (pass, &link, error);
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

static int
add_absent (void *data, struct link *link)
{
  ids_add (data, link->id);
  return 0;
}

/* A checkpoint that the other server goes on from proves that it knows what the last one did. */
bool
leavers_uncertain (const struct pass *pass)
{
  return pass->end == SCAN_ALL && pass->server_changed
         && strcmp (pass->report->mode, "changes") != 0;
}

static int
add_removable (void *data, struct link *link)
{
  if (link->account && !(link->flags & LINK_ADOPTED))
    ids_add (data, link->id);
  return 0;
}

/* Each of them is asked for again before its account goes. The walk is long, so a single edit of the
 * stream does not wait for it: the passes in between make it. */
static int
find_removals (struct pass *pass, struct error *error)
{
  int64_t after = pass->p->settings->delete_after_ms;
  struct ids candidates = { 0 };
  if (after < 0 || pass->options->stream)
    return 0;
  int rc = store_links_each (pass->store, LINKS_DISABLED, pass->started_ms - after, add_removable,
                             &candidates, error);
  if (rc >= 0 && candidates.count)
    rc = intake_get (pass, &candidates, queue_removal, error);
  ids_fini (&candidates);
  return rc < 0 ? -1 : 0;
}

/* ---- absence at another server: counts when a second complete read agrees (G3) ---- */

static int
by_text (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Those who were missing at the end of the last complete read, which was at another server than the one
 * before; in order. */
struct missing {
  struct buffer text;
  char **ids; /* in TEXT */
  size_t count;
};

static void
read_missing (struct pass *pass, struct missing *missing)
{
  size_t size = 0;
  buffer_init (&missing->text, MISSING_MAX);
  if (store_get_fact (pass->store, "missing", &missing->text) != 1 || !missing->text.len)
    return;
  for (char *rest, *id = strtok_r (missing->text.bytes, "\n", &rest); id; id = strtok_r (NULL, "\n", &rest)) {
    if (missing->count == size) {
      size = size ? size * 2 : 64;
      missing->ids = mem_resize (missing->ids, size, sizeof *missing->ids);
    }
    missing->ids[missing->count++] = id;
  }
  if (missing->count)
    qsort (missing->ids, missing->count, sizeof *missing->ids, by_text);
}

static void
missing_fini (struct missing *missing)
{
  buffer_fini (&missing->text);
  free (missing->ids);
}

static int
put_missing (struct pass *pass, const struct buffer *text, struct error *error)
{
  if (store_begin (pass->store, error) < 0)
    return -1;
  int rc = text->len ? store_put_fact (pass->store, "missing", buffer_text (text), text->len, error)
                     : store_drop_fact (pass->store, "missing", error);
  if (rc == 0)
    return store_commit (pass->store, error);
  store_rollback (pass->store);
  return -1;
}

static int
keep_missing (struct pass *pass, struct ids *missing, struct error *error)
{
  BUFFER_AUTO struct buffer text;
  char *id;
  int rc;
  buffer_init (&text, MISSING_MAX);
  ids_rewind (missing);
  while ((rc = ids_read (missing, &id, 1, error)) > 0)
    buffer_printf (&text, "%s\n", id);
  return rc < 0 ? -1 : put_missing (pass, &text, error);
}

/* Keeps in ABSENT those who were missing before, too. */
static int
agree (struct pass *pass, struct ids *absent, const struct missing *before, struct error *error)
{
  struct ids kept = { 0 };
  char *id;
  int rc;
  ids_rewind (absent);
  while ((rc = ids_read (absent, &id, 1, error)) > 0)
    if (before->count && bsearch (&id, before->ids, before->count, sizeof *before->ids, by_text))
      ids_add (&kept, id);
  pass->missing_once = (int64_t) (absent->count - kept.count);
  ids_fini (absent);
  *absent = kept;
  return rc;
}

/* Whose absence counts. */
static int
find_absent (struct pass *pass, struct ids *absent, struct error *error)
{
  struct missing before = { 0 };
  if (pass->end != SCAN_ALL)
    return 0;
  if (store_absent_each (pass->store, pass->seen, pass->seen_bits, add_absent, absent, error) < 0)
    return -1;
  read_missing (pass, &before);
  bool uncertain = leavers_uncertain (pass);
  int rc = 0;
  if (uncertain || before.count) {
    struct ids nobody = { 0 };
    rc = keep_missing (pass, uncertain ? absent : &nobody, error);
  }
  if (uncertain && rc == 0)
    rc = agree (pass, absent, &before, error);
  if (pass->missing_once)
    log_info ("this read came from another server than the last one: %lld who are missing here are looked "
              "for again in the next complete read", (long long) pass->missing_once);
  missing_fini (&before);
  return rc;
}

struct held {
  struct pass *pass;
  struct ids ids;
  struct error *error;
};

static int
add_held (void *data, struct queued *row)
{
  struct held *held = data;
  struct link link;
  if (row->intent == QUEUE_SYNC)
    return 0;
  link_init (&link);
  int rc = store_link_by_row (held->pass->store, row->row, &link, held->error);
  if (rc == 1)
    ids_add (&held->ids, link.id);
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

/* Whom the source cannot tell of stays held, and says nothing about this read. */
int
leavers_ask_again (struct pass *pass, struct error *error)
{
  struct held held = { .pass = pass, .error = error };
  int64_t unconfirmed = pass->unconfirmed;
  int rc = store_queue_each (pass->store, QUEUE_HELD, add_held, &held, error);
  if (rc >= 0 && held.ids.count)
    rc = intake_get (pass, &held.ids, NULL, error);
  pass->unconfirmed = unconfirmed;
  ids_fini (&held.ids);
  return rc < 0 ? -1 : 0;
}

/* A read of everything has shown who is there; one of changes tells nobody who only became visible
 * again. What comes through a stream comes often: there it is enough before an approval is obeyed. */
static bool
must_ask_again (struct pass *pass)
{
  BUFFER_AUTO struct buffer tokens;
  buffer_init (&tokens, 1 << 16);
  bool rare = !pass->options->stream && !pass->options->queue_only;
  return pass->end == SCAN_CHANGES && (rare || store_get_fact (pass->store, "approve", &tokens) == 1);
}

int
leavers_find (struct pass *pass, struct error *error)
{
  struct ids candidates = { 0 };
  int rc = must_ask_again (pass) ? leavers_ask_again (pass, error) : 0;
  if (rc < 0)
    return -1;
  rc = find_absent (pass, &candidates, error);
  if (rc >= 0)
    rc = intake_get (pass, &candidates, take_leaver, error);
  if (rc >= 0)
    rc = intake_get (pass, &pass->deleted, take_leaver, error);
  if (rc >= 0)
    rc = find_removals (pass, error);
  if (pass->unconfirmed)
    log_warning ("%lld entries that seem to have left could not be confirmed; their accounts are "
                 "not touched", (long long) pass->unconfirmed);
  ids_fini (&candidates);
  return rc < 0 ? -1 : 0;
}
