/* From a queue row to what is asked of the sink first: may it go now, is somebody met or looked at
 * before? What is wanted now: desired.c; the change itself: change.c. Main thread only. */
#include "config.h"

#include <string.h>

#include "pipeline/delivery.h"
#include "util/mem.h"
#include "util/text.h"

void
prepare_find (struct item *item, enum phase phase, const char *attribute, const char *value)
{
  work_reset (&item->work);
  item->phase = phase;
  item->work.kind = WORK_FIND;
  item->work.attribute = attribute;
  item->work.value = value;
}

void
prepare_read (struct item *item)
{
  work_reset (&item->work);
  targets_forget (item);
  item->only_inactive = false; /* the whole change is made anew */
  item->phase = PHASE_READ;
  item->work.kind = WORK_READ;
  item->work.value = item->link.account;
}

/* Before a create: has somebody to be met first? 1: a look-up is ready. */
static int
meet_first (struct delivery *delivery, struct item *item)
{
  bool look = item->row.doubt || delivery->meet_each;
  if (item->met || !look || !item->external_id)
    return 0;
  prepare_find (item, PHASE_MEET, "externalId", item->external_id);
  return 1;
}

int
prepare_change (struct delivery *delivery, struct item *item)
{
  work_reset (&item->work);
  item->phase = PHASE_CHANGE;
  item->work.kind = WORK_APPLY;
  if (!item->link.account && item->row.intent == QUEUE_SYNC && meet_first (delivery, item))
    return 1;
  return change_make (delivery, item) ? 1 : outcome_finish (delivery, item, NULL);
}

/* Is the name still in another entry's hands? 1: not now (the holder goes first); 0: go on. */
static int
must_wait (struct delivery *delivery, struct item *item)
{
  struct link holder;
  enum holder_kind kind = HOLDER_NOBODY;
  bool contested = item->name && (item->row.name || item->link.account);
  if (!contested || item->temporary || names_equal (item->name, item->link.given_name))
    return 0;
  link_init (&holder);
  int rc = names_holder (delivery->pass, item->name, item->link.row, &holder, &kind, delivery->error);
  link_fini (&holder);
  return rc < 0 ? -1 : kind == HOLDER_OTHER_LEAVING;
}

/* Accounts of the first meeting's list that a match rule accepts: the first rule with a hit. */
static int
find_listed (struct delivery *delivery, struct item *item, struct account *ret_account)
{
  struct pass *pass = delivery->pass;
  const struct settings *s = pass->p->settings;
  int found = 0;
  for (size_t i = 0; i < s->match_count && found == 0; i++) {
    bool external = text_equal_nocase (s->match[i], "externalId");
    const char *value = external ? item->external_id : item->row.wanted_name;
    if (value && (external || text_equal_nocase (s->match[i], "userName")))
      found = store_account_find (pass->store, external ? "externalId" : "userName", value,
                                  ret_account, delivery->error);
  }
  return found;
}

/* Protected names are never adopted, changed or disabled (G5). */
static bool
is_protected (const struct delivery *delivery, const struct item *item)
{
  const struct settings *s = delivery->pass->p->settings;
  return names_protected (s, item->link.given_name) || names_protected (s, item->row.wanted_name);
}

/* A leaf that is new in the mapping: an item is added or replaced, by what the account has now. */
static bool
must_look (const struct delivery *delivery, const struct item *item)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++)
    if (item->known[i] == KNOWN_NOT && mapping_leaf (mapping, i)->kept
        && (mapping_leaf (mapping, i)->kind == LEAF_TYPED_ITEM || !leaves_get (&item->want, i)))
      return true;
  return false;
}

static int
prepare_existing (struct delivery *delivery, struct item *item)
{
  bool all = item->row.doubt || (item->link.flags & LINK_SEND_ALL)
             || (item->row.intent == QUEUE_SYNC && item->link.status != LINK_SYNCED);
  item->send_all = all;
  bool look = item->row.intent == QUEUE_SYNC ? all || must_look (delivery, item)
                                             : item->row.doubt || !item->link.version;
  if (look) { /* of a leaver: the sink would not notice that the account is another's by now (G5) */
    prepare_read (item);
    return 1;
  }
  return prepare_change (delivery, item);
}

struct several {
  const struct account *first;
  bool external; /* they have its externalId, else its name */
  struct buffer list;
};

static int
add_listed (void *data, const struct account *one)
{
  struct several *several = data;
  const struct account *first = several->first;
  if (several->external ? one->external_id && strcmp (one->external_id, first->external_id) == 0
                        : names_equal (one->user_name, first->user_name))
    lookup_add (&several->list, one->id, one->user_name);
  return 0;
}

static int
park_listed (struct delivery *delivery, struct item *item, const struct account *first)
{
  struct several several = { .first = first };
  several.external = first->external_id && item->external_id
                     && strcmp (first->external_id, item->external_id) == 0;
  buffer_init (&several.list, (size_t) 1 << 16);
  int rc = store_accounts_each (delivery->pass->store, add_listed, &several, delivery->error);
  if (rc == 0)
    rc = lookup_park_several (delivery, item, &several.list);
  buffer_fini (&several.list);
  return rc;
}

