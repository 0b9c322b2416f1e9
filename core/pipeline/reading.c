/* What the sink says of an account that was read before a change: which leaves it has, and whether
 * it is still ours. Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "util/mem.h"

static void
learn_leaf (struct item *item, size_t leaf, bool present)
{
  if (present && item->known[leaf] == KNOWN_NOT)
    item->last[leaf] = 1; /* of nobody's making: another value than any that is wanted */
  item->known[leaf] = present ? KNOWN_PRESENT : KNOWN_ABSENT;
}

/* An account with another external id than we wrote is another's, whatever our state says (G5). */
static bool
is_still_ours (struct delivery *delivery, const struct item *item, const struct leaves *have)
{
  int leaf = mapping_external_id_leaf (delivery->pass->p->mapping);
  const char *owner = leaf < 0 ? NULL : leaves_get (have, (size_t) leaf);
  return !owner || !item->sent_external
         || hasher_leaf (delivery->pass->p->hasher, owner, strlen (owner)) == item->sent_external;
}

/* In doubt, and it was done: the name that was sent is the one that was given. */
static bool
has_name_in_doubt (const struct item *item, const char *name)
{
  return item->row.doubt && item->row.sent_name && name && names_equal (name, item->row.sent_name);
}

/* Of an account in doubt the name that it has is worth more than what the state knows. */
static void
learn_name (struct item *item, const char *name)
{
  if (!name || !names_in_doubt (&item->row, &item->link) || names_equal (name, item->link.given_name))
    return;
  mem_set_text (&item->link.given_name, name);
  mem_set_text (&item->link.wanted_name, NULL); /* what it was given for is not known */
}

/* What the account has, so that every leaf is sent in the right form. */
int
reading_take (struct delivery *delivery, struct item *item)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  struct leaves have;
  if (item->work.code == SYNCD_E_NOT_FOUND)
    return outcome_lost_link (delivery, item);
  outcome_note_success (delivery);
  leaves_init (&have, mapping_leaf_count (mapping));
  int rc = map_leaves_of (mapping, buffer_text (&item->work.documents), item->work.documents.len, &have);
  for (size_t i = 0; rc == 0 && i < mapping_leaf_count (mapping); i++)
    learn_leaf (item, i, leaves_get (&have, i) != NULL);
  if (item->phase == PHASE_WITHIN)
    targets_learn (delivery, item, &have);
  MEM_AUTO char *name = leaves_text (&have, (size_t) mapping_user_name_leaf (mapping));
  bool ours = rc < 0 || is_still_ours (delivery, item, &have);
  leaves_fini (&have);
  if (!ours)
    return outcome_not_ours (delivery, item);
  if (rc == 0 && names_protected (delivery->pass->p->settings, name)) { /* linked by hand, say */
    MEM_AUTO char *reason = mem_format ("the account's user name %s" NAMES_IN_PROTECT "so nothing "
                                        "is done to it until that is taken out of the configuration",
                                        name);
    return outcome_park (delivery, item, reason);
  }
  if (rc < 0)
    return outcome_park (delivery, item, "what the sink says of this account is not a JSON object");
  if (item->phase == PHASE_WITHIN)
    return targets_take_within (delivery, item);
  if (has_name_in_doubt (item, name) && candidates_keep (delivery, item, name) < 0)
    return -1;
  learn_name (item, name);
  return contest_change_or_park (delivery, item);
}
