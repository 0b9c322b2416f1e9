/* What the sink took: the link learns it, the report counts it, the row leaves the queue. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

bool
outcome_lacks (const struct item *item, const char *path)
{
  for (size_t i = 0; i < item->work.result.not_taken_count; i++)
    if (strcmp (item->work.result.not_taken[i], path) == 0)
      return true;
  return false;
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
  return item->link.parked && item->row.doubt && !item->newer
         && memcmp (item->link.parked_fingerprint, item->row.fingerprint, FINGERPRINT_LEN) != 0;
}

static void
settle_sync (struct delivery *delivery, struct item *item)
{
  struct link *link = &item->link;
  learn_leaves (delivery, item);
  delivery->pass->report->references_left_out += item->left_out;
  memcpy (link->fingerprint, item->row.fingerprint, FINGERPRINT_LEN);
  mem_set_text (&link->wanted_name, item->row.wanted_name);
  mem_set_text (&link->given_name, item->name);
  link->status = LINK_SYNCED;
  link->flags &= ~(LINK_SEND_ALL | LINK_DOUBT);
  if (!parked_since (item))
    unpark (link);
}

/* An entry that is there, but cannot be mapped, has not left: its account is inactive as if it had
 * been sent so, and is not made so again. */
static void
learn_inactive (struct delivery *delivery, struct item *item)
{
  struct pass *pass = delivery->pass;
  struct link *link = &item->link;
  size_t count = mapping_leaf_count (pass->p->mapping);
  int active = mapping_active_leaf (pass->p->mapping);
  if (active < 0)
    return;
  link->leaves = mem_resize (link->leaves, count, sizeof *link->leaves);
  memcpy (link->leaves, item->last, count * sizeof *link->leaves);
  link->leaves[active] = hasher_leaf (pass->p->hasher, "false", 5);
  link->leaf_count = count;
  link->mapping = pass->p->mapping_number;
}

static void
settle_leaver (struct delivery *delivery, struct item *item)
{
  struct link *link = &item->link;
  if (item->row.intent == QUEUE_DELETE)
    link->status = LINK_DELETED;
  else if (link->status == LINK_SYNCED || link->status == LINK_NEW)
    link->last_ms = clock_now_ms (); /* delete_after counts from here, also where it was inactive */
  if (link->parked)
    learn_inactive (delivery, item);
  else if (item->row.intent != QUEUE_DELETE)
    link->status = LINK_DISABLED;
  link->attempts = link->parked ? link->attempts : 0;
  link->flags = (link->flags | LINK_SEND_ALL) & ~LINK_DOUBT;
}

/* From now on the entry has an account to which references can be set. */
static bool
gets_account (const struct item *item)
{
  const struct link *link = &item->link;
  bool had_none = link->status == LINK_NEW || link->status == LINK_DELETED;
  return item->row.intent == QUEUE_SYNC && link->account
         && (had_none || item->adopting || item->linked_now);
}

static int
note_account (struct delivery *delivery, const struct item *item)
{
  bool created = item->work.change.kind == SYNCD_CHANGE_CREATE;
  return created || gets_account (item) ? references_note (delivery->pass, delivery->error) : 0;
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
  if (!action && gets_account (item) && references_note (pass, delivery->error) < 0)
    return -1;
  if (item->row.intent == QUEUE_SYNC)
    settle_sync (delivery, item);
  else if (link->account)
    settle_leaver (delivery, item);
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
  if (queued_is_approved (&item->row))
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
  return outcome_later (delivery, item, 0, item->row.doubt); /* only the name was written */
}

