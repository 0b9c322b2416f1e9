/* Accounts that were found: ours to link, free to adopt, or another's (guarantees: Collisions,
 * G5). What the sink says is untrusted: ids and names are checked before anything follows. */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

int
contest_park_held (struct delivery *delivery, struct item *item, const char *why)
{
  MEM_AUTO char *reason = mem_format ("the user name %s is taken: %s%s%s", item->name, why,
                                      item->server_words ? "; the sink said: " : "",
                                      item->server_words ? item->server_words : "");
  return outcome_park (delivery, item, reason);
}

/* The account of somebody who left, or one of no entry, can be given by hand. */
static int
park_claimed (struct delivery *delivery, struct item *item, const struct claim *claim, const char *id,
              const char *why)
{
  bool left = claim->holder == HOLDER_LEFT;
  bool free = claim->holder == HOLDER_FOREIGN || claim->holder == HOLDER_UNOWNED;
  if (claim->protected_name || !(left || free))
    return contest_park_held (delivery, item, why);
  MEM_AUTO char *hint = mem_format (left ? "%s `syncd link %s %s` gives it to this entry"
                                         : "%s; if it is this entry's, `syncd link %s %s` says so",
                                    why, item->link.id, id);
  return contest_park_held (delivery, item, hint);
}

void
contest_not_adopted (struct item *item)
{
  if (!item->adoption_open)
    return;
  item->adoption_open = item->adopting = item->linked_now = false;
  mem_set_text (&item->link.account, NULL);
  item->link.flags &= ~(LINK_ADOPTED | LINK_SEND_ALL);
  item->link.status = LINK_NEW;
}

/* An active account that its entry makes inactive: it is met active, and its entry read again, so that
 * the leavers' brake counts it with the others before anything is disabled (G4). */
static void
spare_active (struct delivery *delivery, struct item *item, const struct leaves *have)
{
  int leaf = mapping_active_leaf (delivery->pass->p->mapping);
  const char *want = leaf < 0 ? NULL : leaves_get (&item->want, (size_t) leaf);
  const char *has = leaf < 0 ? NULL : leaves_get (have, (size_t) leaf);
  if (!want || strcmp (want, "false") != 0 || (has && strcmp (has, "false") == 0))
    return;
  leaves_set (&item->want, (size_t) leaf, "true", strlen ("true"));
  item->link.reevaluate_at_ms = 1;
  delivery->pass->to_be_read++;
}

static void
learn_presence (struct delivery *delivery, struct item *item, const char *document)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  struct leaves have;
  leaves_init (&have, mapping_leaf_count (mapping));
  int rc = document ? map_leaves_of (mapping, document, strlen (document), &have) : -1;
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++)
    item->known[i] = rc < 0 ? KNOWN_NOT : leaves_get (&have, i) ? KNOWN_PRESENT : KNOWN_ABSENT;
  if (item->row.intent == QUEUE_SYNC)
    spare_active (delivery, item, &have);
  leaves_fini (&have);
}

static void
take_over (struct delivery *delivery, struct item *item, const char *id, const char *document)
{
  mem_set_text (&item->link.account, id);
  targets_forget (item);
  item->send_all = true;
  item->met = true;
  item->link.flags |= LINK_SEND_ALL;
  item->adoption_open = item->adoption_open || item->adopting;
  if (item->adopting || rebind_was_adopted (delivery->pass, id))
    item->link.flags |= LINK_ADOPTED;
  item->linked_now = true;
  learn_presence (delivery, item, document);
}

char *
contest_user_name (const char *document)
{
  json_t *account = document ? json_loads (document, 0, NULL) : NULL;
  const char *name = json_string_value (json_object_get (account, "userName"));
  char *copy = name ? mem_copy_text (name) : NULL;
  json_decref (account);
  return copy;
}

