/* The memory of items under way: taken from and given back to a list, bounded by what is in
 * flight. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "util/mem.h"

static struct item *
item_new (size_t leaf_count)
{
  struct item *item = mem_new (1, sizeof *item);
  work_init (&item->work);
  queued_init (&item->row);
  link_init (&item->link);
  leaves_init (&item->want, leaf_count);
  leaves_init (&item->within, leaf_count);
  plan_init (&item->plan);
  item->operations = mem_new (leaf_count + 2, sizeof *item->operations);
  item->last = mem_new (leaf_count, sizeof *item->last);
  item->hashes = mem_new (leaf_count, sizeof *item->hashes);
  item->known = mem_new (leaf_count, 1);
  item->gone = mem_new (leaf_count, 1);
  return item;
}

static void
item_free (struct item *item)
{
  work_fini (&item->work);
  queued_fini (&item->row);
  link_fini (&item->link);
  leaves_fini (&item->want);
  leaves_fini (&item->within);
  plan_fini (&item->plan);
  free (item->operations);
  free (item->last);
  free (item->hashes);
  free (item->known);
  free (item->gone);
  free (item->name);
  free (item->external_id);
  free (item->server_words);
  free (item->refusal);
  free (item->target_account);
  free (item);
}

struct item *
item_get (struct delivery *delivery)
{
  struct item *item = delivery->spare;
  if (!item)
    return item_new (mapping_leaf_count (delivery->pass->p->mapping));
  delivery->spare = (struct item *) item->work.next;
  item->work.next = NULL;
  return item;
}

void
item_put (struct delivery *delivery, struct item *item)
{
  work_reset (&item->work);
  queued_fini (&item->row);
  queued_init (&item->row);
  link_fini (&item->link);
  link_init (&item->link);
  leaves_reset (&item->want);
  targets_forget (item);
  mem_set_text (&item->name, NULL);
  mem_set_text (&item->external_id, NULL);
  mem_set_text (&item->server_words, NULL);
  mem_set_text (&item->refusal, NULL);
  mem_set_text (&item->target_account, NULL);
  item->phase = PHASE_CHANGE;
  item->rule = 0;
  item->send_all = item->met = item->adopting = item->linked_now = item->reviving = false;
  item->temporary = item->adoption_open = item->only_inactive = item->newer = false;
  item->races = item->name_attempts = 0;
  item->sent_external = 0;
  item->left_out = 0;
  item->work.next = (struct work *) delivery->spare;
  delivery->spare = item;
}

void
item_free_spares (struct delivery *delivery)
{
  while (delivery->spare) {
    struct item *next = (struct item *) delivery->spare->work.next;
    item_free (delivery->spare);
    delivery->spare = next;
  }
}
