/* G2 in the store: killed at any instant, and walks that write. */
#include "config.h"
#include "state.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- killed ------------------------------------------------------------------------------------ */

/* Each transaction: a fact with the number N, one link and one queue row more, one row sent. */
static void
write_until_killed (const char *path, int out)
{
  struct state st = { .folder = "" };
  struct buffer fact;
  unsigned n = 0;
  snprintf (st.path, sizeof st.path, "%s", path);
  buffer_init (&fact, 100);
  state_ok (&st, store_open (st.path, STORE_WRITE, &st.store, &st.error));
  if (store_get_fact (st.store, "n", &fact))
    n = (unsigned) atoi (buffer_text (&fact));
  for (;;) {
    char text[20];
    n++;
    int len = snprintf (text, sizeof text, "%u", n);
    state_ok (&st, store_begin (st.store, &st.error));
    state_ok (&st, store_put_fact (st.store, "n", text, (size_t) len, &st.error));
    int64_t number = state_queue (&st, state_link (&st, n, LINK_NEW, 0, text, NULL), text, text);
    state_ok (&st, store_queue_mark_sent (st.store, &number, 1, &st.error));
    state_ok (&st, store_commit (st.store, &st.error));
    if (write (out, &n, sizeof n) != sizeof n)
      _exit (1);
  }
}

/* The last number that the child committed, as it told before it died. */
static unsigned
run_and_kill (const char *path, long us)
{
  int ends[2], status;
  unsigned n, last = 0;
  struct timespec time = { us / 1000000, us % 1000000 * 1000 };
  assert_int_equal (pipe (ends), 0);
  pid_t child = fork ();
  if (child == 0) {
    close (ends[0]);
    write_until_killed (path, ends[1]);
  }
  close (ends[1]);
  nanosleep (&time, NULL);
  assert_int_equal (kill (child, SIGKILL), 0);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  while (read (ends[0], &n, sizeof n) == sizeof n)
    last = n;
  close (ends[0]);
  return last;
}

static void
check_whole (struct state *st, unsigned told, unsigned *ret_n)
{
  struct buffer fact;
  struct store_counts counts;
  buffer_init (&fact, 100);
  unsigned n = store_get_fact (st->store, "n", &fact) ? (unsigned) atoi (buffer_text (&fact)) : 0;
  assert_true (n == told || n == told + 1); /* committed, but not yet told */
  state_ok (st, store_counts (st->store, &counts, &st->error));
  assert_int_equal (counts.entries, n);
  assert_int_equal (counts.queued, n);
  assert_int_equal (store_queue_count (st->store, QUEUE_SENT, -1), n - *ret_n);
  assert_int_equal (store_queue_recover (st->store, &st->error), n - *ret_n);
  buffer_fini (&fact);
  *ret_n = n;
}

static void
test_killed_at_any_instant (void **state)
{
  struct state *st = *state;
  unsigned n = 0;
  srand (20261123); /* the same instants, as far as a machine can */
  state_close (st);
  unsigned slow = 1; /* a busy machine, or valgrind, needs longer to write anything at all */
  for (int round = 0; round < 25; round++) {
    unsigned told = run_and_kill (st->path, (int) slow * (2000 + rand () % 30000));
    if (told == 0 && slow < 64)
      slow *= 2;
    state_open (st);
    check_whole (st, told ? told : n, &n);
    state_close (st);
  }
  state_sql (st, "CREATE TEMP TABLE sound (x CHECK (x = 'ok'));"
                 "INSERT INTO sound SELECT integrity_check FROM pragma_integrity_check");
  state_open (st);
  assert_true (n > 0);
}

static void
test_killed_while_made (void **state)
{
  struct state *st = *state, other = *st;
  for (int round = 0; round < 15; round++) {
    snprintf (other.path, sizeof other.path, "%s/s/made%d.db", st->folder, round);
    unsigned n = 0, told = run_and_kill (other.path, 300 + round * 500);
    state_open (&other);
    check_whole (&other, told, &n);
    state_close (&other);
  }
}

/* ---- walks whose visitor writes ------------------------------------------------------------------ */

struct visits {
  struct state *st;
  int count;
  int64_t last;
};