static int
take_account (struct delivery *delivery, struct item *item)
{
  const struct syncd_result *result = &item->work.result;
  if (result->account && *result->account)
    mem_set_text (&item->link.account, result->account);
  mem_set_text (&item->link.version, result->version);
  bool created = item->work.change.kind == SYNCD_CHANGE_CREATE;
  bool took = item->adoption_open ? !outcome_lacks (item, "externalId") : created;
  if (created)
    item->link.flags &= ~LINK_ADOPTED; /* it may have had another account before */
  if (item->link.account)
    return took ? holder_took (delivery, item) : 0;
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

/* The account is inactive, and the entry is parked for all else. */
static int
take_inactive (struct delivery *delivery, struct item *item)
{
  learn_inactive (delivery, item);
  item->link.flags |= LINK_SEND_ALL;
  mem_set_text (&item->link.last_action, count_change (delivery, item));
  item->link.last_ms = clock_now_ms ();
  return outcome_park (delivery, item, item->refusal);
}

int
outcome_take_success (struct delivery *delivery, struct item *item)
{
  bool created = item->work.change.kind == SYNCD_CHANGE_CREATE;
  bool revived = item->work.result.account_flags & SYNCD_ACCOUNT_REVIVED;
  outcome_note_success (delivery);
  if (take_account (delivery, item) < 0)
    return -1;
  if (!item->link.account)
    return 0;
  targets_settle (delivery, item);
  delivery->sweep_moved = true;
  if (note_account (delivery, item) < 0)
    return -1;
  if (item->temporary) /* half of a change: the final name counts */
    return take_temporary (delivery, item);
  if (count_done (delivery, item) < 0)
    return -1;
  if (item->only_inactive)
    return take_inactive (delivery, item);
  if (created && revived)
    return take_revival (delivery, item);
  return outcome_finish (delivery, item, count_change (delivery, item));
}

int
outcome_was_deleted (struct delivery *delivery, struct item *item)
{
  item->plan.kind = PLAN_DELETE;
  if (count_done (delivery, item) < 0)
    return -1;
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
  if (was == LINK_DISABLED && outcome_lacks (item, "active"))
    link->status = was;
  if (!outcome_lacks (item, "userName"))
    return;
  mem_set_text (&link->given_name, name);
  mem_set_text (&link->wanted_name, NULL);
}

/* The same that was not taken before does not count again: it is tried with a growing delay. */
static bool
is_repeated (const struct item *item)
{
  return item->link.parked
         && memcmp (item->link.parked_fingerprint, item->row.fingerprint, FINGERPRINT_LEN) == 0;
}

/* The rest was done, and is counted (G4). */
static int
count_taken (struct delivery *delivery, struct item *item)
{
  if (kind_done (item) == CHANGE_LEAVERS && outcome_lacks (item, "active"))
    return 0;
  mem_set_text (&item->link.last_action, count_change (delivery, item));
  return is_repeated (item) ? 0 : count_done (delivery, item);
}

/* Of a leaver nothing else counts than that the account is inactive. */
static bool
is_enough (const struct item *item)
{
  return item->row.intent != QUEUE_SYNC && !outcome_lacks (item, "active");
}

int
outcome_take_not_taken (struct delivery *delivery, struct item *item)
{
  BUFFER_AUTO struct buffer why;
  buffer_init (&why, 2048);
  outcome_note_success (delivery);
  if (take_account (delivery, item) < 0)
    return -1;
  if (!item->link.account)
    return 0;
  targets_settle (delivery, item);
  if (note_account (delivery, item) < 0)
    return -1;
  if (item->only_inactive && outcome_lacks (item, "active"))
    return outcome_park (delivery, item, item->refusal);
  if (item->only_inactive)
    return count_done (delivery, item) < 0 ? -1 : take_inactive (delivery, item);
  buffer_append_text (&why, "the sink answered success, but does not have what was sent:");
  for (size_t i = 0; i < item->work.result.not_taken_count; i++)
    buffer_printf (&why, " %s", item->work.result.not_taken[i]);
  if (count_taken (delivery, item) < 0)
    return -1;
  if (is_enough (item))
    return outcome_finish (delivery, item, item->link.last_action);
  if (item->row.intent == QUEUE_SYNC)
    settle_taken (delivery, item);
  return outcome_park (delivery, item, buffer_text (&why));
}
