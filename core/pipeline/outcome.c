/* What became of a request, by failure class (guarantees: Failure classes). A bad entry is
 * parked and the rest goes on; an unwell sink slows down or stops the pass and parks nobody. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/audit.h"
#include "pipeline/delivery.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

#define RACES 5
#define FORBIDDEN_MAX 3 /* refusals in a row, with no success yet: it is the configuration */

/* "what the sink said (HTTP 400, correlation …)", a text of its own. */
char *
outcome_words (const struct work *work)
{
  const struct syncd_result *result = &work->result;
  const char *message = result->message ? result->message : work->message;
  struct buffer text;
  buffer_init (&text, 4096);
  buffer_append_text (&text, message ? message : "the sink gave no reason");
  if (result->correlation && (!message || !strstr (message, result->correlation)))
    buffer_printf (&text, " (correlation id %s)", result->correlation);
  return buffer_take (&text);
}

int
outcome_stop (struct delivery *delivery, struct item *item, const char *reason)
{
  if (!delivery->stop)
    error_set (delivery->error, "%s: %s", delivery->pass->p->settings->sink.name, reason);
  delivery->stop = true;
  return outcome_later (delivery, item, 0, item->row.doubt);
}

int
outcome_later (struct delivery *delivery, struct item *item, int64_t delay_ms, bool doubt)
{
  struct queued *row = &item->row;
  row->state = QUEUE_WAITING;
  row->doubt = doubt;
  row->next_try_ms = delay_ms ? clock_now_ms () + delay_ms : 0;
  return store_queue_update (delivery->pass->store, row, delivery->error) < 0 ? -1 : 0;
}

/* What may have reached the sink is not forgotten with the row: everything is sent when the entry
 * is tried again, and whether the account is active is known to nobody (G2). */
static void
keep_doubt (struct item *item)
{
  struct link *link = &item->link;
  if (!item->row.doubt)
    return;
  link->flags |= link->account ? LINK_DOUBT | LINK_SEND_ALL : LINK_DOUBT;
  if (item->row.intent == QUEUE_SYNC || link->status > LINK_SYNCED)
    return;
  link->status = LINK_DISABLED; /* undone where its entry is back */
  link->last_ms = clock_now_ms ();
}

int
outcome_park (struct delivery *delivery, struct item *item, const char *reason)
{
  struct pass *pass = delivery->pass;
  contest_not_adopted (item);
  if (!item->link.wanted_name && !item->link.account) /* with one: what it was given for */
    mem_set_text (&item->link.wanted_name, item->row.wanted_name);
  keep_doubt (item);
  if (intake_park (pass, &item->link, item->row.fingerprint, reason, delivery->error) < 0)
    return -1;
  delivery->done++;
  return store_queue_done (pass->store, item->row.number, delivery->error) < 0 ? -1 : 0;
}

static int
take_forbidden (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  if (delivery->successes > 0)
    return outcome_park (delivery, item, words);
  if (++delivery->forbidden >= FORBIDDEN_MAX)
    return outcome_stop (delivery, item, words);
  return outcome_later (delivery, item, 500, item->row.doubt);
}

/* It is created anew, or found by its externalId. */
static int
let_go (struct delivery *delivery, struct item *item)
{
  struct store *store = delivery->pass->store;
  contest_not_adopted (item);
  MEM_AUTO char *lost = mem_copy_text (item->link.account);
  mem_set_text (&item->link.account, NULL);
  mem_set_text (&item->link.version, NULL);
  memset (item->known, KNOWN_ABSENT, mapping_leaf_count (delivery->pass->p->mapping));
  if (item->link.status != LINK_DISABLED) /* a disable that we made is undone when it is found */
    item->link.status = LINK_NEW;
  item->link.flags |= LINK_DOUBT; /* new accounts are not seen at once, not even by their ids */
  if (lost && store_lost_put (store, lost, delivery->error) < 0)
    return -1;
  if (store_link_put (store, &item->link, delivery->error) < 0)
    return -1;
  return item->external_id ? doubt_look_up (item) : prepare_change (delivery, item);
}

/* A leaver's is looked for by its externalId, and by its id with each new try: it is not away
 * before it was not seen for a while. */
int
outcome_lost_link (struct delivery *delivery, struct item *item)
{
  log_info ("the account %s of %s is not there any more", item->link.account, item->link.id);
  if (item->row.intent == QUEUE_SYNC)
    return let_go (delivery, item);
  mem_set_text (&item->external_id, item->link.id);
  return doubt_look_up (item);
}

