/* What became of a request, by failure class (guarantees: Failure classes). A bad entry is
 * parked and the rest goes on; an unwell sink slows down or stops the pass and parks nobody. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/audit.h"
#include "pipeline/delivery.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

#define RACES 5
#define FORBIDDEN_MAX 3 /* refusals in a row, with no success yet: it is the configuration */

/* "what the sink said (HTTP 400, correlation …)", a text of its own. */
char *
outcome_words (const struct work *work)
{
  const struct syncd_result *result = &work->result;
  const char *message = result->message ? result->message : work->message;
  struct buffer text;
  buffer_init (&text, 4096);
  buffer_append_text (&text, message ? message : "the sink gave no reason");
  if (result->correlation && (!message || !strstr (message, result->correlation)))
    buffer_printf (&text, " (correlation id %s)", result->correlation);
  return buffer_take (&text);
}

int
outcome_stop (struct delivery *delivery, struct item *item, const char *reason)
{
  if (!delivery->stop)
    error_set (delivery->error, "%s: %s", delivery->pass->p->settings->sink.name, reason);
  delivery->stop = true;
  return outcome_later (delivery, item, 0, item->row.doubt);
}

int
outcome_later (struct delivery *delivery, struct item *item, int64_t delay_ms, bool doubt)
{
  struct queued *row = &item->row;
  row->state = QUEUE_WAITING;
  row->doubt = doubt;
  row->next_try_ms = delay_ms ? clock_now_ms () + delay_ms : 0;
  return store_queue_update (delivery->pass->store, row, delivery->error) < 0 ? -1 : 0;
}

int
outcome_park (struct delivery *delivery, struct item *item, const char *reason)
{
  struct pass *pass = delivery->pass;
  contest_not_adopted (item);
  if (!item->link.wanted_name && !item->link.account) /* with one: what it was given for */
    mem_set_text (&item->link.wanted_name, item->row.wanted_name);
  if (item->row.doubt && !item->link.account)
    item->link.flags |= LINK_DOUBT;
  if (intake_park (pass, &item->link, item->row.fingerprint, reason, delivery->error) < 0)
    return -1;
  delivery->done++;
  return store_queue_done (pass->store, item->row.number, delivery->error) < 0 ? -1 : 0;
}

/* Leaves that were sent are now known; those not taken keep what was known before. */
static void
learn_leaves (struct delivery *delivery, struct item *item)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  struct link *link = &item->link;
  size_t count = mapping_leaf_count (mapping);
  map_hash_leaves (mapping, delivery->pass->p->hasher, &item->want, item->hashes);
  for (size_t i = 0; i < item->work.result.not_taken_count; i++)
    for (size_t leaf = 0; leaf < count; leaf++)
      if (strcmp (item->work.result.not_taken[i], mapping_leaf (mapping, leaf)->path) == 0)
        item->hashes[leaf] = item->last[leaf];
  link->leaves = mem_resize (link->leaves, count, sizeof *link->leaves);
  memcpy (link->leaves, item->hashes, count * sizeof *link->leaves);
  link->leaf_count = count;
  link->mapping = delivery->pass->p->mapping_number;
}

static void
unpark (struct link *link)
{
  mem_set_text (&link->parked, NULL);
  link->attempts = 0;
  link->next_try_ms = 0;
}

/* Was the entry parked for what it became after this change was first sent? */
static bool
parked_since (const struct item *item)
{
  return item->link.parked && item->row.doubt
         && memcmp (item->link.parked_fingerprint, item->row.fingerprint, FINGERPRINT_LEN) != 0;
}

static void
settle_sync (struct delivery *delivery, struct item *item)
{
  struct link *link = &item->link;
  learn_leaves (delivery, item);
  memcpy (link->fingerprint, item->row.fingerprint, FINGERPRINT_LEN);
  mem_set_text (&link->wanted_name, item->row.wanted_name);
  mem_set_text (&link->given_name, item->name);
  link->status = LINK_SYNCED;
  link->flags &= ~(LINK_SEND_ALL | LINK_DOUBT);
  if (!parked_since (item))
    unpark (link);
}

