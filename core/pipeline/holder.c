/* Whose an account is that was found, as far as the state knows, and how it goes from one entry to
 * another (guarantees: Collisions). Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "util/log.h"
#include "util/mem.h"

bool
holder_carries_ours (const struct item *item, const char *external_id)
{
  return external_id && *external_id && item->external_id
         && strcmp (external_id, item->external_id) == 0;
}

/* Somebody parked who never met the account that carries its externalId: it is met now, or whoever
 * wants its name and it would wait for each other (G5). Not where an administrator parted them. */
static int
meet_now (struct delivery *delivery, struct link *link, const char *account, const char *name)
{
  if (!link->parked || link->next_try_ms == INT64_MAX)
    return 0;
  log_info ("the account %s carries the externalId of %s, who is parked: it is that entry's", account,
            link->id);
  mem_set_text (&link->account, account);
  mem_set_text (&link->given_name, name);
  link->flags |= LINK_SEND_ALL;
  link->next_try_ms = 0;
  return store_link_put (delivery->pass->store, link, delivery->error);
}

/* The account of an entry that did not meet it yet: the state was lost, say. */
static int
is_of_another_entry (struct delivery *delivery, const struct item *item, const char *id,
                     const char *external_id, const char *name)
{
  struct link link;
  if (!external_id || !mapping_external_id_is_entry_id (delivery->pass->p->mapping))
    return 0;
  link_init (&link);
  int rc = store_link_by_id (delivery->pass->store, external_id, &link, delivery->error);
  bool another = rc == 1 && link.row != item->link.row && !link.account && link.status == LINK_NEW;
  if (another && meet_now (delivery, &link, id, name) < 0)
    rc = -1;
  link_fini (&link);
  return rc < 0 ? -1 : another;
}

int
holder_of (struct delivery *delivery, struct item *item, const char *id, const char *external_id,
           const char *name, enum holder_kind *ret_kind, char **ret_owner)
{
  struct link owner;
  link_init (&owner);
  int rc = store_link_by_account (delivery->pass->store, id, &owner, delivery->error);
  if (rc == 1 && owner.row == item->link.row)
    *ret_kind = HOLDER_SELF;
  else if (rc == 1 && (owner.status == LINK_SYNCED || owner.status == LINK_NEW
                       || !names_has_left (delivery->pass, &owner, delivery->error)))
    *ret_kind = HOLDER_OTHER;
  else if (holder_carries_ours (item, external_id))
    *ret_kind = HOLDER_OURS;
  else if (rc == 1)
    *ret_kind = HOLDER_LEFT;
  else
    *ret_kind = external_id && *external_id && !rebind_was_ours (delivery->pass, id) ? HOLDER_FOREIGN
                                                                                     : HOLDER_UNOWNED;
  if (rc == 1)
    *ret_owner = mem_copy_text (owner.id);
  link_fini (&owner);
  if (rc == 0 && *ret_kind != HOLDER_OURS)
    rc = is_of_another_entry (delivery, item, id, external_id, name);
  else
    rc = rc < 0 ? -1 : 0;
  if (rc > 0)
    *ret_kind = HOLDER_OTHER;
  return rc < 0 ? -1 : 0;
}

int
holder_that_left (struct delivery *delivery, struct item *item, const char *id)
{
  struct link owner;
  link_init (&owner);
  int rc = store_link_by_account (delivery->pass->store, id, &owner, delivery->error);
  bool another = rc == 1 && owner.row != item->link.row;
  if (another && owner.status == LINK_DISABLED)
    item->link.status = LINK_DISABLED;
  item->adoption_open = another;
  link_fini (&owner);
  return rc < 0 ? -1 : 0;
}

int
holder_let_go (struct delivery *delivery, struct link *owner)
{
  if (store_lost_put (delivery->pass->store, owner->account, delivery->error) < 0)
    return -1;
  if (owner->status != LINK_SYNCED && owner->status != LINK_NEW)
    return store_link_forget (delivery->pass->store, owner->row, delivery->error);
  mem_set_text (&owner->account, NULL);
  mem_set_text (&owner->version, NULL);
  owner->status = LINK_NEW;
  owner->reevaluate_at_ms = 1;
  return store_link_put (delivery->pass->store, owner, delivery->error);
}

int
holder_took (struct delivery *delivery, struct item *item)
{
  struct link owner;
  item->adoption_open = false;
  link_init (&owner);
  int rc = store_link_by_account (delivery->pass->store, item->link.account, &owner, delivery->error);
  if (rc == 1 && owner.row != item->link.row) {
    log_info ("the account %s of %s is another's now", owner.account, owner.id);
    rc = holder_let_go (delivery, &owner);
  }
  link_fini (&owner);
  return rc < 0 ? -1 : 0;
}