int
contest_change_or_park (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *reason = NULL;
  bool open = names_in_doubt (&item->row, &item->link) && !item->temporary
              && !names_equal (item->name, item->link.given_name);
  int rc = open ? names_refused (delivery->pass, &item->row, &item->link, &reason, delivery->error) : 0;
  if (rc == 0)
    return prepare_change (delivery, item);
  if (rc > 0 && item->link.account)
    rc = references_note (delivery->pass, delivery->error);
  return rc < 0 ? -1 : keeper_look_or_park (delivery, item, reason);
}

/* An account that is ours by its externalId, though we thought it another's or none. */
static int
link_ours (struct delivery *delivery, struct item *item, const char *id, const char *has,
           const char *document)
{
  if (holder_that_left (delivery, item, id) < 0 || candidates_keep (delivery, item, has) < 0)
    return -1;
  take_over (delivery, item, id, document);
  if (!item->adoption_open)
    mem_set_text (&item->link.given_name, has);
  return contest_change_or_park (delivery, item);
}

static bool
rule_accepts (const struct settings *s, enum phase phase, size_t rule)
{
  if (phase == PHASE_MEET_RULE)
    return rule < s->match_count;
  for (size_t i = 0; i < s->match_count; i++)
    if (text_equal_nocase (s->match[i], "userName"))
      return true;
  return false;
}

static int
carry_out (struct delivery *delivery, struct item *item, const struct claim *claim, const char *id,
           const char *has, const char *document)
{
  const char *why = "";
  switch (collide_judge (claim, &why)) {
  case VERDICT_LINK:
    return link_ours (delivery, item, id, has, document);
  case VERDICT_ADOPT:
    item->adopting = true;
    log_info ("adopting for %s (%s) the account %s: %s", item->name, item->link.id, id, why);
    if (holder_that_left (delivery, item, id) < 0)
      return -1;
    take_over (delivery, item, id, document);
    return prepare_change (delivery, item);
  case VERDICT_NEXT:
    return candidates_next (delivery, item, why);
  case VERDICT_FAIL:
    return outcome_stop (delivery, item, why);
  case VERDICT_TAKE:
    return prepare_change (delivery, item);
  default:
    return park_claimed (delivery, item, claim, id, why);
  }
}

/* An administrator gave it another account than the one that still carries its externalId. */
static bool
was_decided (const struct item *item, const char *id, const char *external_id)
{
  bool decided = item->link.account && !item->link.given_name && !item->linked_now;
  return decided && strcmp (item->link.account, id) != 0 && holder_carries_ours (item, external_id);
}

static int
park_decided (struct delivery *delivery, struct item *item, const char *id)
{
  MEM_AUTO char *reason = mem_format ("it was linked to the account %s, but the account %s still "
                                      "carries its externalId %s: take that away there, then `syncd "
                                      "parked --retry %s`",
                                      item->link.account, id, item->external_id, item->link.id);
  return outcome_park (delivery, item, reason);
}

int
contest_account (struct delivery *delivery, struct item *item, const char *id,
                 const char *external_id, const char *document)
{
  const struct settings *s = delivery->pass->p->settings;
  enum holder_kind kind = HOLDER_NOBODY;
  MEM_AUTO char *owner = NULL, *has = contest_user_name (document);
  if (was_decided (item, id, external_id))
    return park_decided (delivery, item, id);
  if (delivery_settle (delivery) < 0
      || holder_of (delivery, item, id, external_id, has, &kind, &owner) < 0)
    return -1;
  if (item->row.intent != QUEUE_SYNC && kind != HOLDER_OURS && kind != HOLDER_SELF)
    return outcome_finish (delivery, item, NULL); /* another's by now: whoever left has none */
  struct claim claim = names_claim (s, kind, (int) item->row.name_number);
  claim.match_accepts = rule_accepts (s, item->phase, item->rule);
  claim.match_hits = 1;
  claim.protected_name = names_protected (s, item->name) || names_protected (s, has);
  if (item->link.account) { /* whoever has an account takes no second one for its name */
    claim.match_accepts = false;
    if (claim.left == LEFT_ADOPT)
      claim.left = claim.policy == COLLISION_SUFFIX ? LEFT_SUFFIX : LEFT_PARK;
  }
  /* the same account was found taken a second time: its owner is not going to change */
  if (kind == HOLDER_SELF && ++item->name_attempts > 2 && item->row.intent != QUEUE_SYNC)
    return outcome_park (delivery, item, "the sink shows this account, and denies it to a change");
  if (kind == HOLDER_SELF && item->name_attempts > 2)
    return contest_park_held (delivery, item, "the sink refuses the name that this very account has");
  return carry_out (delivery, item, &claim, id, has, document);
}

