/* What an entry's account should be now, from its queue row: with the accounts that its references
 * mean, and the name that it was given. Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "util/mem.h"

/* A reference's key becomes the account that it means, or is left out until there is one. */
static int
resolve_reference (struct delivery *delivery, struct item *item, size_t i)
{
  MEM_AUTO char *key = leaves_text (&item->want, i);
  MEM_AUTO char *account = NULL;
  if (!key)
    return 0;
  int rc = references_resolve (delivery->pass->store, key, &account, delivery->error);
  if (rc == 1)
    leaves_set_text (&item->want, i, account);
  else {
    leaves_set (&item->want, i, NULL, 0);
    item->link.flags |= LINK_REFERENCES;
    item->left_out++;
  }
  return rc < 0 ? -1 : 0;
}

static int
resolve_references (struct delivery *delivery, struct item *item)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  item->link.flags &= ~LINK_REFERENCES;
  item->left_out = 0;
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++)
    if (mapping_leaf (mapping, i)->reference && resolve_reference (delivery, item, i) < 0)
      return -1;
  return 0;
}

/* The name that is sent: given by decide, or as wanted; temporary first where a ring is broken. */
static void
choose_name (struct delivery *delivery, struct item *item)
{
  const struct queued *row = &item->row;
  const char *name = row->name ? row->name : row->wanted_name;
  item->temporary = row->temporary_name != NULL
                    && !names_equal (row->temporary_name, item->link.given_name);
  if (item->temporary)
    name = row->temporary_name;
  else if (!row->name && item->link.given_name && item->link.account
           && names_equal (item->link.wanted_name, row->wanted_name)
           && !names_equal (item->link.given_name, row->wanted_name))
    name = item->link.given_name; /* jsmith_1 stays while jsmith is wanted */
  mem_set_text (&item->name, name);
  int leaf = mapping_user_name_leaf (delivery->pass->p->mapping);
  if (name)
    leaves_set_text (&item->want, (size_t) leaf, name);
}

int
desired_fill (struct delivery *delivery, struct item *item)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  int external = mapping_external_id_leaf (mapping);
  leaves_reset (&item->want);
  if (item->row.intent != QUEUE_SYNC)
    return 1;
  if (item->row.mapping != delivery->pass->p->mapping_number || !item->row.leaves
      || leaves_decode (item->row.leaves, strlen (item->row.leaves), &item->want) < 0)
    return 0; /* of another mapping: it is read and queued again */
  if (resolve_references (delivery, item) < 0)
    return -1;
  choose_name (delivery, item);
  free (item->external_id);
  item->external_id = external >= 0 ? leaves_text (&item->want, (size_t) external) : NULL;
  return 1;
}
