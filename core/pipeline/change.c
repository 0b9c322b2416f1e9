/* The request that changes an account: the diff between what is wanted and what was last sent, made
 * against the link as it is now (guarantees: A durable queue). Main thread only. */
#include "config.h"

#include <string.h>

#include "pipeline/delivery.h"

static enum plan_intent
intent_of (const struct queued *row)
{
  return row->intent == QUEUE_DISABLE  ? INTENT_DISABLE
         : row->intent == QUEUE_DELETE ? INTENT_DELETE
                                       : INTENT_SYNC;
}

/* Sending only the name: the rest follows when the ring is broken. */
static void
plan_temporary (struct delivery *delivery, struct item *item, struct plan_input *input)
{
  size_t user_name = (size_t) mapping_user_name_leaf (delivery->pass->p->mapping);
  plan_make (input, &item->plan);
  size_t kept = 0;
  for (size_t i = 0; i < item->plan.operation_count; i++)
    if (item->plan.operations[i].leaf == (int) user_name)
      item->plan.operations[kept++] = item->plan.operations[i];
  item->plan.operation_count = kept;
}

static void
make_plan (struct delivery *delivery, struct item *item)
{
  struct plan_input input = { .mapping = delivery->pass->p->mapping,
                              .hasher = delivery->pass->p->hasher,
                              .intent = intent_of (&item->row),
                              .exists = item->link.account != NULL,
                              .disabled_by_us = item->link.status == LINK_DISABLED,
                              .send_all = item->send_all,
                              .want = &item->want,
                              .last = item->last,
                              .known = item->known,
                              .removed = item->gone };
  if (item->temporary)
    plan_temporary (delivery, item, &input);
  else
    plan_make (&input, &item->plan);
}

static void
fill_operations (struct item *item)
{
  for (size_t i = 0; i < item->plan.operation_count; i++) {
    const struct plan_operation *from = &item->plan.operations[i];
    item->operations[i] = (struct syncd_operation){
      .struct_size = sizeof (struct syncd_operation),
      .op = from->op,
      .path = from->path,
      .value = from->value_len ? buffer_text (&item->plan.values) + from->value_at : NULL,
      .value_len = from->value_len
    };
  }
}

static void
fill_change (struct item *item)
{
  struct syncd_change *change = &item->work.change;
  enum plan_kind kind = item->plan.kind;
  memset (change, 0, sizeof *change);
  change->type = "User";
  change->entry = item->link.id;
  change->account = item->link.account;
  change->version = item->link.version;
  change->kind = kind == PLAN_CREATE   ? SYNCD_CHANGE_CREATE
                 : kind == PLAN_DELETE ? SYNCD_CHANGE_DELETE
                                       : SYNCD_CHANGE_UPDATE;
  if (kind == PLAN_CREATE) {
    change->document = buffer_text (&item->plan.document);
    change->document_len = item->plan.document.len;
  }
  fill_operations (item);
  change->operations = item->operations;
  change->operation_count = item->plan.operation_count;
}

bool
change_make (struct delivery *delivery, struct item *item)
{
  make_plan (delivery, item);
  if (item->plan.kind == PLAN_NOTHING
      || (item->plan.kind == PLAN_UPDATE && item->plan.operation_count == 0))
    return false;
  fill_change (item);
  return true;
}

/* That it becomes inactive, and what has to go before the sink takes any change. */
static bool
is_pressing (const struct delivery *delivery, const struct item *item, int leaf)
{
  return leaf == mapping_active_leaf (delivery->pass->p->mapping) || (leaf >= 0 && item->gone[leaf]);
}

bool
change_only_inactive (struct delivery *delivery, struct item *item)
{
  struct plan *plan = &item->plan;
  size_t count = plan->operation_count, kept = 0;
  if (item->row.intent != QUEUE_SYNC || plan->kind != PLAN_DISABLE || item->adoption_open
      || item->only_inactive)
    return false;
  for (size_t i = 0; i < count; i++)
    if (is_pressing (delivery, item, plan->operations[i].leaf))
      plan->operations[kept++] = plan->operations[i];
  plan->operation_count = kept;
  if (kept == count)
    return false;
  item->only_inactive = true;
  work_reset (&item->work);
  item->phase = PHASE_CHANGE;
  item->work.kind = WORK_APPLY;
  fill_change (item);
  return true;
}