static const char *
member (const json_t *account, const char *key)
{
  return json_string_value (json_object_get (account, key));
}

static int
judge_one (struct delivery *delivery, struct item *item, const json_t *account)
{
  const char *id = member (account, "id");
  if (!id || !*id)
    return outcome_park (delivery, item, "the sink showed an account without an id");
  char *document = json_dumps (account, JSON_COMPACT);
  int rc = contest_account (delivery, item, id, member (account, "externalId"), document);
  free (document);
  return rc;
}

/* Nobody was found: go on with what the look-up was for. */
static int
found_nobody (struct delivery *delivery, struct item *item)
{
  enum phase was = item->phase;
  if (item->row.intent != QUEUE_SYNC)
    return doubt_unseen (delivery, item);
  if (was == PHASE_MEET && item->row.doubt && item->name) {
    prepare_find (item, PHASE_SENT_NAME, "userName",
                  item->row.sent_name ? item->row.sent_name : item->name);
    return 1;
  }
  if (was == PHASE_HOLDER && !item->met && item->external_id) {
    prepare_find (item, PHASE_MEET, "externalId", item->external_id);
    return 1;
  }
  if (item->server_words && item->row.doubt)
    return doubt_unseen (delivery, item);
  if (item->server_words)
    return contest_park_held (delivery, item,
                              "but no account with it can be seen; no other name is tried");
  item->met = true;
  return contest_change_or_park (delivery, item);
}

/* Whom the rule found, in a list that contest_park_several() ends. */
void
contest_add (struct buffer *list, const char *id, const char *user_name)
{
  buffer_printf (list, "%s%s (%s)", list->len ? ", " : "", id ? id : "?", user_name ? user_name : "?");
}

int
contest_park_several (struct delivery *delivery, struct item *item, const struct buffer *list)
{
  MEM_AUTO char *reason = mem_format ("several accounts match it by one rule: %s; `syncd link %s "
                                      "ACCOUNT` decides", buffer_text (list), item->link.id);
  return outcome_park (delivery, item, reason);
}

static int
park_several (struct delivery *delivery, struct item *item, const json_t *accounts)
{
  size_t i;
  json_t *one;
  BUFFER_AUTO struct buffer list;
  buffer_init (&list, (size_t) 1 << 16);
  json_array_foreach (accounts, i, one)
    contest_add (&list, member (one, "id"), member (one, "userName"));
  return contest_park_several (delivery, item, &list);
}

int
contest_take (struct delivery *delivery, struct item *item)
{
  json_t *found = json_loadb (buffer_text (&item->work.documents), item->work.documents.len,
                              JSON_REJECT_DUPLICATES, NULL);
  int rc;
  outcome_note_success (delivery);
  if (!json_is_array (found))
    rc = outcome_park (delivery, item, "what the sink found is not a list of accounts");
  else if (json_array_size (found) == 0)
    rc = found_nobody (delivery, item);
  else if (json_array_size (found) > 1)
    rc = park_several (delivery, item, found);
  else
    rc = judge_one (delivery, item, json_array_get (found, 0));
  json_decref (found);
  return rc;
}