static int
prepare_new (struct delivery *delivery, struct item *item)
{
  struct account account = { 0 };
  if (!delivery->met_by_list || item->row.doubt)
    return prepare_change (delivery, item);
  int found = find_listed (delivery, item, &account), rc;
  item->met = true;
  if (found > 1)
    rc = park_listed (delivery, item, &account);
  else if (found == 1)
    rc = contest_account (delivery, item, account.id, account.external_id, account.document);
  else
    rc = found < 0 ? -1 : prepare_change (delivery, item);
  account_fini (&account);
  return rc;
}

/* It left before its account was known. Where a create may have reached the sink, the account is
 * looked for; else there is nothing to take away. */
static int
prepare_leaver_without_account (struct delivery *delivery, struct item *item)
{
  if (!item->row.doubt)
    return outcome_finish (delivery, item, NULL);
  const struct mapping *mapping = delivery->pass->p->mapping;
  int leaf = mapping_external_id_leaf (mapping);
  bool sent = leaf >= 0 && item->row.leaves && item->row.mapping == delivery->pass->p->mapping_number
              && leaves_decode (item->row.leaves, strlen (item->row.leaves), &item->want) == 0;
  MEM_AUTO char *external_id = sent ? leaves_text (&item->want, (size_t) leaf) : NULL;
  mem_set_text (&item->external_id, external_id ? external_id : item->link.id);
  prepare_find (item, PHASE_MEET, "externalId", item->external_id);
  return 1;
}

int
prepare_anew (struct delivery *delivery, struct item *item)
{
  return desired_fill (delivery, item) < 0 ? -1 : prepare_change (delivery, item);
}

/* Its entry must be read again first, and the source could not tell of it in this pass. */
static int
leave_unread (struct delivery *delivery, struct item *item)
{
  delivery->unread++;
  item->row.next_try_ms = INT64_MAX;
  return store_queue_update (delivery->pass->store, &item->row, delivery->error) < 0 ? -1 : 0;
}

/* What was queued or held under another leavers.policy is done by the present one, where that takes
 * away less. 1: the account stays as it is. */
static int
soften (struct delivery *delivery, struct item *item)
{
  const struct settings *s = delivery->pass->p->settings;
  bool deletes = s->leavers == LEAVER_DELETE
                 || (s->leavers == LEAVER_DISABLE && s->delete_after_ms >= 0);
  if (item->row.intent == QUEUE_SYNC || item->link.parked || item->row.doubt)
    return 0;
  if (item->row.intent == QUEUE_DELETE && (!deletes || item->link.flags & LINK_ADOPTED))
    item->row.intent = QUEUE_DISABLE;
  if (s->leavers != LEAVER_IGNORE || !item->link.account || item->link.status > LINK_SYNCED)
    return 0;
  item->link.status = LINK_LEFT;
  mem_set_text (&item->link.last_action, "left the source; leavers.policy is ignore");
  if (store_link_put (delivery->pass->store, &item->link, delivery->error) < 0)
    return -1;
  return store_queue_done (delivery->pass->store, item->row.number, delivery->error) < 0 ? -1 : 1;
}

int
prepare_item (struct delivery *delivery, struct item *item)
{
  struct pass *pass = delivery->pass;
  if (store_link_by_row (pass->store, item->row.row, &item->link, delivery->error) != 1)
    return store_queue_done (pass->store, item->row.number, delivery->error) < 0 ? -1 : 0;
  if (is_protected (delivery, item)) {
    MEM_AUTO char *why = names_why_protected (pass->p->settings, &item->link, &item->row);
    return outcome_park (delivery, item, why);
  }
  if (item->link.flags & LINK_DOUBT && !item->link.account) {
    item->newer = !item->row.doubt;
    item->row.doubt = true;
  }
  if (item->row.intent != QUEUE_SYNC && !item->link.account)
    return prepare_leaver_without_account (delivery, item);
  int rc = soften (delivery, item);
  if (rc != 0)
    return rc < 0 ? -1 : 0;
  rc = desired_fill (delivery, item);
  if (rc <= 0)
    return rc < 0 ? -1 : leave_unread (delivery, item);
  if (knowledge_of (pass, &item->link, item->last, item->known, delivery->error) < 0)
    return -1;
  int external = mapping_external_id_leaf (pass->p->mapping);
  item->sent_external = external < 0 ? 0 : item->last[external];
  rc = must_wait (delivery, item);
  if (rc > 0)
    delivery->sweep_deferred = true;
  if (rc != 0)
    return rc < 0 ? -1 : 0;
  rc = keeper_check (delivery, item);
  if (rc != 2)
    return rc;
  return item->link.account ? prepare_existing (delivery, item) : prepare_new (delivery, item);
}
