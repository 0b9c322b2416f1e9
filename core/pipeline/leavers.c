/* Leavers: who the source says is gone, or whom a complete read did not show; each confirmed by
 * asking for the id, before anything is queued (G3). */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/names.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define LOOK_AGAIN_MS 60000 /* longer than replication mostly takes */

/* A change that is held stays the one that was held: time does not bring it before the brake
 * anew. */
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

/* Was it parked for what a leaver's change came to? Such a change has no document. */
static bool
parked_as_leaver (const struct link *link)
{
  static const unsigned char none[FINGERPRINT_LEN];
  return link->parked && memcmp (link->parked_fingerprint, none, sizeof none) == 0;
}

/* What the sink refused of a leaver has its growing delay like anything that is parked (G7). */
static bool
stays_parked (const struct pass *pass, const struct link *link)
{
  return parked_as_leaver (link) && link->account && link->next_try_ms > pass->started_ms
         && link->next_try_ms != INT64_MAX;
}

/* It has been disabled, and still nobody is there. */
static int
queue_again (struct pass *pass, const char *id, enum queue_intent intent, struct error *error)
{
  struct link link;
  link_init (&link);
  int rc = store_link_by_id (pass->store, id, &link, error);
  if (rc == 1 && link.status == LINK_DISABLED && link.account && !stays_parked (pass, &link)
      && (rc = protect_keeps_leaver (pass, &link, error)) == 0)
    rc = queue_change (pass, &link, intent, error);
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

/* leavers.delete_after is over. */
static int
queue_removal (struct pass *pass, const char *id, struct error *error)
{
  return queue_again (pass, id, QUEUE_DELETE, error);
}

int
leavers_disable_again (struct pass *pass, const char *id, struct error *error)
{
  return queue_again (pass, id, QUEUE_DISABLE, error);
}

/* What an entry was parked for before it left cannot be tried again. */
static int
forget_parking (struct pass *pass, struct link *link, struct error *error)
{
  if (!link->parked)
    return 0;
  link->attempts = parked_as_leaver (link) ? link->attempts : 0;
  mem_set_text (&link->parked, NULL);
  link->next_try_ms = 0;
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

static int
is_leaving (struct pass *pass, const struct link *link, struct error *error)
{
  struct queued row;
  queued_init (&row);
  int rc = store_queue_of (pass->store, link->row, &row, error);
  bool leaving = rc == 1 && row.intent != QUEUE_SYNC;
  queued_fini (&row);
  return rc < 0 ? -1 : leaving;
}

/* It had left before and was about to come back: what did not reach the sink yet never will. A
 * delete that waits or is held stays: a source that tells of the same leaver again does not bring
 * it before the brake anew (G4). */
static int
leave_again (struct pass *pass, struct link *link, struct error *error)
{
  struct queued row;
  int leaving = is_leaving (pass, link, error);
  if (leaving)
    return leaving < 0 ? -1 : forget_parking (pass, link, error);
  if (forget_parking (pass, link, error) < 0
      || store_queue_withdraw (pass->store, link->row, error) < 0)
    return -1;
  queued_init (&row);
  int rc = store_queue_of (pass->store, link->row, &row, error);
  bool undo = (rc == 1 && row.intent == QUEUE_SYNC) || link->flags & LINK_DOUBT;
  queued_fini (&row);
  if (rc < 0 || !undo || pass->p->settings->leavers == LEAVER_IGNORE)
    return rc < 0 ? -1 : 0;
  link->flags |= LINK_SEND_ALL; /* it may have been made active again: */
  link->last_ms = clock_now_ms (); /* delete_after counts anew */
  return store_link_put (pass->store, link, error) < 0 ? -1 : queue_leaver (pass, link, error);
}

static int
leave (struct pass *pass, struct link *link, struct error *error)
{
  int rc = stays_parked (pass, link) ? 1 : protect_keeps_leaver (pass, link, error);
  if (rc != 0)
    return rc < 0 ? -1 : 0;
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
add_removable (void *data, struct link *link)
{
  if (link->account && !(link->flags & (LINK_ADOPTED | LINK_DOUBT)))
    ids_add (data, link->id);
  return 0;
}

/* Each of them is asked for again before its account goes. The walk is long, so a single edit of
 * the stream does not wait for it: the passes in between make it. */
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

struct leaving {
  struct pass *pass;
  struct ids ids;
  struct error *error;
};

/* What waits goes by itself: who was not seen was confirmed. */
static int
add_leaving (void *data, struct queued *row)
{
  struct leaving *leaving = data;
  struct link link;
  if (row->intent == QUEUE_SYNC
      || (row->state == QUEUE_WAITING && !intake_was_seen (leaving->pass, row->row)))
    return 0;
  link_init (&link);
  int rc = store_link_by_row (leaving->pass->store, row->row, &link, leaving->error);
  if (rc == 1)
    ids_add (&leaving->ids, link.id);
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

/* Whom the source cannot tell of stays as it is, and says nothing about this read. */
int
leavers_ask_again (struct pass *pass, struct error *error)
{
  struct leaving leaving = { .pass = pass, .error = error };
  int64_t unconfirmed = pass->unconfirmed;
  int rc = store_queue_each (pass->store, QUEUE_HELD, add_leaving, &leaving, error);
  if (rc >= 0 && store_queue_count_kind (pass->store, CHANGE_LEAVERS, QUEUE_WAITING) > 0)
    rc = store_queue_each (pass->store, QUEUE_WAITING, add_leaving, &leaving, error);
  if (rc >= 0 && leaving.ids.count)
    rc = intake_get (pass, &leaving.ids, NULL, error);
  pass->unconfirmed = unconfirmed;
  pass->asked = pass->asked || rc >= 0;
  ids_fini (&leaving.ids);
  return rc < 0 ? -1 : 0;
}

/* By marks (an inventory, a list of who is still there) nobody is delivered for whom something is
 * queued. */
static bool
told_by_marks (const struct pass *pass)
{
  return pass->end == SCAN_ALL && strcmp (pass->report->mode, "full") != 0;
}

static bool
is_approved (struct pass *pass)
{
  BUFFER_AUTO struct buffer tokens;
  buffer_init (&tokens, 1 << 16);
  return store_get_fact (pass->store, "approve", &tokens) == 1;
}

/* A read that delivered everybody has undone what was to befall those who are there; one of changes
 * tells nobody who only became visible again. What comes through a stream comes often: there it is
 * enough before an approval is obeyed. */
static bool
must_ask_again (struct pass *pass)
{
  bool rare = !pass->options->stream && !pass->options->queue_only && !pass->options->only;
  if (told_by_marks (pass))
    return rare || is_approved (pass);
  return pass->end == SCAN_CHANGES && (rare || is_approved (pass));
}

/* Who was told to be gone and answers may be back, or the answer is of a server that lags behind
 * the one that told: behind a balancer nobody can see which. It is told once, so they are asked
 * again. */
static int
find_deleted (struct pass *pass, struct error *error)
{
  pass->look_again_ms = clock_now_ms () + LOOK_AGAIN_MS;
  int rc = intake_get (pass, &pass->deleted, take_leaver, error);
  pass->look_again_ms = 0;
  return rc;
}

int
leavers_find (struct pass *pass, struct error *error)
{
  struct ids candidates = { 0 };
  int rc = must_ask_again (pass) ? leavers_ask_again (pass, error) : 0;
  if (rc < 0 || pass->options->only)
    return rc;
  pass->asked = true;
  rc = brakes_note_doubt (pass, error);
  if (rc >= 0)
    rc = leavers_absent (pass, &candidates, error);
  if (rc >= 0)
    rc = intake_get (pass, &candidates, take_leaver, error);
  if (rc >= 0)
    rc = find_deleted (pass, error);
  if (rc >= 0)
    rc = find_removals (pass, error);
  if (pass->unconfirmed)
    log_warning ("%lld %s not touched", (long long) pass->unconfirmed,
                 pass->unconfirmed == 1
                     ? "entry that seems to have left could not be confirmed; its account is"
                     : "entries that seem to have left could not be confirmed; their accounts are");
  ids_fini (&candidates);
  return rc < 0 ? -1 : 0;
}
