/* Somebody is parked for a user name that another entry's account has, as far as the state knows.
 * Somebody may have taken that account away by hand, or renamed it, of which nobody told; and where
 * its own entry is parked as well, or left, no change of it finds out. So with each new try the
 * account is looked at, once in a pass, whoever wants its name (G8). Where it is gone, its own
 * entry loses it as by a 404 on update (guarantees: the link), and both are read again in this
 * pass: who still wants the name that it had comes first (G12). Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "pipeline/looked.h"
#include "util/log.h"
#include "util/mem.h"

/* Does another change of its own entry find out? */
static bool
has_change (struct pass *pass, const struct link *holder, struct error *error)
{
  struct queued row;
  queued_init (&row);
  bool has = store_queue_of (pass->store, holder->row, &row, error) != 0;
  queued_fini (&row);
  return has;
}

static bool
is_to_be_seen (struct pass *pass, const struct link *link, const struct link *holder,
               struct error *error)
{
  bool present = holder->status == LINK_SYNCED || holder->status == LINK_NEW;
  bool left = holder->status != LINK_DELETED && !holder->parked; /* else it is not forgotten */
  return link->parked && holder->account && holder->row != link->row && (present || left)
         && !pass->options->dry_run && looked_at (pass, holder->account) != LOOKED_THERE
         && !has_change (pass, holder, error);
}

/* 1: RET_HOLDER, which must be init'ed, is to be seen. Whoever was passed over to a name with a number,
 * and is parked for that, may have the first. */
static int
find_keeper (struct pass *pass, const struct queued *row, const struct link *link,
             struct link *ret_holder, struct error *error)
{
  const char *first = row->name && row->name_number == 0 ? row->name : row->wanted_name;
  enum holder_kind kind;
  if (names_holder (pass, first, row->row, ret_holder, &kind, error) < 0)
    return -1;
  return is_to_be_seen (pass, link, ret_holder, error);
}

bool
keeper_is_to_be_seen (struct pass *pass, const struct queued *row, const struct link *link,
                      struct error *error)
{
  struct link holder;
  link_init (&holder);
  bool seen = link->parked /* it is tried anew */
              && find_keeper (pass, row, link, &holder, error) != 0; /* what failed is told there */
  link_fini (&holder);
  return seen;
}

static int
look (struct delivery *delivery, struct item *item, const struct link *holder, const char *reason)
{
  if (looked_at (delivery->pass, holder->account) == LOOKED_PENDING) { /* for somebody else */
    delivery->sweep_deferred = true;
    return outcome_later (delivery, item, 0, item->row.doubt);
  }
  looked_note (delivery->pass, holder->account, LOOKED_PENDING);
  mem_set_text (&item->refusal, reason);
  item->target = holder->row;
  mem_set_text (&item->target_account, holder->account);
  work_reset (&item->work);
  item->phase = PHASE_KEEPER;
  item->work.kind = WORK_READ;
  item->work.value = item->target_account;
  return 1;
}

/* Both are read again in this pass, with whoever else wants the name: the first of them has it. */
static void
read_again (struct delivery *delivery, struct item *item)
{
  item->link.reevaluate_at_ms = 1;
  delivery->pass->to_be_read++;
}

int
keeper_look_or_park (struct delivery *delivery, struct item *item, const char *reason)
{
  struct link holder;
  link_init (&holder);
  int rc = find_keeper (delivery->pass, &item->row, &item->link, &holder, delivery->error);
  if (rc >= 0)
    rc = rc ? look (delivery, item, &holder, reason) : outcome_park (delivery, item, reason);
  link_fini (&holder);
  return rc;
}

/* Of a name whose entry lost its account in this pass, and may want it still: 1: there is one, and this
 * entry is parked until both are read again; 0: not so. */