/* Writes the row and forgets the next one. */
static int
change_and_forget (void *data, struct link *link)
{
  struct visits *visits = data;
  assert_true (link->row > visits->last);
  visits->last = link->row;
  visits->count++;
  link->status = LINK_LEFT;
  state_ok (visits->st, store_link_put (visits->st->store, link, &visits->st->error));
  state_ok (visits->st, store_link_forget (visits->st->store, link->row + 1, &visits->st->error));
  return 0;
}

static void
test_walk_and_write (void **state)
{
  struct state *st = *state;
  struct visits visits = { st, 0, 0 };
  for (unsigned n = 1; n <= 3000; n++)
    state_link (st, n, LINK_SYNCED, n + 5000, NULL, NULL);
  state_ok (st, store_links_each (st->store, LINKS_PRESENT, 0, change_and_forget, &visits, &st->error));
  assert_int_equal (visits.count, 1500);
  assert_int_equal (state_entries (st), 1500);
}

static void
test_absent (void **state)
{
  struct state *st = *state;
  struct visits visits = { st, 0, 0 };
  unsigned char seen[3000 / 8 + 1];
  for (unsigned n = 1; n <= 3000; n++)
    state_link (st, n, n % 5 ? LINK_SYNCED : LINK_DISABLED, n + 5000, NULL, NULL);
  memset (seen, 0xff, sizeof seen);
  for (unsigned row = 4; row < 2900; row += 4)
    seen[row / 8] &= (unsigned char) ~(1u << row % 8);
  assert_int_equal (store_max_row (st->store), 3000);
  state_ok (st, store_absent_each (st->store, seen, 2800, change_and_forget, &visits, &st->error));
  /* Rows 4, 8, … 2796 but those of every fifth, which had left already. */
  assert_int_equal (visits.count, 699 - 139);
}

static int
note_absent (void *data, struct link *link)
{
  unsigned char *absent = data;
  absent[link->row]++;
  return 0;
}

/* G3: whatever the runs of those who were seen are like, each of the others is named once. */
static void
test_G3_absent_runs (void **state)
{
  struct state *st = *state;
  enum { ROWS = 5000 };
  static unsigned char seen[ROWS / 8 + 2], absent[ROWS + 1];
  for (unsigned n = 1; n <= ROWS; n++)
    state_link (st, n, LINK_SYNCED, n + 9000, NULL, NULL);
  srand (7);
  for (int run = 1; run < 6000; run = run * 3 + 1) {
    memset (seen, 0, sizeof seen);
    memset (absent, 0, sizeof absent);
    for (int row = 1, left = 0, on = run % 2; row <= ROWS; row++, left--) {
      if (left <= 0) {
        left = 1 + rand () % run;
        on = !on;
      }
      if (on)
        seen[row / 8] |= (unsigned char) (1u << row % 8);
    }
    state_ok (st, store_absent_each (st->store, seen, ROWS - 3, note_absent, absent, &st->error));
    for (int row = 1; row <= ROWS; row++)
      assert_int_equal (absent[row], row < ROWS - 3 && !(seen[row / 8] & 1u << row % 8));
  }
}

static int
count_links (void *data, struct link *link)
{
  struct visits *visits = data;
  visits->last = link->row;
  return ++visits->count == 2 ? 9 : 0;
}

static void
expect_filter (struct state *st, enum link_filter filter, int64_t now_ms, int count, int64_t last)
{
  struct visits visits = { st, 10, 0 };
  state_ok (st, store_links_each (st->store, filter, now_ms, count_links, &visits, &st->error));
  assert_int_equal (visits.count - 10, count);
  assert_int_equal (visits.last, last);
}

static void
change (struct state *st, int64_t row, const char *parked, int64_t next, int64_t again, unsigned flags)
{
  struct link link;
  link_init (&link);
  assert_int_equal (store_link_by_row (st->store, row, &link, &st->error), 1);
  link.parked = parked ? strdup (parked) : NULL;
  link.next_try_ms = next;
  link.reevaluate_at_ms = again;
  link.flags = flags;
  state_ok (st, store_link_put (st->store, &link, &st->error));
  link_fini (&link);
}