static void
settle_leaver (struct item *item)
{
  struct link *link = &item->link;
  if (item->row.intent == QUEUE_DELETE)
    link->status = LINK_DELETED;
  else if (link->status == LINK_SYNCED || link->status == LINK_NEW)
    link->last_ms = clock_now_ms (); /* delete_after counts from here, also where it was inactive */
  if (item->row.intent != QUEUE_DELETE && !link->parked) /* an entry that is there, but cannot be mapped, has not left */
    link->status = LINK_DISABLED;
  link->flags |= LINK_SEND_ALL;
}

int
outcome_finish (struct delivery *delivery, struct item *item, const char *action)
{
  struct pass *pass = delivery->pass;
  struct link *link = &item->link;
  if (action) {
    mem_set_text (&link->last_action, action);
    link->last_ms = clock_now_ms ();
  }
  if (item->row.intent == QUEUE_SYNC)
    settle_sync (delivery, item);
  else if (link->account)
    settle_leaver (item);
  delivery->done++;
  if (!action)
    pass->report->unchanged++;
  if (item->row.intent != QUEUE_SYNC && !link->account)
    return store_link_forget (pass->store, link->row, delivery->error) < 0 ? -1 : 0;
  if (store_link_put (pass->store, link, delivery->error) < 0)
    return -1;
  delivery_note_finished (delivery, item->row.number);
  return 0;
}

static void
count_rename (struct delivery *delivery, struct item *item)
{
  struct report *report = delivery->pass->report;
  if (item->row.intent != QUEUE_SYNC || !item->link.given_name
      || names_equal (item->link.given_name, item->name))
    return;
  MEM_AUTO char *was = mem_format ("was %s", item->link.given_name);
  report->renamed++;
  report_add (&report->renamed_list, item->link.id, item->name, was);
}

static const char *
count_update (struct delivery *delivery, struct item *item)
{
  struct report *report = delivery->pass->report;
  if (item->adopting) {
    report->adopted++;
    report_add (&report->adopted_list, item->link.id, item->name, item->link.account);
    return "adopted the account";
  }
  count_rename (delivery, item);
  switch (item->plan.kind) {
  case PLAN_DISABLE:
    report->disabled++;
    return "disabled";
  case PLAN_ENABLE:
    report->enabled++;
    return "enabled";
  case PLAN_DELETE:
    report->deleted++;
    return "deleted";
  default:
    report->updated++;
    return "updated";
  }
}

static enum change_kind
kind_done (const struct item *item)
{
  enum plan_kind kind = item->plan.kind;
  if (kind == PLAN_CREATE || item->adopting)
    return CHANGE_CREATES;
  return kind == PLAN_DISABLE || kind == PLAN_DELETE ? CHANGE_LEAVERS : CHANGE_UPDATES;
}

static int
count_done (struct delivery *delivery, struct item *item)
{
  struct pass *pass = delivery->pass;
  if (item->row.why && strcmp (item->row.why, QUEUE_APPROVED) == 0)
    return 0; /* what somebody approved trips no brake afterwards */
  if (pass->first && kind_done (item) != CHANGE_LEAVERS)
    return 0; /* creates, and what completes them: a reference to somebody who was made later */
  return store_done_add (pass->store, kind_done (item), 1, clock_now_ms (), delivery->error);
}

/* A ring is broken: the temporary name is written, the final one goes next. */
static int
take_temporary (struct delivery *delivery, struct item *item)
{
  mem_set_text (&item->link.given_name, item->row.temporary_name);
  mem_set_text (&item->link.wanted_name, NULL); /* nobody wants to keep this one */
  mem_set_text (&item->row.temporary_name, NULL);
  int leaf = mapping_user_name_leaf (delivery->pass->p->mapping);
  if (item->link.leaves && item->link.mapping == delivery->pass->p->mapping_number)
    item->link.leaves[leaf] = 1; /* another value than any that is wanted */
  delivery->sweep_moved = true;
  if (store_link_put (delivery->pass->store, &item->link, delivery->error) < 0)
    return -1;
  return outcome_later (delivery, item, 0, false);
}

static bool
lacks (const struct item *item, const char *path)
{
  for (size_t i = 0; i < item->work.result.not_taken_count; i++)
    if (strcmp (item->work.result.not_taken[i], path) == 0)
      return true;
  return false;
}