static int
wait_for_loser (struct delivery *delivery, struct item *item)
{
  struct link loser;
  link_init (&loser);
  int rc = store_link_lost_by_name (delivery->pass->store, item->row.name, &loser, delivery->error);
  if (rc == 1) {
    MEM_AUTO char *reason = mem_format ("the user name %s is that of %s, whose account is gone: who has "
                                        "it is decided when both were read again", item->row.name,
                                        loser.id);
    read_again (delivery, item);
    rc = outcome_park (delivery, item, reason) < 0 ? -1 : 1;
  }
  link_fini (&loser);
  return rc;
}

int
keeper_check (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *reason = NULL;
  bool again = item->row.intent == QUEUE_SYNC && item->link.parked && item->row.name
               && !item->temporary && !names_in_doubt (&item->row, &item->link)
               && !names_equal (item->name, item->link.given_name);
  if (!again)
    return 2;
  int rc = wait_for_loser (delivery, item);
  if (rc != 0)
    return rc < 0 ? -1 : 0;
  rc = names_refused (delivery->pass, &item->row, &item->link, &reason, delivery->error);
  if (rc <= 0)
    return rc < 0 ? -1 : 2;
  return keeper_look_or_park (delivery, item, reason);
}

/* Its name is free, but for its own entry. */
static int
take_gone (struct delivery *delivery, struct item *item, struct link *holder)
{
  bool left = holder->status != LINK_SYNCED && holder->status != LINK_NEW;
  log_warning ("the account %s of %s (%s), for whose user name others are parked, is not there any "
               "more", holder->account, holder->given_name, holder->name ? holder->name : holder->id);
  holder->flags |= LINK_DOUBT; /* new accounts are not seen at once, not even by their ids */
  if (!left || item->row.name_number)
    read_again (delivery, item);
  return holder_let_go (delivery, holder);
}

/* Others may wait for the name as well: it is given anew, to the first of them (G12). */
static int
give_anew (struct delivery *delivery, struct item *item, const char *name)
{
  if (!item->row.doubt && item->row.name_number == 0)
    mem_set_text (&item->row.name, NULL);
  if (outcome_later (delivery, item, 0, item->row.doubt) < 0
      || store_names_take_back (delivery->pass->store, name, delivery->error) < 0)
    return -1;
  return names_give (delivery->pass, delivery->error);
}

/* Whose own entry is parked does not get the name that it had back by itself. 1: that is free. */
static int
take_seen (struct delivery *delivery, struct item *item, struct link *holder)
{
  MEM_AUTO char *name = lookup_user_name (buffer_text (&item->work.documents));
  if (holder->parked && name && !names_equal (name, holder->given_name)) {
    mem_set_text (&holder->given_name, name);
    mem_set_text (&holder->wanted_name, NULL); /* what it was given for is not known */
    return store_link_put (delivery->pass->store, holder, delivery->error) < 0 ? -1 : 1;
  }
  looked_note (delivery->pass, holder->account, LOOKED_THERE);
  return 0;
}

/* 1: the name is free. */
static int
take_answer (struct delivery *delivery, struct item *item, struct link *holder)
{
  if (item->work.code == SYNCD_E_NOT_FOUND)
    return take_gone (delivery, item, holder) < 0 ? -1 : 1;
  if (item->work.code >= 0)
    return take_seen (delivery, item, holder);
  looked_note (delivery->pass, holder->account, LOOKED_THERE);
  return 0;
}

int
keeper_take_look (struct delivery *delivery, struct item *item)
{
  struct link holder;
  link_init (&holder);
  int rc = store_link_by_row (delivery->pass->store, item->target, &holder, delivery->error);
  bool same = rc == 1 && holder.account && strcmp (holder.account, item->target_account) == 0;
  MEM_AUTO char *name = same ? mem_copy_text (holder.given_name) : NULL;
  if (item->work.code >= 0)
    outcome_note_success (delivery);
  if (rc >= 0)
    rc = same ? take_answer (delivery, item, &holder) : 0;
  link_fini (&holder);
  if (rc < 0)
    return -1;
  if (item->link.reevaluate_at_ms == 1) /* with its keeper's entry */
    return outcome_park (delivery, item, item->refusal);
  return rc && name ? give_anew (delivery, item, name)
                    : outcome_later (delivery, item, 0, item->row.doubt);
}
