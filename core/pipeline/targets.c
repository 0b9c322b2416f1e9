/* An entry that the sink refuses may point at an account that somebody took away by hand, of which
 * nobody told: a sink refuses whoever names it. So the account is looked at, once in a pass,
 * whoever points there. Where it is gone, its own entry loses it as by a 404 on update
 * (guarantees: the link), and whoever points there goes without the reference until there is an
 * account again; else the refused entry is parked (G7). Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

#define REMEMBERED 1024 /* a power of two; who takes another's place has it looked at once more */
#define UNNAMED_MOST 16 /* looked at in a pass though the sink's words speak of no reference */

struct targets {
  struct {
    int64_t row;  /* the link's; 0: nobody */
    bool pending; /* the answer did not come yet; else it is there */
  } looked[REMEMBERED];
  int unnamed; /* so many, less those that were gone */
};

static struct targets *
targets_of (struct pass *pass)
{
  if (!pass->targets)
    pass->targets = mem_new (1, sizeof *pass->targets);
  return pass->targets;
}

void
targets_free (struct pass *pass)
{
  free (pass->targets);
  pass->targets = NULL;
}

static bool
mentions (const char *words, const char *word)
{
  MEM_AUTO char *text = text_fold (words);
  MEM_AUTO char *part = text_fold (word);
  return *part && strstr (text, part);
}

/* "urn:…:User:manager.value" → "manager". */
static char *
attribute_of (const char *path)
{
  const char *colon = strrchr (path, ':');
  const char *name = colon ? colon + 1 : path;
  return mem_copy (name, strcspn (name, ".["));
}

/* Do the sink's words speak of this reference? Whatever they say, a few are looked at. */
static bool
is_suspect (struct delivery *delivery, const struct item *item, const char *account)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  MEM_AUTO char *attribute = attribute_of (mapping_leaf (mapping, item->leaf)->path);
  bool named = mentions (item->refusal, account) || mentions (item->refusal, attribute);
  return named || targets_of (delivery->pass)->unnamed++ < UNNAMED_MOST;
}

static int
look (struct delivery *delivery, struct item *item, const struct link *target)
{
  struct targets *targets = targets_of (delivery->pass);
  size_t slot = (size_t) target->row % REMEMBERED;
  targets->looked[slot].row = target->row;
  targets->looked[slot].pending = true;
  item->target = target->row;
  mem_set_text (&item->target_account, target->account);
  work_reset (&item->work);
  item->phase = PHASE_TARGET;
  item->work.kind = WORK_READ;
  item->work.value = item->target_account;
  return 1;
}

/* 2: it is there, as far as can be told; else as prepare_item(). What is looked at for somebody
 * else, or changed itself, is waited for: the row is taken again when nothing is under way. */
static int
judge (struct delivery *delivery, struct item *item, const struct link *target)
{
  struct targets *targets = targets_of (delivery->pass);
  size_t slot = (size_t) target->row % REMEMBERED;
  bool known = targets->looked[slot].row == target->row;
  if (target->row == item->link.row || (known && !targets->looked[slot].pending))
    return 2;
  if (!known && !is_suspect (delivery, item, target->account))
    return 2;
  if (known || store_queue_is_sent (delivery->pass->store, target->row))
    return outcome_later (delivery, item, 0, item->row.doubt);
  return look (delivery, item, target);
}

static int
judge_leaf (struct delivery *delivery, struct item *item)
{
  struct link target;
  bool reference = mapping_leaf (delivery->pass->p->mapping, item->leaf)->reference;
  MEM_AUTO char *account = reference ? leaves_text (&item->want, item->leaf) : NULL;
  if (!account)
    return 2;
  link_init (&target);
  int found = store_link_by_account (delivery->pass->store, account, &target, delivery->error);
  int rc = found < 0    ? -1
           : found == 0 ? prepare_anew (delivery, item) /* lost since the change was made */
                        : judge (delivery, item, &target);
  link_fini (&target);
  return rc;
}

static int
judge_leaves (struct delivery *delivery, struct item *item)
{
  for (; item->leaf < mapping_leaf_count (delivery->pass->p->mapping); item->leaf++) {
    int rc = judge_leaf (delivery, item);
    if (rc != 2)
      return rc;
  }
  if (change_only_inactive (delivery, item)) /* what else the entry wants may be refused */
    return 1;
  return outcome_park (delivery, item, item->refusal);
}

int
targets_take_refused (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  if (item->work.kind != WORK_APPLY || item->row.intent != QUEUE_SYNC || item->temporary)
    return outcome_park (delivery, item, words);
  mem_set_text (&item->refusal, words);
  item->leaf = 0;
  return judge_leaves (delivery, item);
}

void
targets_answered (struct delivery *delivery, const struct item *item)
{
  struct targets *targets = targets_of (delivery->pass);
  size_t slot = (size_t) item->target % REMEMBERED;
  if (targets->looked[slot].row == item->target)
    targets->looked[slot].row = 0;
}

/* Looked for by its externalId, else made anew, by the usual way and in this pass: its entry is
 * read again. Whose entry left has no account from now on. */
static int
lose (struct delivery *delivery, struct item *item, struct link *target)
{
  struct pass *pass = delivery->pass;
  if (!target->account || strcmp (target->account, item->target_account) != 0)
    return 0; /* it got another one meanwhile */
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

static int
take_gone (struct delivery *delivery, struct item *item)
{
  struct link target;
  link_init (&target);
  int rc = store_link_by_row (delivery->pass->store, item->target, &target, delivery->error);
  if (rc == 1)
    rc = lose (delivery, item, &target);
  link_fini (&target);
  return rc < 0 ? -1 : prepare_anew (delivery, item);
}

int
targets_take_look (struct delivery *delivery, struct item *item)
{
  struct targets *targets = targets_of (delivery->pass);
  size_t slot = (size_t) item->target % REMEMBERED;
  if (item->work.code == SYNCD_E_NOT_FOUND) {
    targets->unnamed -= targets->unnamed > 0;
    return take_gone (delivery, item);
  }
  if (item->work.code >= 0)
    outcome_note_success (delivery);
  targets->looked[slot].row = item->target;
  targets->looked[slot].pending = false;
  item->leaf++;
  return judge_leaves (delivery, item);
}