int
outcome_not_ours (struct delivery *delivery, struct item *item)
{
  if (item->row.intent == QUEUE_SYNC)
    return outcome_lost_link (delivery, item);
  mem_set_text (&item->link.account, NULL); /* it is not written to again */
  mem_set_text (&item->link.version, NULL);
  mem_set_text (&item->external_id, item->link.id);
  return store_link_put (delivery->pass->store, &item->link, delivery->error) < 0
             ? -1 : doubt_look_up (item);
}

static int
take_race (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  MEM_AUTO char *reason = mem_format ("again and again the account is not as it was read: does "
                                      "something else change it at the same time? %s", words);
  if (++item->races > RACES)
    return outcome_park (delivery, item, reason);
  item->send_all = true;
  mem_set_text (&item->link.version, NULL);
  prepare_read (item);
  return 1;
}

/* An adoption that lost a race for the name, or any other unique attribute. */
static int
take_collision (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  const char *attribute = item->work.result.conflict;
  bool ours = attribute && text_equal_nocase (attribute, "externalId") && item->external_id;
  mem_set_text (&item->server_words, words);
  item->races += item->adoption_open;
  if (item->races > RACES && !ours)
    return outcome_park (delivery, item, words);
  contest_not_adopted (item);
  if (ours) /* somebody has it, and is not seen: a new account, in a while */
    return item->races > 1 ? doubt_unseen (delivery, item) : doubt_look_up (item);
  if (attribute && !text_equal_nocase (attribute, "userName"))
    return outcome_park (delivery, item, words);
  prepare_find (item, PHASE_HOLDER, "userName", item->name);
  return 1;
}

static int
take_doubt (struct delivery *delivery, struct item *item)
{
  return unwell_take (delivery, item, true);
}

static int
take_configuration (struct delivery *delivery, struct item *item)
{
  MEM_AUTO char *words = outcome_words (&item->work);
  return outcome_stop (delivery, item, words);
}

static int
take_again (struct delivery *delivery, struct item *item)
{
  (void) delivery;
  work_reset (&item->work); /* the same request; permit() waits as long as the sink asked */
  return 1;
}

static int
take_cancelled (struct delivery *delivery, struct item *item)
{
  return outcome_later (delivery, item, 0, item->row.doubt);
}

static int
take_result (struct delivery *delivery, struct item *item, int32_t result)
{
  static int (*const takers[]) (struct delivery *, struct item *) = {
    [SYNCD_RESULT_UNKNOWN] = take_doubt,
    [SYNCD_RESULT_OK] = outcome_take_success,
    [SYNCD_RESULT_ENTRY] = targets_take_refused,
    [SYNCD_RESULT_COLLISION] = take_collision,
    [SYNCD_RESULT_LINK] = outcome_lost_link,
    [SYNCD_RESULT_RACE] = take_race,
    [SYNCD_RESULT_AUTH] = take_configuration,
    [SYNCD_RESULT_FORBIDDEN] = take_forbidden,
    [SYNCD_RESULT_CONFIG] = take_configuration,
    [SYNCD_RESULT_BUDGET] = take_again,
    [SYNCD_RESULT_NOT_TAKEN] = outcome_take_not_taken,
    [SYNCD_RESULT_CANCELLED] = take_cancelled
  };
  if (result == SYNCD_RESULT_SINK)
    return unwell_take (delivery, item, false);
  if (result < 0 || (size_t) result >= sizeof takers / sizeof *takers)
    return take_doubt (delivery, item);
  return takers[result](delivery, item);
}

/* Of another's account. Who may not look at it does not know that it is gone. */
static int
take_look (struct delivery *delivery, struct item *item)
{
  int32_t code = item->work.code;
  bool keeper = item->phase == PHASE_KEEPER;
  targets_answered (delivery, item);
  if (code >= 0 || code == SYNCD_E_NOT_FOUND || code == SYNCD_E_FORBIDDEN)
    return (keeper ? keeper_take_look : targets_take_look) (delivery, item);
  return take_result (delivery, item, item->work.result.result);
}

int
outcome_take (struct delivery *delivery, struct item *item)
{
  struct work *work = &item->work;
  bool plain = work->kind == WORK_APPLY && work->result.result == SYNCD_RESULT_OK;
  if (audit_note (delivery, item, delivery->error) < 0 || (!plain && delivery_settle (delivery) < 0))
    return -1;
  if (work->kind == WORK_APPLY)
    return take_result (delivery, item, work->result.result);
  if (item->phase == PHASE_TARGET || item->phase == PHASE_KEEPER)
    return take_look (delivery, item);
  if (item->phase == PHASE_WITHIN && work->code == SYNCD_E_FORBIDDEN)
    return targets_take_within (delivery, item);
  if (work->code < 0 && !(work->kind == WORK_READ && work->code == SYNCD_E_NOT_FOUND))
    return take_result (delivery, item, work->result.result);
  return work->kind == WORK_READ ? reading_take (delivery, item) : lookup_take (delivery, item);
}
