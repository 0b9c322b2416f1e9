/* What was done, counted: in the report, in words for `explain`, and for the brakes, which count a
 * whole day (G4). Main thread only. */
#include "config.h"

#include "pipeline/delivery.h"
#include "util/clock.h"
#include "util/mem.h"

static void
count_rename (struct delivery *delivery, struct item *item)
{
  struct report *report = delivery->pass->report;
  if (item->row.intent != QUEUE_SYNC || !item->link.given_name
      || names_equal (item->link.given_name, item->name))
    return;
  MEM_AUTO char *was = mem_format ("was %s", item->link.given_name);
  report->renamed++;
  report_add (&report->renamed_list, item->link.id, item->name, was);
}

static const char *
count_update (struct delivery *delivery, struct item *item)
{
  struct report *report = delivery->pass->report;
  if (item->adopting) {
    report->adopted++;
    report_add (&report->adopted_list, item->link.id, item->name, item->link.account);
    return "adopted the account";
  }
  count_rename (delivery, item);
  switch (item->plan.kind) {
  case PLAN_DISABLE:
    report->disabled++;
    return "disabled";
  case PLAN_ENABLE:
    report->enabled++;
    return "enabled";
  case PLAN_DELETE:
    report->deleted++;
    return "deleted";
  default:
    report->updated++;
    return "updated";
  }
}

const char *
counting_change (struct delivery *delivery, struct item *item)
{
  if (item->reviving)
    return "revived an older account";
  if (item->plan.kind != PLAN_CREATE)
    return count_update (delivery, item);
  delivery->pass->report->created++;
  return "created";
}

enum change_kind
counting_kind (const struct item *item)
{
  enum plan_kind kind = item->plan.kind;
  if (kind == PLAN_CREATE || item->adopting)
    return CHANGE_CREATES;
  return kind == PLAN_DISABLE || kind == PLAN_DELETE ? CHANGE_LEAVERS : CHANGE_UPDATES;
}

int
counting_done (struct delivery *delivery, struct item *item)
{
  struct pass *pass = delivery->pass;
  if (queued_is_approved (&item->row))
    return 0; /* what somebody approved trips no brake afterwards */
  if (pass->first && counting_kind (item) != CHANGE_LEAVERS)
    return 0; /* creates, and what completes them: a reference to somebody who was made later */
  return store_done_add (pass->store, counting_kind (item), 1, clock_now_ms (), delivery->error);
}
