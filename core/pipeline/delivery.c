/* Delivery: rows are taken from the queue, committed as sent, given to the workers; what comes
 * back is written in batches. One thread writes the state; the diff is made when a row is taken. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/audit.h"
#include "pipeline/delivery.h"
#include "pipeline/orders.h"
#include "pipeline/progress.h"
#include "util/clock.h"
#include "util/crash.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/notify.h"

#define ORDERS_EVERY_US 300000
#define SLICE_US 20000000 /* watch: then the source is listened to again */
#define BATCH_WAIT_MS 100 /* results are gathered at most so long before a commit */

static void
make_ready (struct delivery *delivery, struct item *item)
{
  item->work.next = delivery->ready;
  delivery->ready = &item->work;
  delivery->ready_count++;
  delivery->in_flight++;
}

static int
take_row (void *data, struct queued *row)
{
  struct delivery *delivery = data;
  struct item *item = item_get (delivery);
  delivery->after = row->number;
  item->row = *row;
  queued_init (row);
  if (delivery->pass->only_row && item->row.row != delivery->pass->only_row) {
    item_put (delivery, item);
    return 0;
  }
  int rc = prepare_item (delivery, item);
  if (rc == 1) { /* only rows that leave are marked sent */
    item->row.state = QUEUE_SENT;
    delivery_note_sent (delivery, item->row.number);
    make_ready (delivery, item);
    return 0;
  }
  item_put (delivery, item);
  return rc < 0 ? -1 : 0;
}

/* A first pass is one piece: what it met is known until its end. */
static bool
slice_is_over (const struct delivery *delivery)
{
  const struct pass *pass = delivery->pass;
  return pass->options->watch && !pass->first
         && clock_monotonic_us () - delivery->started_us > SLICE_US;
}

/* Fills up what is in flight. Returns -1 where the state cannot be read or written. */
static int
take_rows (struct delivery *delivery)
{
  if (delivery->stop || delivery->in_flight >= delivery->limit || slice_is_over (delivery)
      || atomic_load (&delivery->pass->p->cancelled))
    return 0;
  int64_t before = delivery->after;
  int rc = store_queue_take (delivery->pass->store, delivery->after,
                             delivery->limit - delivery->in_flight, clock_now_ms (), take_row,
                             delivery, delivery->error);
  if (rc >= 0 && before != delivery->after)
    delivery->sweep_moved = delivery->sweep_moved || delivery->ready_count > 0;
  return rc < 0 ? -1 : delivery_settle (delivery);
}

/* After a failure nothing of these is taken: their rows are SENT, and found in doubt next time. */
static void
abandon (struct delivery *delivery, struct work *list)
{
  struct error ignored;
  while (list) {
    struct item *item = (struct item *) list;
    list = list->next;
    delivery->in_flight--;
    (void) audit_note (delivery, item, &ignored);
    item_put (delivery, item);
  }
}

static int
take_done (struct delivery *delivery, struct work *done)
{
  while (done) {
    struct item *item = (struct item *) done;
    done = done->next;
    item->work.next = NULL;
    delivery->in_flight--;
    int rc = outcome_take (delivery, item);
    CRASH_POINT ("result-taken");
    if (rc == 1 && (delivery->stop || atomic_load (&delivery->pass->p->cancelled)))
      rc = outcome_later (delivery, item, 0, item->row.doubt);
    if (rc == 1)
      make_ready (delivery, item);
    else
      item_put (delivery, item);
    if (rc < 0) {
      abandon (delivery, done);
      return -1;
    }
  }
  return delivery_settle (delivery);
}

/* For `make bench`: how long the first change waited for what is decided and counted before. */
static void
tell_first (struct pass *pass)
{
  if (pass->read_us)
    log_debug ("the first changes leave %lld ms after the end of the read",
               (long long) (clock_monotonic_us () - pass->read_us) / 1000);
  pass->read_us = 0;
}

static void
hand_over (struct delivery *delivery)
{
  struct work *list = delivery->ready;
  delivery->ready = NULL;
  delivery->ready_count = 0;
  if (!list)
    return;
  tell_first (delivery->pass);
  crew_give (delivery->crew, list);
}

/* Two thirds, while the sessions have the rest to do. */
static struct work *
wait_for_results (struct delivery *delivery)
{
  return crew_take (delivery->crew, delivery->in_flight * 2 / 3 + 1, BATCH_WAIT_MS);
}

/* One round: results into the state, new rows marked sent, one commit, and out they go. */
static int
round_trip (struct delivery *delivery)
{
  struct store *store = delivery->pass->store;
  notify_alive ();
  struct work *done = delivery->in_flight ? wait_for_results (delivery) : NULL;
  if (delivery->in_flight && !done && delivery->in_flight >= delivery->limit)
    return 0;
  if (store_begin (store, delivery->error) < 0)
    return -1;
  if (take_done (delivery, done) < 0 || audit_sync (delivery->pass, delivery->error) < 0
      || take_rows (delivery) < 0) {
    store_rollback (store);
    delivery_forget_notes (delivery);
    return -1;
  }
  CRASH_POINT ("round");
  if (store_commit (store, delivery->error) < 0)
    return -1;
  CRASH_POINT ("round-committed");
  hand_over (delivery);
  return 0;
}

