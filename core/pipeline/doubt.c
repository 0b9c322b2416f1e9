/* Creates whose result nobody told: an account may be there that is not to be seen yet (G2). */
#include "config.h"

#include "pipeline/delivery.h"
#include "util/mem.h"

#define TRIES 8
#define LEAVER_TRIES 5
#define FIRST_DELAY_MS 250

static int64_t
doubling (int64_t attempts)
{
  return (int64_t) FIRST_DELAY_MS << (attempts < 7 ? attempts - 1 : 6);
}

int
doubt_look_up (struct item *item)
{
  item->row.doubt = true;
  item->met = false;
  prepare_find (item, PHASE_MEET, "externalId", item->external_id);
  return 1;
}

/* There is nothing to be taken away. */
static int
leaver_unseen (struct delivery *delivery, struct item *item)
{
  if (item->link.account && item->row.intent == QUEUE_DELETE)
    return outcome_was_deleted (delivery, item);
  mem_set_text (&item->link.account, NULL);
  return outcome_finish (delivery, item, NULL);
}

int
doubt_unseen (struct delivery *delivery, struct item *item)
{
  bool leaver = item->row.intent != QUEUE_SYNC;
  item->row.attempts++;
  if (leaver && item->row.attempts > LEAVER_TRIES)
    return leaver_unseen (delivery, item);
  if (!leaver && item->row.attempts > TRIES)
    return outcome_park (delivery, item, item->server_words);
  return outcome_later (delivery, item, doubling (item->row.attempts), true);
}
