/* An entry that the sink refuses may point at an account that somebody took away by hand, of which
 * nobody told: a sink refuses whoever names it. So the account is looked at, once in a pass,
 * whoever points there. Where it is gone, its own entry loses it as by a 404 on update
 * (guarantees: the link), and whoever points there goes without the reference until there is an
 * account again; else the refused entry is parked (G7).
 *
 * A leaver's change names nobody, nor need an entry name whom its account names: then the account
 * itself is read, and what of its references that are mapped is gone goes in the same request (G1).
 * Main thread only. */
#include "config.h"

#include <string.h>

#include "pipeline/delivery.h"
#include "pipeline/looked.h"
#include "util/log.h"
#include "util/mem.h"

static int
look (struct delivery *delivery, struct item *item, const char *account)
{
  looked_note (delivery->pass, account, LOOKED_PENDING);
  mem_set_text (&item->target_account, account);
  work_reset (&item->work);
  item->phase = PHASE_TARGET;
  item->work.kind = WORK_READ;
  item->work.value = item->target_account;
  return 1;
}

/* The account goes without: whatever is known of this reference, it has another value than any that
 * is wanted. 2: and so to the next. */
static int
note_gone (struct item *item)
{
  item->gone[item->leaf] = true;
  item->last[item->leaf] = 1;
  item->known[item->leaf] = KNOWN_PRESENT;
  return 2;
}

/* 2: it is there, as far as can be told; else as prepare_item(). ROW: whose it is, 0: nobody's. What
 * is looked at for somebody else, or changed itself, is waited for: the row is taken again when
 * nothing is under way. */
static int
judge (struct delivery *delivery, struct item *item, const char *account, int64_t row)
{
  struct pass *pass = delivery->pass;
  const char *path = mapping_leaf (pass->p->mapping, item->leaf)->path;
  enum looked_answer answer = looked_at (pass, account);
  if (row == item->link.row || answer == LOOKED_THERE)
    return 2;
  if (answer == LOOKED_GONE && !row) /* with one it was found again since */
    return note_gone (item);
  if (answer != LOOKED_PENDING
      && !looked_may (pass, looked_speak_of (item->refusal, path, account)))
    return 2;
  if (answer == LOOKED_PENDING || (row && store_queue_is_sent (pass->store, row)))
    return outcome_later (delivery, item, 0, item->row.doubt);
  return look (delivery, item, account);
}

static int
judge_leaf (struct delivery *delivery, struct item *item)
{
  struct link target;
  const struct leaves *leaves = item->looked_within ? &item->within : &item->want;
  bool reference = mapping_leaf (delivery->pass->p->mapping, item->leaf)->reference;
  MEM_AUTO char *account = reference ? leaves_text (leaves, item->leaf) : NULL;
  if (!account)
    return 2;
  link_init (&target);
  int found = store_link_by_account (delivery->pass->store, account, &target, delivery->error);
  int rc = found < 0                            ? -1
           : found == 0 && !item->looked_within ? prepare_anew (delivery, item) /* lost since then */
                                                : judge (delivery, item, account, target.row);
  link_fini (&target);
  return rc;
}

/* What else the entry wants may be refused. */
static int
give_up (struct delivery *delivery, struct item *item)
{
  return change_only_inactive (delivery, item) ? 1 : outcome_park (delivery, item, item->refusal);
}

static int
look_within (struct delivery *delivery, struct item *item)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  bool any = false, named = false;
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++) {
    const struct leaf *leaf = mapping_leaf (mapping, i);
    any = any || (leaf->reference && leaf->kept);
    named = named || (leaf->reference && looked_speak_of (item->refusal, leaf->path, NULL));
  }
  if (!any || item->plan.kind == PLAN_CREATE || item->adoption_open
      || !looked_may (delivery->pass, named))
    return give_up (delivery, item);
  prepare_read (item);
  item->phase = PHASE_WITHIN;
  return 1;
}

static bool
any_gone (const struct delivery *delivery, const struct item *item)
{
  return memchr (item->gone, true, mapping_leaf_count (delivery->pass->p->mapping)) != NULL;
}

/* Everything was looked at. */
static int
conclude (struct delivery *delivery, struct item *item)
{
  if (!item->looked_within)
    return look_within (delivery, item);
  if (!any_gone (delivery, item))
    return give_up (delivery, item);
  looked_was_worth_it (delivery->pass);
  return prepare_change (delivery, item);
}

static int
judge_leaves (struct delivery *delivery, struct item *item)
{
  for (; item->leaf < mapping_leaf_count (delivery->pass->p->mapping); item->leaf++) {
    int rc = judge_leaf (delivery, item);
    if (rc != 2)
      return rc;
  }
  return conclude (delivery, item);
}