static int
next_sweep (struct delivery *delivery)
{
  bool again = delivery->sweep_moved && delivery->sweep_deferred;
  bool ring = !delivery->sweep_moved && delivery->sweep_deferred;
  int rc = again;
  if (ring && !delivery->pass->only_row)
    rc = rings_break (delivery);
  delivery->after = 0;
  delivery->sweep_moved = delivery->sweep_deferred = false;
  return rc;
}

static int
bound_waiting (struct pass *pass, struct error *error)
{
  return store_clock_bound (pass->store, clock_now_ms (), error);
}

/* Rows whose time has not come: wait for the first of them while the sink is unwell. A clock that is
 * put right in mid-pass makes nobody wait for it. */
static int
wait_for_due (struct delivery *delivery)
{
  int64_t due = store_queue_next_due (delivery->pass->store);
  int64_t wait = due - clock_now_ms ();
  bool later = delivery->pass->options->watch && !delivery->pass->first && !delivery->unwell;
  if (due == 0 || due == INT64_MAX || delivery->pass->only_row || (wait > 0 && later))
    return 0;
  if (wait > STORE_QUEUED_MOST_MS
      && pass_transaction (delivery->pass, bound_waiting, delivery->error) < 0)
    return -1;
  /* who waits for another's name is due, but not ready */
  wait = wait < BATCH_WAIT_MS ? BATCH_WAIT_MS : wait < 200 ? wait : 200;
  (void) crew_take (delivery->crew, 1, (int) wait);
  delivery->after = 0;
  return 1;
}

/* 1: there is more to do; 0: the queue is empty or nothing more can be done; -1: failed. */
static int
more_to_do (struct delivery *delivery)
{
  if (delivery->in_flight)
    return 1;
  if (delivery->stop || slice_is_over (delivery) || atomic_load (&delivery->pass->p->cancelled))
    return 0;
  int rc = next_sweep (delivery);
  return rc != 0 ? rc : wait_for_due (delivery);
}

/* Orders of an administrator are obeyed within a second. */
static int
heed_orders (struct delivery *delivery)
{
  struct pass *pass = delivery->pass;
  int64_t now_us = clock_monotonic_us ();
  if (now_us - delivery->looked_us < ORDERS_EVERY_US || pass->options->only || delivery->stop
      || pass->away) /* what they are about must be asked for */
    return 0;
  delivery->looked_us = now_us;
  if (!orders_pending (pass->p->settings->state_path))
    return 0;
  delivery->after = 0;
  return again_obey (pass, delivery->error);
}

static int
deliver (struct delivery *delivery)
{
  int64_t total = store_queue_count (delivery->pass->store, QUEUE_WAITING, -1);
  int rc = 0;
  bool more = true;
  while (rc == 0 && more) {
    int64_t after = delivery->after;
    delivery_adapt (delivery, total);
    rc = heed_orders (delivery) < 0 ? -1 : round_trip (delivery);
    progress_delivery (delivery->pass, delivery->done, total, delivery->started_us);
    bool idle = rc == 0 && !delivery->in_flight && after == delivery->after;
    int next = idle ? more_to_do (delivery) : 1;
    more = next > 0;
    rc = next < 0 ? -1 : rc;
  }
  progress_end (delivery->pass);
  return rc;
}

/* Waits for what is under way after a failure. What is ready never left. */
static void
drain (struct delivery *delivery)
{
  while (delivery->ready) {
    struct item *item = (struct item *) delivery->ready;
    delivery->ready = item->work.next;
    delivery->in_flight--;
    item_put (delivery, item);
  }
  while (delivery->in_flight)
    abandon (delivery, crew_take (delivery->crew, delivery->in_flight, 1000));
}

int
delivery_run (struct pass *pass, struct error *error)
{
  struct delivery delivery = { .pass = pass, .error = error };
  int64_t rows = store_queue_count (pass->store, QUEUE_WAITING, -1);
  if (rows == 0)
    return 0;
  delivery.started_us = delivery.last_success_us = clock_monotonic_us ();
  if (meeting_begin (&delivery) < 0)
    return -1;
  delivery_start_crew (&delivery, rows);
  int rc = deliver (&delivery);
  if (rc < 0)
    drain (&delivery);
  else
    delivery_tell_sessions (&delivery);
  crew_free (delivery.crew);
  item_free_spares (&delivery);
  delivery_forget_notes (&delivery);
  if (rc == 0 && !delivery.stop && delivery.unread)
    return error_set (error, "%lld %s queued for the next run: first the entry of each has to be read "
                      "again, and the source could not tell of it", (long long) delivery.unread,
                      delivery.unread == 1 ? "change stays" : "changes stay");
  return rc < 0 || delivery.stop ? -1 : 0;
}
