/* What the sink took: the link learns it (learning.c), the report counts it (counting.c), the row
 * leaves the queue. Main thread only. */
#include "config.h"

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
    learning_sync (delivery, item);
  else if (link->account)
    learning_leaver (delivery, item);
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
  learning_inactive (delivery, item);
  item->link.flags |= LINK_SEND_ALL;
  mem_set_text (&item->link.last_action, counting_change (delivery, item));
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
  if (counting_done (delivery, item) < 0)
    return -1;
  if (item->only_inactive)
    return take_inactive (delivery, item);
  if (created && revived)
    return take_revival (delivery, item);
  return outcome_finish (delivery, item, counting_change (delivery, item));
}

int
outcome_was_deleted (struct delivery *delivery, struct item *item)
{
  item->plan.kind = PLAN_DELETE;
  if (counting_done (delivery, item) < 0)
    return -1;
  return outcome_finish (delivery, item, counting_change (delivery, item));
}

/* The link keeps what was taken; the next try sends everything. */
static void
settle_taken (struct delivery *delivery, struct item *item)
{
  struct link *link = &item->link;
  enum link_status was = link->status;
  MEM_AUTO char *name = mem_copy_text (link->given_name);
  learning_sync (delivery, item);
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
  if (counting_kind (item) == CHANGE_LEAVERS && outcome_lacks (item, "active"))
    return 0;
  mem_set_text (&item->link.last_action, counting_change (delivery, item));
  return is_repeated (item) ? 0 : counting_done (delivery, item);
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
    return counting_done (delivery, item) < 0 ? -1 : take_inactive (delivery, item);
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
