/* The store's queue: the newest state of an entry, doubt, order, brakes, user names. */
#include "config.h"
#include "state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/internal.h"
#include "util/mem.h"

#define LATER INT64_C (5000)

static int
note (void *data, struct queued *q)
{
  char *text = data;
  snprintf (text + strlen (text), 200 - strlen (text), "%" PRId64 ":%s ", q->row,
            q->leaves ? q->leaves : "-");
  return 0;
}

static int
note_and_drop (void *data, struct queued *q)
{
  note (data, q);
  queued_fini (q);
  return 0;
}

static void
expect_take (struct state *st, int64_t after, size_t count, int64_t now_ms, const char *expected)
{
  char text[200] = "";
  state_ok (st, store_queue_take (st->store, after, count, now_ms, note_and_drop, text, &st->error));
  assert_string_equal (text, expected);
}

static void
expect_each (struct state *st, enum queue_state which, const char *expected)
{
  char text[200] = "";
  state_ok (st, store_queue_each (st->store, which, note, text, &st->error));
  assert_string_equal (text, expected);
}

static void
send (struct state *st, int64_t number)
{
  state_ok (st, store_queue_mark_sent (st->store, &number, 1, &st->error));
}

static struct queued
newest (struct state *st, int64_t row)
{
  struct queued q;
  queued_init (&q);
  assert_int_equal (store_queue_of (st->store, row, &q, &st->error), 1);
  return q;
}

static void
three_links (struct state *st)
{
  for (unsigned n = 1; n <= 3; n++)
    assert_int_equal (state_link (st, n, LINK_NEW, 0, NULL, NULL), n);
}

static void
test_row_is_kept_whole (void **state)
{
  struct state *st = *state;
  struct queued q, found;
  queued_init (&q);
  q.row = 4;
  q.intent = QUEUE_DISABLE;
  q.state = QUEUE_HELD;
  q.doubt = true;
  q.mapping = 2;
  memset (q.fingerprint, 3, FINGERPRINT_LEN);
  q.leaves = strdup ("{\"a\":1}");
  q.wanted_name = strdup ("w");
  q.name = strdup ("n");
  q.name_number = 6;
  q.temporary_name = strdup ("t");
  q.sent_name = strdup ("s");
  q.attempts = 7;
  q.next_try_ms = 8;
  q.why = strdup ("brake");
  state_ok (st, store_queue_put (st->store, &q, &st->error));
  state_reopen (st);
  found = newest (st, 4);
  assert_int_equal (found.number, q.number);
  assert_int_equal (found.intent, QUEUE_DISABLE);
  assert_int_equal (found.state, QUEUE_HELD);
  assert_true (found.doubt);
  assert_int_equal (found.mapping, 2);
  assert_memory_equal (found.fingerprint, q.fingerprint, FINGERPRINT_LEN);
  assert_string_equal (found.leaves, q.leaves);
  assert_string_equal (found.wanted_name, "w");
  assert_string_equal (found.name, "n");
  assert_int_equal (found.name_number, 6);
  assert_string_equal (found.temporary_name, "t");
  assert_string_equal (found.sent_name, "s");
  assert_int_equal (found.attempts, 7);
  assert_int_equal (found.next_try_ms, 8);
  assert_string_equal (found.why, "brake");
  queued_fini (&found);
  queued_fini (&q);
}

static void
test_newest_replaces_waiting (void **state)
{
  struct state *st = *state;
  three_links (st);
  int64_t first = state_queue (st, 1, NULL, "old");
  state_queue (st, 2, NULL, "two");
  int64_t second = state_queue (st, 1, NULL, "new");
  assert_true (second > first);
  expect_take (st, 0, 10, 0, "2:two 1:new ");
  assert_int_equal (store_queue_count (st->store, QUEUE_WAITING, -1), 2);
}

