/* An account that was found: ours to link, free to adopt, or another's (guarantees: Collisions,
 * G5). What the sink says is untrusted: ids and names are checked before anything follows. Main
 * thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

/* An account that was found. */
struct found {
  const char *id, *external_id;
  char *name;           /* its user name, or NULL */
  struct leaves leaves; /* what it has of what the mapping sends */
  bool read;            /* false: nobody knows what it has */
};

static void
found_init (struct found *found, const struct mapping *mapping, const char *document)
{
  leaves_init (&found->leaves, mapping_leaf_count (mapping));
  found->read = document
                && map_leaves_of (mapping, document, strlen (document), &found->leaves) == 0;
  found->name = leaves_text (&found->leaves, (size_t) mapping_user_name_leaf (mapping));
}

static void
found_fini (struct found *found)
{
  leaves_fini (&found->leaves);
  free (found->name);
}

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
learn_presence (struct delivery *delivery, struct item *item, const struct found *found)
{
  for (size_t i = 0; i < mapping_leaf_count (delivery->pass->p->mapping); i++)
    item->known[i] = !found->read ? KNOWN_NOT
                     : leaves_get (&found->leaves, i) ? KNOWN_PRESENT : KNOWN_ABSENT;
  if (item->row.intent == QUEUE_SYNC)
    spare_active (delivery, item, &found->leaves);
}

static void
take_over (struct delivery *delivery, struct item *item, const struct found *found)
{
  mem_set_text (&item->link.account, found->id);
  targets_forget (item);
  item->send_all = true;
  item->met = true;
  item->link.flags |= LINK_SEND_ALL;
  item->adoption_open = item->adoption_open || item->adopting;
  if (item->adopting || rebind_was_adopted (delivery->pass, found->id))
    item->link.flags |= LINK_ADOPTED;
  item->linked_now = true;
  learn_presence (delivery, item, found);
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
link_ours (struct delivery *delivery, struct item *item, const struct found *found)
{
  if (holder_that_left (delivery, item, found->id) < 0
      || candidates_keep (delivery, item, found->name) < 0)
    return -1;
  take_over (delivery, item, found);
  if (!item->adoption_open)
    mem_set_text (&item->link.given_name, found->name);
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
carry_out (struct delivery *delivery, struct item *item, const struct claim *claim,
           const struct found *found)
{
  const char *why = "";
  switch (collide_judge (claim, &why)) {
  case VERDICT_LINK:
    return link_ours (delivery, item, found);
  case VERDICT_ADOPT:
    item->adopting = true;
    log_info ("adopting for %s (%s) the account %s: %s", item->name, item->link.id, found->id, why);
    if (holder_that_left (delivery, item, found->id) < 0)
      return -1;
    take_over (delivery, item, found);
    return prepare_change (delivery, item);
  case VERDICT_NEXT:
    return candidates_next (delivery, item, why);
  case VERDICT_FAIL:
    return outcome_stop (delivery, item, why);
  case VERDICT_TAKE:
    return prepare_change (delivery, item);
  default:
    return park_claimed (delivery, item, claim, found->id, why);
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

static int
judge (struct delivery *delivery, struct item *item, const struct found *found)
{
  const struct settings *s = delivery->pass->p->settings;
  enum holder_kind kind = HOLDER_NOBODY;
  MEM_AUTO char *owner = NULL;
  if (delivery_settle (delivery) < 0
      || holder_of (delivery, item, found->id, found->external_id, found->name, &kind, &owner) < 0)
    return -1;
  if (item->row.intent != QUEUE_SYNC && kind != HOLDER_OURS && kind != HOLDER_SELF)
    return outcome_finish (delivery, item, NULL); /* another's by now: whoever left has none */
  struct claim claim = names_claim (s, kind, (int) item->row.name_number);
  claim.match_accepts = rule_accepts (s, item->phase, item->rule);
  claim.match_hits = 1;
  claim.protected_name = names_protected (s, item->name) || names_protected (s, found->name);
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
  return carry_out (delivery, item, &claim, found);
}

int
contest_account (struct delivery *delivery, struct item *item, const char *id,
                 const char *external_id, const char *document)
{
  struct found found = { .id = id, .external_id = external_id };
  if (was_decided (item, id, external_id))
    return park_decided (delivery, item, id);
  found_init (&found, delivery->pass->p->mapping, document);
  int rc = judge (delivery, item, &found);
  found_fini (&found);
  return rc;
}