static void
test_filters (void **state)
{
  struct state *st = *state;
  struct store_counts counts;
  static const enum link_status status[] = { LINK_NEW, LINK_SYNCED, LINK_DISABLED, LINK_DELETED,
                                             LINK_LEFT, LINK_SYNCED };
  for (unsigned n = 0; n < 6; n++)
    state_link (st, n + 1, status[n], n ? n + 50 : 0, NULL, NULL);
  change (st, 1, "bad mail", 500, 0, 0);
  change (st, 2, NULL, 0, 300, LINK_REFERENCES | LINK_INACTIVE);
  change (st, 3, "now", 0, 0, 0);
  change (st, 6, "never", INT64_MAX, 0, LINK_REFERENCES | LINK_ADOPTED);
  expect_filter (st, LINKS_ALL, 0, 6, 6);
  expect_filter (st, LINKS_PARKED, 0, 3, 6);
  expect_filter (st, LINKS_DUE, 299, 1, 3);
  expect_filter (st, LINKS_DUE, 300, 2, 2);
  expect_filter (st, LINKS_DUE, 500, 3, 1);
  expect_filter (st, LINKS_PRESENT, 0, 3, 6);
  expect_filter (st, LINKS_REFERENCES, 0, 2, 6);
  struct visits visits = { st, 0, 0 };
  assert_int_equal (store_links_each (st->store, LINKS_ALL, 0, count_links, &visits, &st->error), 9);
  state_ok (st, store_counts (st->store, &counts, &st->error));
  assert_int_equal (counts.entries, 6);
  assert_int_equal (counts.owned, 3);
  assert_int_equal (counts.active, 1);
  assert_int_equal (counts.disabled, 1);
  assert_int_equal (counts.parked, 3);
}

struct due {
  struct state *st;
  unsigned char seen[5001];
  int64_t last_ms;
};

/* Tried again, it is due later. */
static int
try_again (void *data, struct link *link)
{
  struct due *due = data;
  assert_true (link->next_try_ms >= due->last_ms);
  due->last_ms = link->next_try_ms;
  due->seen[link->row]++;
  link->next_try_ms = 1000000;
  state_ok (due->st, store_link_put (due->st->store, link, &due->st->error));
  return 0;
}

/* However many are due, at however few moments, each comes once, in the order of their times. */
static void
test_due (void **state)
{
  struct state *st = *state;
  static struct due due;
  due.st = st;
  for (unsigned n = 1; n <= 5000; n++) {
    int64_t row = state_link (st, n, LINK_NEW, 0, NULL, NULL);
    change (st, row, "bad", n % 7 ? 10 + n % 3 : 500, 0, 0);
  }
  state_ok (st, store_links_each (st->store, LINKS_DUE, 499, try_again, &due, &st->error));
  for (unsigned n = 1; n <= 5000; n++)
    assert_int_equal (due.seen[n], n % 7 ? 1 : 0);
}

/* Freed pages go back, and the log is cut. */
static void
test_tidy_shrinks (void **state)
{
  struct state *st = *state;
  char leaves[2001];
  memset (leaves, 'x', sizeof leaves - 1);
  leaves[sizeof leaves - 1] = '\0';
  for (unsigned n = 1; n <= 1000; n++)
    state_queue (st, state_link (st, n, LINK_NEW, 0, NULL, NULL), NULL, leaves);
  state_ok (st, store_commit (st->store, &st->error));
  state_ok (st, store_tidy (st->store, &st->error));
  long full = state_size (st, "");
  state_ok (st, store_begin (st->store, &st->error));
  for (int64_t n = 1; n <= 1000; n++)
    state_ok (st, store_queue_done (st->store, n, &st->error));
  state_ok (st, store_commit (st->store, &st->error));
  state_ok (st, store_tidy (st->store, &st->error));
  assert_int_equal (state_size (st, "-wal"), 0);
  assert_true (state_size (st, "") < full / 4);
  state_ok (st, store_begin (st->store, &st->error));
}

int
main (void)
{
#define TEST(f) cmocka_unit_test_setup_teardown (f, state_setup, state_teardown)
  const struct CMUnitTest tests[] = {
    TEST (test_killed_at_any_instant), TEST (test_killed_while_made),
    TEST (test_walk_and_write), TEST (test_absent), TEST (test_G3_absent_runs), TEST (test_filters),
    TEST (test_due), TEST (test_tidy_shrinks),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