static void
test_newer_waits_beside_sent (void **state)
{
  struct state *st = *state;
  three_links (st);
  int64_t sent = state_queue (st, 1, NULL, "sent");
  send (st, sent);
  state_queue (st, 1, NULL, "newer");
  state_queue (st, 1, NULL, "newest");
  state_queue (st, 2, NULL, "two");
  expect_take (st, 0, 10, 0, "2:two ");
  expect_each (st, QUEUE_SENT, "1:sent ");
  expect_each (st, QUEUE_WAITING, "1:newest 2:two ");
  assert_int_equal (store_queue_count (st->store, QUEUE_SENT, QUEUE_SYNC), 1);
  assert_int_equal (store_queue_count (st->store, QUEUE_WAITING, QUEUE_SYNC), 2);
  assert_int_equal (store_queue_count (st->store, QUEUE_WAITING, QUEUE_DISABLE), 0);
  state_ok (st, store_queue_done (st->store, sent, &st->error));
  expect_take (st, 0, 10, 0, "1:newest 2:two ");
  /* A late result for a row that is gone takes nothing else away. */
  state_ok (st, store_queue_done (st->store, sent, &st->error));
  assert_int_equal (store_queue_count (st->store, QUEUE_WAITING, -1), 2);
}

static void
test_take_goes_in_order_and_when_due (void **state)
{
  struct state *st = *state;
  three_links (st);
  state_queue (st, 1, NULL, "a");
  int64_t b = state_queue (st, 2, NULL, "b");
  state_queue (st, 3, NULL, "c");
  struct queued q = newest (st, 1);
  q.next_try_ms = LATER;
  state_ok (st, store_queue_update (st->store, &q, &st->error));
  queued_fini (&q);
  expect_take (st, 0, 10, LATER - 1, "2:b 3:c ");
  expect_take (st, 0, 1, LATER, "1:a ");
  expect_take (st, b, 10, LATER, "3:c ");
  assert_int_equal (store_queue_next_due (st->store), 1);
  state_ok (st, store_queue_withdraw (st->store, 2, &st->error));
  state_ok (st, store_queue_withdraw (st->store, 3, &st->error));
  assert_int_equal (store_queue_next_due (st->store), LATER);
  q = newest (st, 1);
  send (st, q.number);
  assert_int_equal (store_queue_next_due (st->store), 0);
  state_queue (st, 1, NULL, "newer"); /* not while its older state is out */
  assert_int_equal (store_queue_next_due (st->store), 0);
  queued_fini (&q);
}

struct stop {
  struct state *st;
  int count;
};

/* Writes while it walks, and stops at the third. */
static int
send_until_third (void *data, struct queued *q)
{
  struct stop *stop = data;
  send (stop->st, q->number);
  queued_fini (q);
  return ++stop->count == 3 ? 42 : 0;
}

static void
test_take_many_and_stop (void **state)
{
  struct state *st = *state;
  struct stop stop = { st, 0 };
  for (unsigned n = 1; n <= 1000; n++)
    state_queue (st, state_link (st, n, LINK_NEW, 0, NULL, NULL), NULL, "{}");
  assert_int_equal (store_queue_take (st->store, 0, 900, 0, send_until_third, &stop, &st->error), 42);
  assert_int_equal (store_queue_count (st->store, QUEUE_SENT, -1), 3);
  stop.count = 3; /* never again */
  state_ok (st, store_queue_take (st->store, 0, 900, 0, send_until_third, &stop, &st->error));
  assert_int_equal (store_queue_count (st->store, QUEUE_SENT, -1), 903);
  state_ok (st, store_queue_take (st->store, 0, 900, 0, send_until_third, &stop, &st->error));
  assert_int_equal (store_queue_count (st->store, QUEUE_SENT, -1), 1000);
  assert_int_equal (store_queue_recover (st->store, &st->error), 1000);
  assert_int_equal (store_queue_count (st->store, QUEUE_WAITING, -1), 1000);
}

static void
test_retry_comes_back_to_the_front (void **state)
{
  struct state *st = *state;
  three_links (st);
  int64_t a = state_queue (st, 1, NULL, "a");
  state_queue (st, 2, NULL, "b");
  send (st, a);
  expect_take (st, 0, 10, 0, "2:b ");
  struct queued q = newest (st, 1);
  assert_int_equal (q.state, QUEUE_SENT);
  q.state = QUEUE_WAITING;
  q.attempts = 1;
  state_ok (st, store_queue_update (st->store, &q, &st->error));
  expect_take (st, 0, 10, 0, "1:a 2:b ");
  queued_fini (&q);
}

