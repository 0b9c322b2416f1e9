/* What a link learns from what the sink took: leaves, names and status, as they are there now. The
 * link is changed in memory; who calls writes it. Main thread only. */
#include "config.h"

#include <string.h>

#include "pipeline/delivery.h"
#include "util/clock.h"
#include "util/mem.h"

/* Inactive accounts of people who are there are no part of what a brake on leavers measures by. */
void
learning_active (const struct pass *pass, struct link *link)
{
  int active = mapping_active_leaf (pass->p->mapping);
  bool inactive = active >= 0 && link->leaves
                  && link->leaves[active] == hasher_leaf (pass->p->hasher, "false", strlen ("false"));
  link->flags = inactive ? link->flags | LINK_INACTIVE : link->flags & ~LINK_INACTIVE;
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
  learning_active (delivery->pass, link);
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

void
learning_sync (struct delivery *delivery, struct item *item)
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
void
learning_inactive (struct delivery *delivery, struct item *item)
{
  struct pass *pass = delivery->pass;
  struct link *link = &item->link;
  size_t count = mapping_leaf_count (pass->p->mapping);
  int active = mapping_active_leaf (pass->p->mapping);
  if (active < 0)
    return;
  link->leaves = mem_resize (link->leaves, count, sizeof *link->leaves);
  memcpy (link->leaves, item->last, count * sizeof *link->leaves);
  link->leaves[active] = hasher_leaf (pass->p->hasher, "false", strlen ("false"));
  link->leaf_count = count;
  link->mapping = pass->p->mapping_number;
  learning_active (pass, link);
}

void
learning_leaver (struct delivery *delivery, struct item *item)
{
  struct link *link = &item->link;
  if (item->row.intent == QUEUE_DELETE)
    link->status = LINK_DELETED;
  else if (link->status == LINK_SYNCED || link->status == LINK_NEW)
    link->last_ms = clock_now_ms (); /* delete_after counts from here, also where it was inactive */
  if (link->parked)
    learning_inactive (delivery, item);
  else if (item->row.intent != QUEUE_DELETE)
    link->status = LINK_DISABLED;
  link->attempts = link->parked ? link->attempts : 0;
  link->flags = (link->flags | LINK_SEND_ALL) & ~LINK_DOUBT;
}