int
targets_take_refused (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  if (item->work.kind != WORK_APPLY || item->row.intent == QUEUE_DELETE || item->temporary)
    return outcome_park (delivery, item, words);
  mem_set_text (&item->refusal, words);
  item->leaf = 0;
  if (item->looked_within) /* and it was refused all the same */
    return give_up (delivery, item);
  return item->row.intent == QUEUE_SYNC ? judge_leaves (delivery, item) : look_within (delivery, item);
}

void
targets_learn (struct delivery *delivery, struct item *item, const struct leaves *have)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++) {
    const char *json = leaves_get (have, i);
    if (json && mapping_leaf (mapping, i)->reference && mapping_leaf (mapping, i)->kept)
      leaves_set (&item->within, i, json, strlen (json));
  }
}

int
targets_take_within (struct delivery *delivery, struct item *item)
{
  if (item->work.code == SYNCD_E_FORBIDDEN) /* nobody knows where it points */
    return give_up (delivery, item);
  item->looked_within = true;
  item->leaf = 0;
  return judge_leaves (delivery, item);
}

void
targets_forget (struct item *item)
{
  item->looked_within = false;
  leaves_reset (&item->within);
  memset (item->gone, 0, item->within.count);
}

void
targets_settle (struct delivery *delivery, struct item *item)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  struct link *link = &item->link;
  bool same = link->leaves && link->mapping == delivery->pass->p->mapping_number;
  if (!any_gone (delivery, item))
    return;
  map_hash_leaves (mapping, delivery->pass->p->hasher, &item->want, item->hashes);
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++) {
    if (!item->gone[i] || outcome_lacks (item, mapping_leaf (mapping, i)->path))
      continue;
    item->last[i] = item->row.intent == QUEUE_SYNC ? item->hashes[i] : 0;
    if (same)
      link->leaves[i] = item->last[i];
  }
}

void
targets_answered (struct delivery *delivery, const struct item *item)
{
  looked_forget_pending (delivery->pass, item->target_account);
}

/* Looked for by its externalId, else made anew, by the usual way and in this pass: its entry is
 * read again. Whose entry left has no account from now on. */
static int
lose (struct delivery *delivery, struct item *item, struct link *target)
{
  struct pass *pass = delivery->pass;
  log_warning ("the account %s of %s (%s) is not there any more, so the sink refuses whoever points at "
               "it; they go without the reference until there is an account again", target->account,
               target->given_name ? target->given_name : target->id,
               target->name ? target->name : target->id);
  mem_set_text (&target->account, NULL);
  mem_set_text (&target->version, NULL);
  target->flags |= LINK_DOUBT;
  if (target->status == LINK_SYNCED || target->status == LINK_NEW) {
    target->status = LINK_NEW;
    target->reevaluate_at_ms = 1;
    pass->to_be_read++;
  }
  return store_lost_put (pass->store, item->target_account, delivery->error) < 0
                 || store_link_put (pass->store, target, delivery->error) < 0
             ? -1 : 0;
}

/* Of nobody that the state knows: it was set by hand, or its entry lost it before. */
static void
tell_of_unknown (const struct item *item)
{
  log_warning ("the account %s of %s points at the account %s, which is not there, so the sink takes no "
               "change of it; the reference is taken away", item->link.account,
               item->link.name ? item->link.name : item->link.id, item->target_account);
}

static int
take_gone (struct delivery *delivery, struct item *item)
{
  struct link target;
  link_init (&target);
  int rc = store_link_by_account (delivery->pass->store, item->target_account, &target, delivery->error);
  if (rc == 1)
    rc = lose (delivery, item, &target);
  else if (rc == 0 && item->looked_within)
    tell_of_unknown (item);
  link_fini (&target);
  looked_note (delivery->pass, item->target_account, LOOKED_GONE);
  if (rc < 0 || !item->looked_within)
    return rc < 0 ? -1 : prepare_anew (delivery, item);
  note_gone (item);
  item->leaf++;
  return judge_leaves (delivery, item);
}

int
targets_take_look (struct delivery *delivery, struct item *item)
{
  if (item->work.code == SYNCD_E_NOT_FOUND) {
    looked_was_worth_it (delivery->pass);
    return take_gone (delivery, item);
  }
  if (item->work.code >= 0)
    outcome_note_success (delivery);
  looked_note (delivery->pass, item->target_account, LOOKED_THERE);
  item->leaf++;
  return judge_leaves (delivery, item);
}