static void
test_retry_gives_way_to_newer (void **state)
{
  struct state *st = *state;
  three_links (st);
  int64_t a = state_queue (st, 1, "ann", "a");
  send (st, a);
  struct queued q = newest (st, 1);
  state_queue (st, 1, "anna", "newer");
  q.state = QUEUE_WAITING;
  q.doubt = true;
  state_ok (st, store_queue_update (st->store, &q, &st->error));
  queued_fini (&q);
  expect_take (st, 0, 10, 0, "1:newer ");
  q = newest (st, 1);
  assert_true (q.doubt);
  assert_string_equal (q.sent_name, "ann");
  queued_fini (&q);
}

static void
test_update_of_what_is_gone_is_nothing (void **state)
{
  struct state *st = *state;
  three_links (st);
  state_queue (st, 1, NULL, "old");
  struct queued q = newest (st, 1);
  state_queue (st, 1, NULL, "new");
  q.name = strdup ("late");
  state_ok (st, store_queue_update (st->store, &q, &st->error));
  queued_fini (&q);
  expect_each (st, QUEUE_WAITING, "1:new ");
  q = newest (st, 1);
  assert_null (q.name);
  queued_fini (&q);
}

static void
test_recover_marks_doubt (void **state)
{
  struct state *st = *state;
  struct store_counts counts;
  three_links (st);
  send (st, state_queue (st, 1, "ann", "alone"));
  send (st, state_queue (st, 2, "bob", "older"));
  state_queue (st, 2, "bobby", "newer");
  state_queue (st, 3, NULL, "never sent");
  state_reopen (st);
  assert_int_equal (store_queue_recover (st->store, &st->error), 2);
  assert_int_equal (store_queue_recover (st->store, &st->error), 0);
  expect_take (st, 0, 10, 0, "1:alone 2:newer 3:never sent ");
  struct queued q = newest (st, 2);
  assert_true (q.doubt);
  assert_string_equal (q.sent_name, "bob");
  queued_fini (&q);
  q = newest (st, 3);
  assert_false (q.doubt);
  queued_fini (&q);
  state_ok (st, store_counts (st->store, &counts, &st->error));
  assert_int_equal (counts.in_doubt, 2);
  assert_int_equal (counts.queued, 3);
}

/* What may be at the sink already is neither forgotten by a newer state nor by a withdrawal. */
static void
test_doubt_is_never_lost (void **state)
{
  struct state *st = *state;
  struct queued q;
  three_links (st);
  send (st, state_queue (st, 1, "ann", "create"));
  assert_int_equal (store_queue_recover (st->store, &st->error), 1);
  state_ok (st, store_queue_withdraw (st->store, 1, &st->error));
  queued_init (&q);
  q.row = 1;
  q.intent = QUEUE_DISABLE;
  state_ok (st, store_queue_put (st->store, &q, &st->error));
  assert_true (q.doubt);
  queued_fini (&q);
  state_queue (st, 1, "annie", "again");
  q = newest (st, 1);
  assert_true (q.doubt);
  assert_string_equal (q.sent_name, "ann");
  queued_fini (&q);
  expect_take (st, 0, 10, 0, "1:again ");
}

/* G4: what may have been done, and gives way to a change of another kind, was done as far as the
 * brakes know. */
static void
test_doubt_of_another_kind_counts_as_done (void **state)
{
  struct state *st = *state;
  struct queued q;
  three_links (st);
  for (int64_t row = 1; row <= 3; row++) {
    queued_init (&q);
    q.row = row;
    q.intent = QUEUE_DISABLE;
    state_ok (st, store_queue_put (st->store, &q, &st->error));
    send (st, q.number);
    queued_fini (&q);
  }
  state_queue (st, 2, "bob", "back while it was under way");
  assert_int_equal (store_queue_recover (st->store, &st->error), 3);
  assert_int_equal (store_done_since (st->store, CHANGE_LEAVERS, 0), 1);
  state_queue (st, 1, "ann", "back");
  assert_int_equal (store_done_since (st->store, CHANGE_LEAVERS, 0), 2);
  state_queue (st, 1, "ann", "back, and changed: nothing new was sent");
  assert_int_equal (store_done_since (st->store, CHANGE_LEAVERS, 0), 2);
  assert_int_equal (store_done_since (st->store, CHANGE_CREATES, 0), 0);
}