static int
take_account (struct delivery *delivery, struct item *item)
{
  const struct syncd_result *result = &item->work.result;
  if (result->account && *result->account)
    mem_set_text (&item->link.account, result->account);
  mem_set_text (&item->link.version, result->version);
  bool took = item->adoption_open ? !lacks (item, "externalId") : item->work.change.kind == SYNCD_CHANGE_CREATE;
  if (item->link.account)
    return took ? contest_took (delivery, item) : 0;
  return outcome_stop (delivery, item, "the sink created an account without telling its id");
}

/* A create that answered with an older account: read it, then send every leaf (case 6). */
static int
take_revival (struct delivery *delivery, struct item *item)
{
  log_info ("%s: creating it brought the older account %s back to life; every attribute is sent "
            "again, roles are not restored by the sink", item->name, item->link.account);
  delivery->pass->report->created++;
  item->reviving = true;
  item->send_all = true;
  item->link.flags |= LINK_SEND_ALL;
  item->link.status = LINK_SYNCED;
  mem_set_text (&item->link.given_name, item->name);
  if (store_link_put (delivery->pass->store, &item->link, delivery->error) < 0)
    return -1;
  prepare_read (item);
  return 1;
}

static const char *
count_change (struct delivery *delivery, struct item *item)
{
  if (item->reviving)
    return "revived an older account";
  if (item->plan.kind != PLAN_CREATE)
    return count_update (delivery, item);
  delivery->pass->report->created++;
  return "created";
}

void
outcome_note_success (struct delivery *delivery)
{
  delivery->successes++;
  delivery->unwell = 0;
  delivery->last_success_us = clock_monotonic_us ();
}

static int
take_success (struct delivery *delivery, struct item *item)
{
  bool created = item->work.change.kind == SYNCD_CHANGE_CREATE;
  bool revived = item->work.result.account_flags & SYNCD_ACCOUNT_REVIVED;
  outcome_note_success (delivery);
  if (take_account (delivery, item) < 0)
    return -1;
  if (!item->link.account)
    return 0;
  delivery->sweep_moved = true;
  if ((created || item->adopting || item->linked_now) && references_note (delivery->pass, delivery->error) < 0)
    return -1;
  if (count_done (delivery, item) < 0)
    return -1;
  if (item->temporary)
    return take_temporary (delivery, item);
  if (created && revived)
    return take_revival (delivery, item);
  return outcome_finish (delivery, item, count_change (delivery, item));
}

/* The link keeps what was taken; the next try sends everything. */
static void
settle_taken (struct delivery *delivery, struct item *item)
{
  struct link *link = &item->link;
  enum link_status was = link->status;
  MEM_AUTO char *name = mem_copy_text (link->given_name);
  settle_sync (delivery, item);
  link->flags |= LINK_SEND_ALL;
  if (was == LINK_DISABLED && lacks (item, "active"))
    link->status = was;
  if (!lacks (item, "userName"))
    return;
  mem_set_text (&link->given_name, name);
  mem_set_text (&link->wanted_name, NULL);
}

static int
take_not_taken (struct delivery *delivery, struct item *item)
{
  BUFFER_AUTO struct buffer why;
  buffer_init (&why, 2048);
  outcome_note_success (delivery);
  if (take_account (delivery, item) < 0)
    return -1;
  if (!item->link.account)
    return 0;
  buffer_append_text (&why, "the sink answered success, but does not have what was sent:");
  for (size_t i = 0; i < item->work.result.not_taken_count; i++)
    buffer_printf (&why, " %s", item->work.result.not_taken[i]);
  count_change (delivery, item);
  settle_taken (delivery, item);
  return outcome_park (delivery, item, buffer_text (&why));
}

static int
take_forbidden (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  if (delivery->successes > 0)
    return outcome_park (delivery, item, words);
  if (++delivery->forbidden >= FORBIDDEN_MAX)
    return outcome_stop (delivery, item, words);
  return outcome_later (delivery, item, 500, item->row.doubt);
}