static void
test_withdraw_leaves_sent (void **state)
{
  struct state *st = *state;
  three_links (st);
  send (st, state_queue (st, 1, NULL, "sent"));
  state_queue (st, 1, NULL, "newer");
  state_ok (st, store_queue_withdraw (st->store, 1, &st->error));
  expect_each (st, QUEUE_SENT, "1:sent ");
  expect_each (st, QUEUE_WAITING, "");
}

/* A number is never given twice while results may be on their way. */
static void
test_numbers_are_not_used_again (void **state)
{
  struct state *st = *state;
  three_links (st);
  int64_t last = state_queue (st, 1, NULL, "a");
  state_ok (st, store_queue_done (st->store, last, &st->error));
  assert_true (state_queue (st, 2, NULL, "b") > last);
}

static void
put_leaver (struct state *st, int64_t row)
{
  struct queued q;
  queued_init (&q);
  q.row = row;
  q.intent = QUEUE_DISABLE;
  state_ok (st, store_queue_put (st->store, &q, &st->error));
}

static void
test_brakes (void **state)
{
  struct state *st = *state;
  int64_t new = state_link (st, 1, LINK_NEW, 0, NULL, NULL);
  int64_t old = state_link (st, 2, LINK_SYNCED, 12, NULL, NULL);
  int64_t out = state_link (st, 3, LINK_SYNCED, 13, NULL, NULL);
  int64_t left = state_link (st, 4, LINK_SYNCED, 14, NULL, NULL);
  state_queue (st, new, NULL, "create");
  state_queue (st, old, NULL, "update");
  send (st, state_queue (st, out, NULL, "sent"));
  put_leaver (st, left);
  assert_int_equal (store_queue_count_kind (st->store, CHANGE_CREATES, QUEUE_WAITING), 1);
  assert_int_equal (store_queue_count_kind (st->store, CHANGE_UPDATES, QUEUE_WAITING), 1);
  assert_int_equal (store_queue_count_kind (st->store, CHANGE_UPDATES, QUEUE_SENT), 1);
  assert_int_equal (store_queue_count_kind (st->store, CHANGE_LEAVERS, QUEUE_WAITING), 1);
  state_ok (st, store_queue_hold (st->store, CHANGE_UPDATES, "brakes.updates", &st->error));
  assert_int_equal (store_queue_count_kind (st->store, CHANGE_UPDATES, QUEUE_HELD), 1);
  expect_take (st, 0, 10, 0, "1:create 4:- ");
  expect_each (st, QUEUE_HELD, "2:- "); /* no values while held */
  expect_each (st, QUEUE_SENT, "3:sent ");
  state_ok (st, store_queue_hold (st->store, CHANGE_LEAVERS, "brakes.leavers", &st->error));
  expect_take (st, 0, 10, 0, "1:create ");
  struct queued q = newest (st, left);
  assert_string_equal (q.why, "brakes.leavers");
  queued_fini (&q);
  state_ok (st, store_queue_release (st->store, CHANGE_LEAVERS, &st->error));
  expect_take (st, 0, 10, 0, "1:create 4:- ");
  state_ok (st, store_queue_release (st->store, CHANGE_CREATES, &st->error));
  expect_each (st, QUEUE_HELD, "2:- ");
  state_queue (st, old, NULL, "fresh"); /* a new state of a held entry goes */
  expect_each (st, QUEUE_HELD, "");
  expect_take (st, 0, 10, 0, "1:create 4:- 2:fresh ");
}

static void
test_forget_takes_the_queue_along (void **state)
{
  struct state *st = *state;
  three_links (st);
  send (st, state_queue (st, 1, NULL, "sent"));
  state_queue (st, 1, NULL, "newer");
  state_ok (st, store_link_forget (st->store, 1, &st->error));
  assert_int_equal (store_queue_count (st->store, QUEUE_WAITING, -1), 0);
  assert_int_equal (store_queue_count (st->store, QUEUE_SENT, -1), 0);
}

/* ---- names ---------------------------------------------------------------------------------- */

struct decide {
  struct state *st;
  char text[200];
};

/* The decide step in small: the wanted name if it is free, else with a number. */
static int
decide (void *data, struct queued *q, const char *id)
{
  struct decide *d = data;
  char name[40];
  assert_string_equal (id, state_id ((unsigned) q->row));
  snprintf (name, sizeof name, "%s", q->wanted_name);
  for (int n = 1; store_name_taken (d->st->store, name, q->row); n++)
    snprintf (name, sizeof name, "%s_%d", q->wanted_name, n);
  q->name = strdup (name);
  snprintf (d->text + strlen (d->text), 60, "%" PRId64 "=%s ", q->row, name);
  return store_queue_update (d->st->store, q, &d->st->error);
}

static void
expect_decided (struct state *st, const char *expected)
{
  struct decide d = { st, "" };
  state_ok (st, store_names_contested_each (st->store, decide, &d, &st->error));
  assert_string_equal (d.text, expected);
}

static void
test_names_contested (void **state)
{
  struct state *st = *state;
  for (unsigned n = 1; n <= 7; n++)
    state_link (st, n, n == 6 ? LINK_SYNCED : LINK_NEW, n == 6 ? 16 : 0, NULL,
                n == 6 ? "Zoe" : NULL);
  state_queue (st, 3, "joe", "{}");
  state_queue (st, 2, "JOE", "{}");
  state_queue (st, 1, "anna", "{}");
  state_queue (st, 4, "joe_1", "{}"); /* uncontested: it gets what it wants, and nobody else does */
  state_queue (st, 5, "zoe", "{}");   /* held by 6 */
  state_queue (st, 6, "zoe", "{}");   /* its own */
  expect_decided (st, "2=JOE 3=joe_2 5=zoe_1 6=zoe ");
  expect_decided (st, "");
  assert_true (store_name_taken (st->store, "ANNA", 2));
  assert_false (store_name_taken (st->store, "anna", 1));
  assert_true (store_name_taken (st->store, "joe_2", 1));
  assert_false (store_name_taken (st->store, "joe_3", 1));
}

static void
test_names_alone_are_not_contested (void **state)
{
  struct state *st = *state;
  state_link (st, 1, LINK_SYNCED, 11, "ann", "ann");
  state_link (st, 2, LINK_SYNCED, 12, "bob", "bob_1");
  state_link (st, 3, LINK_NEW, 0, NULL, NULL);
  state_queue (st, 1, "Ann", "{}");
  send (st, state_queue (st, 3, "cleo", "{}"));
  state_queue (st, 3, "cleo", "{}"); /* beside its own sent row */
  expect_decided (st, "");
  assert_true (store_name_taken (st->store, "bob_1", 1));
  assert_false (store_name_taken (st->store, "bob", 1));
  state_queue (st, 2, "cleo", "{}"); /* what is sent is given */
  expect_decided (st, "2=cleo_1 3=cleo ");
}

static void
test_temporary_names_are_taken (void **state)
{
  struct state *st = *state;
  three_links (st);
  state_queue (st, 1, "ann", "{}");
  struct queued q = newest (st, 1);
  q.temporary_name = strdup ("syncd-0badcafe");
  state_ok (st, store_queue_update (st->store, &q, &st->error));
  queued_fini (&q);
  assert_true (store_name_taken (st->store, "SYNCD-0badcafe", 2));
  assert_false (store_name_taken (st->store, "SYNCD-0badcafe", 1));
  state_queue (st, 2, "syncd-0badcafe", "{}");
  expect_decided (st, "2=syncd-0badcafe_1 ");
}

/* What names are promised is followed through decisions, results and rollbacks. */
static void
test_promises_follow (void **state)
{
  struct state *st = *state;
  three_links (st);
  assert_false (store_name_taken (st->store, "ann", 2));
  int64_t ann = state_queue (st, 1, "ann", "{}");
  assert_true (store_name_taken (st->store, "ann", 2));
  struct queued q = newest (st, 1);
  q.name = strdup ("ann_1");
  state_ok (st, store_queue_update (st->store, &q, &st->error));
  queued_fini (&q);
  assert_false (store_name_taken (st->store, "ann", 2));
  assert_true (store_name_taken (st->store, "ann_1", 2));
  state_ok (st, store_queue_done (st->store, ann, &st->error));
  assert_false (store_name_taken (st->store, "ann_1", 2));
  state_queue (st, 3, "ann_1", "{}");
  assert_true (store_name_promised (st->store, "ANN_1", 2));
  state_reopen (st);
  assert_true (store_name_promised (st->store, "ann_1", 2));
  state_queue (st, 1, "bob", "{}");
  assert_true (store_name_taken (st->store, "bob", 2));
  store_rollback (st->store);
  state_ok (st, store_begin (st->store, &st->error));
  assert_true (store_name_taken (st->store, "ann_1", 2));
  assert_false (store_name_taken (st->store, "bob", 2));
}