int
outcome_lost_link (struct delivery *delivery, struct item *item)
{
  log_info ("the account %s of %s is not there any more", item->link.account, item->link.id);
  contest_not_adopted (item);
  mem_set_text (&item->link.account, NULL);
  mem_set_text (&item->link.version, NULL);
  memset (item->known, KNOWN_ABSENT, mapping_leaf_count (delivery->pass->p->mapping));
  if (item->row.intent != QUEUE_SYNC) {
    mem_set_text (&item->external_id, item->link.id);
    /* that account is not written to again: it may be another's by now */
    return store_link_put (delivery->pass->store, &item->link, delivery->error) < 0 ? -1 : doubt_look_up (item);
  }
  if (item->link.status != LINK_DISABLED) /* a disable that we made is undone when it is found */
    item->link.status = LINK_NEW;
  item->link.flags |= LINK_DOUBT; /* new accounts are not seen at once, not even by their ids */
  if (store_put_fact (delivery->pass->store, REFERENCES_LOST, "1", 1, delivery->error) < 0)
    return -1;
  if (store_link_put (delivery->pass->store, &item->link, delivery->error) < 0)
    return -1;
  if (!item->external_id)
    return prepare_change (delivery, item);
  return doubt_look_up (item);
}

static int
take_race (struct delivery *delivery, struct item *item)
{
  if (++item->races > RACES)
    return outcome_park (delivery, item, "somebody else changes this account at the same time, again and again");
  item->send_all = true;
  mem_set_text (&item->link.version, NULL);
  prepare_read (item);
  return 1;
}

/* An adoption that lost a race for the name, or any other unique attribute. */
static int
take_collision (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  const char *attribute = item->work.result.conflict;
  mem_set_text (&item->server_words, words);
  if (item->adoption_open && ++item->races > RACES)
    return outcome_park (delivery, item, words);
  contest_not_adopted (item);
  if (attribute && text_equal_nocase (attribute, "externalId") && item->external_id)
    return doubt_look_up (item);
  if (attribute && !text_equal_nocase (attribute, "userName"))
    return outcome_park (delivery, item, words);
  prepare_find (item, PHASE_HOLDER, "userName", item->name);
  return 1;
}

static int
take_doubt (struct delivery *delivery, struct item *item)
{
  return unwell_take (delivery, item, true);
}

static int
take_entry (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  return outcome_park (delivery, item, words);
}

static int
take_configuration (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  return outcome_stop (delivery, item, words);
}

static int
take_again (struct delivery *delivery, struct item *item)
{
  (void) delivery;
  work_reset (&item->work); /* the same request; permit() waits as long as the sink asked */
  return 1;
}

static int
take_cancelled (struct delivery *delivery, struct item *item)
{
  return outcome_later (delivery, item, 0, item->row.doubt);
}

static int
take_result (struct delivery *delivery, struct item *item, int32_t result)
{
  static int (*const takers[]) (struct delivery *, struct item *) = {
    [SYNCD_RESULT_UNKNOWN] = take_doubt,       [SYNCD_RESULT_OK] = take_success,
    [SYNCD_RESULT_ENTRY] = take_entry,         [SYNCD_RESULT_COLLISION] = take_collision,
    [SYNCD_RESULT_LINK] = outcome_lost_link,      [SYNCD_RESULT_RACE] = take_race,
    [SYNCD_RESULT_AUTH] = take_configuration,  [SYNCD_RESULT_FORBIDDEN] = take_forbidden,
    [SYNCD_RESULT_CONFIG] = take_configuration, [SYNCD_RESULT_BUDGET] = take_again,
    [SYNCD_RESULT_NOT_TAKEN] = take_not_taken, [SYNCD_RESULT_CANCELLED] = take_cancelled
  };
  if (result == SYNCD_RESULT_SINK)
    return unwell_take (delivery, item, false);
  if (result < 0 || (size_t) result >= sizeof takers / sizeof *takers)
    return take_doubt (delivery, item);
  return takers[result](delivery, item);
}

int
outcome_take (struct delivery *delivery, struct item *item)
{
  struct work *work = &item->work;
  bool plain = work->kind == WORK_APPLY && work->result.result == SYNCD_RESULT_OK;
  if (audit_note (delivery, item, delivery->error) < 0 || (!plain && delivery_settle (delivery) < 0))
    return -1;
  if (work->kind == WORK_APPLY)
    return take_result (delivery, item, work->result.result);
  if (work->code < 0 && !(work->kind == WORK_READ && work->code == SYNCD_E_NOT_FOUND))
    return take_result (delivery, item, work->result.result);
  return work->kind == WORK_READ ? reading_take (delivery, item) : contest_take (delivery, item);
}