static void
test_promises_do_not_pile_up (void **state)
{
  struct state *st = *state;
  enum { ROWS = 26000 };
  three_links (st);
  for (int round = 0; round < 3; round++) {
    int64_t last = 0, rows = round < 2 ? ROWS : 100;
    for (int64_t row = 1; row <= rows; row++)
      last = state_queue (st, row, row % 2 ? "odd" : "even", NULL);
    assert_true (store_name_taken (st->store, "odd", ROWS + 1));
    assert_int_equal (st->store->promise_count, round == 2 ? rows : (round + 1) * ROWS);
    for (int64_t row = 0; row < rows; row++)
      state_ok (st, store_queue_done (st->store, last - row, &st->error));
    assert_false (store_name_taken (st->store, "odd", ROWS + 1));
  }
}

/* Many at once: exactly those that are named, in whatever order, with and without gaps. */
static void
test_many_at_once (void **state)
{
  struct state *st = *state;
  int64_t n[8], marks[5], done[5];
  for (unsigned i = 0; i < 8; i++) {
    int64_t row = state_link (st, i + 1, LINK_NEW, 0, NULL, NULL);
    n[i] = state_queue (st, row, NULL, "{}");
  }
  memcpy (marks, (int64_t[]) { n[6], n[1], n[2], n[0], n[4] }, sizeof marks);
  state_ok (st, store_queue_mark_sent (st->store, marks, 5, &st->error));
  state_ok (st, store_queue_mark_sent (st->store, marks, 2, &st->error)); /* again: nothing */
  expect_each (st, QUEUE_SENT, "1:{} 2:{} 3:{} 5:{} 7:{} ");
  expect_each (st, QUEUE_WAITING, "4:{} 6:{} 8:{} ");
  memcpy (done, (int64_t[]) { n[4], n[2], n[7], n[1], n[3] }, sizeof done);
  state_ok (st, store_queue_all_done (st->store, done, 5, &st->error));
  expect_each (st, QUEUE_SENT, "1:{} 7:{} ");
  expect_each (st, QUEUE_WAITING, "6:{} ");
  state_ok (st, store_queue_all_done (st->store, NULL, 0, &st->error));
  assert_int_equal (store_queue_count (st->store, QUEUE_SENT, -1), 2);
}

static void
expect_bare (struct state *st, int64_t mapping, const char *expected)
{
  char text[200] = "";
  state_ok (st, store_queue_bare_each (st->store, mapping, note, text, &st->error));
  assert_string_equal (text, expected);
}

static int64_t
put_mapped (struct state *st, int64_t row, int64_t mapping, const char *leaves)
{
  struct queued q;
  queued_init (&q);
  q.row = row;
  q.mapping = mapping;
  q.leaves = (char *) leaves;
  state_ok (st, store_queue_put (st->store, &q, &st->error));
  return q.number;
}

static void
put_never (struct state *st, int64_t row)
{
  struct queued q = newest (st, row);
  q.next_try_ms = INT64_MAX;
  state_ok (st, store_queue_update (st->store, &q, &st->error));
  queued_fini (&q);
}

/* G1: whatever cannot be sent as it is, is found and read again: of another mapping, released without
 * values, not told of by the source; also what an earlier process left. */
static void
test_bare_rows (void **state)
{
  struct state *st = *state;
  three_links (st);
  put_mapped (st, 1, 7, "a");
  put_mapped (st, 2, 7, "b");
  expect_bare (st, 7, "");
  expect_bare (st, 8, "1:a 2:b ");
  put_mapped (st, 3, 8, "c");
  expect_bare (st, 8, "1:a 2:b ");
  expect_bare (st, 7, "3:c ");
  put_mapped (st, 1, 8, "d");
  put_mapped (st, 2, 8, "e");
  expect_bare (st, 8, "");
  put_never (st, 2);
  expect_bare (st, 8, "2:e ");
  put_mapped (st, 2, 8, "f");
  state_ok (st, store_queue_hold (st->store, CHANGE_CREATES, "why", &st->error));
  expect_bare (st, 8, "");
  state_ok (st, store_queue_release (st->store, CHANGE_CREATES, &st->error));
  expect_bare (st, 8, "3:- 1:- 2:- ");
  put_mapped (st, 1, 8, "g");
  state_reopen (st);
  expect_bare (st, 8, "3:- 2:- ");
  int64_t sent = put_mapped (st, 2, 9, "h");
  send (st, sent);
  expect_bare (st, 8, "3:- ");
}

static void
expect_counts (struct state *st, int64_t creates, int64_t updates, int64_t leavers, int64_t sent)
{
  assert_int_equal (store_queue_count_kind (st->store, CHANGE_CREATES, QUEUE_WAITING), creates);
  assert_int_equal (store_queue_count_kind (st->store, CHANGE_UPDATES, QUEUE_WAITING), updates);
  assert_int_equal (store_queue_count_kind (st->store, CHANGE_LEAVERS, QUEUE_WAITING), leavers);
  assert_int_equal (store_queue_count (st->store, QUEUE_WAITING, -1), creates + updates + leavers);
  assert_int_equal (store_queue_count (st->store, QUEUE_SENT, -1), sent);
}

/* G4: the numbers that brakes are measured by follow every write, and what is taken back. */
static void
test_counts_follow (void **state)
{
  struct state *st = *state;
  struct link link;
  three_links (st);
  expect_counts (st, 0, 0, 0, 0);
  int64_t first = put_mapped (st, 1, 7, "a");
  put_mapped (st, 2, 7, "b");
  expect_counts (st, 2, 0, 0, 0);
  link_init (&link);
  assert_int_equal (store_link_by_row (st->store, 2, &link, &st->error), 1);
  mem_set_text (&link.account, "account");
  state_ok (st, store_link_put (st->store, &link, &st->error));
  expect_counts (st, 1, 1, 0, 0);
  state_reopen (st);
  expect_counts (st, 1, 1, 0, 0);
  put_mapped (st, 3, 7, "c");
  send (st, first);
  expect_counts (st, 1, 1, 0, 1);
  store_rollback (st->store);
  expect_counts (st, 1, 1, 0, 0);
  state_ok (st, store_begin (st->store, &st->error));
  struct queued q = newest (st, 2);
  q.intent = QUEUE_DISABLE;
  state_ok (st, store_queue_update (st->store, &q, &st->error));
  expect_counts (st, 1, 0, 1, 0);
  state_ok (st, store_put_fact (st->store, "x", "y", 1, &st->error));
  expect_counts (st, 1, 0, 1, 0);
  queued_fini (&q);
  link_fini (&link);
}

int
main (void)
{
#define TEST(f) cmocka_unit_test_setup_teardown (f, state_setup, state_teardown)
  const struct CMUnitTest tests[] = {
    TEST (test_row_is_kept_whole), TEST (test_newest_replaces_waiting),
    TEST (test_newer_waits_beside_sent), TEST (test_take_goes_in_order_and_when_due),
    TEST (test_take_many_and_stop), TEST (test_retry_comes_back_to_the_front),
    TEST (test_retry_gives_way_to_newer), TEST (test_update_of_what_is_gone_is_nothing),
    TEST (test_recover_marks_doubt), TEST (test_doubt_is_never_lost),
    TEST (test_doubt_of_another_kind_counts_as_done),
    TEST (test_withdraw_leaves_sent), TEST (test_numbers_are_not_used_again), TEST (test_brakes),
    TEST (test_forget_takes_the_queue_along), TEST (test_names_contested),
    TEST (test_names_alone_are_not_contested), TEST (test_temporary_names_are_taken),
    TEST (test_promises_follow), TEST (test_promises_do_not_pile_up),
    TEST (test_many_at_once), TEST (test_bare_rows), TEST (test_counts_follow),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
