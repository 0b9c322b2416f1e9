/* G2 in the store: the disk is full, at any write and in the middle of a transaction. */
#include "config.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "store/internal.h"

/* ---- at any write ------------------------------------------------------------------------------ */

static sqlite3_vfs full_vfs, *real_vfs;
/* Locked and unlocked files have methods of their own, with one xWrite. */
static struct { const sqlite3_io_methods *real; sqlite3_io_methods full; } methods[8];
static int writes_left = -1; /* -1: a healthy disk */
static int failure = SQLITE_FULL;

static int
full_write (sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
  if (writes_left == 0)
    return failure;
  if (writes_left > 0)
    writes_left--;
  return methods[0].real->xWrite (file, bytes, len, offset);
}

/* The real file, with another xWrite. */
static int
full_open (sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
  (void) vfs;
  int rc = real_vfs->xOpen (real_vfs, name, file, flags, ret_flags);
  if (rc == SQLITE_OK && file->pMethods) {
    size_t i = 0;
    while (methods[i].real && methods[i].real != file->pMethods)
      assert_true (++i < sizeof methods / sizeof *methods);
    methods[i].real = file->pMethods;
    methods[i].full = *file->pMethods;
    methods[i].full.xWrite = full_write;
    file->pMethods = &methods[i].full;
  }
  return rc;
}

static void
use_full_disk (void)
{
  real_vfs = sqlite3_vfs_find (NULL);
  full_vfs = *real_vfs;
  full_vfs.zName = "full";
  full_vfs.xOpen = full_open;
  assert_int_equal (sqlite3_vfs_register (&full_vfs, 1), SQLITE_OK);
}

static int
write_some (struct state *st, unsigned from)
{
  struct link link;
  int result = store_begin (st->store, &st->error);
  for (unsigned n = from; n < from + 20 && result == 0; n++) {
    char id[40];
    snprintf (id, sizeof id, "%s", state_id (n));
    link_init (&link);
    link.id = id;
    result = store_link_put (st->store, &link, &st->error);
  }
  return result ? result : store_commit (st->store, &st->error);
}

static void
survive (struct state *st, int how, const char *words)
{
  failure = how;
  for (int n = 0; n < 12; n++) {
    int64_t before = state_entries (st);
    writes_left = n;
    int result = write_some (st, 1000 * (unsigned) (n + 1) + (unsigned) how);
    writes_left = -1;
    if (result) {
      assert_non_null (strstr (st->error.text, words));
      assert_non_null (strstr (st->error.text, "Nothing that was recorded is lost"));
      store_rollback (st->store);
    }
    assert_int_equal (state_entries (st), before + (result ? 0 : 20));
    state_ok (st, write_some (st, 100000 * (unsigned) (n + 1) + (unsigned) how)); /* goes on */
    assert_int_equal (state_entries (st), before + (result ? 20 : 40));
  }
}

static void
test_disk_full (void **state)
{
  struct state *st = *state;
  state_ok (st, store_commit (st->store, &st->error));
  survive (st, SQLITE_FULL, "disk (or quota) is full");
  survive (st, SQLITE_IOERR_WRITE, "cannot be read or written");
  state_ok (st, store_begin (st->store, &st->error));
  int64_t before = state_entries (st);
  state_reopen (st);
  assert_int_equal (state_entries (st), before);
}

static void
test_disk_full_at_creation (void **state)
{
  struct state *st = *state, other = *st;
  struct store *store = NULL;
  int refused = 0;
  failure = SQLITE_FULL;
  snprintf (other.path, sizeof other.path, "%s/s/new.db", st->folder);
  for (int n = 0; n < 100; n++) {
    writes_left = n;
    int rc = store_open (other.path, STORE_WRITE, &store, &other.error);
    writes_left = -1;
    if (rc == 0)
      break;
    assert_false (state_there (&other, ".new"));
    if (state_there (&other, ""))
      break; /* all or nothing: it is whole */
    refused++;
  }
  assert_true (refused > 3);
  if (!store)
    state_ok (&other, store_open (other.path, STORE_WRITE, &store, &other.error));
  store_close (store);
}

/* ---- in the middle of a transaction ------------------------------------------------------------ */

#define FIRST_WORDS "disk (or quota) is full. Nothing that was recorded is lost"

/* The file may grow by so many pages and no more (0: as it likes): what SQLite answers then is what it
 * answers where a page of the cache has no room on the disk. */
static void
allow_pages (struct state *st, int more)
{
  char sql[120];
  sqlite3_stmt *s = NULL;
  assert_int_equal (sqlite3_prepare_v2 (st->store->db, "PRAGMA page_count", -1, &s, NULL), SQLITE_OK);
  assert_int_equal (sqlite3_step (s), SQLITE_ROW);
  snprintf (sql, sizeof sql, "PRAGMA max_page_count = %d",
            more ? sqlite3_column_int (s, 0) + more : 1000000000);
  sqlite3_finalize (s);
  assert_int_equal (sqlite3_exec (st->store->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* Somebody new, and what is to be done for them: two rows that belong together. */
static int
write_one (struct state *st, unsigned n)
{
  char leaves[801];
  struct link link;
  struct queued q;
  memset (leaves, 'x', sizeof leaves - 1);
  leaves[sizeof leaves - 1] = '\0';
  link_init (&link);
  link.id = strdup (state_id (n));
  int result = store_link_put (st->store, &link, &st->error);
  queued_init (&q);
  q.row = link.row;
  q.leaves = strdup (leaves);
  if (result == 0)
    result = store_queue_put (st->store, &q, &st->error);
  queued_fini (&q);
  link_fini (&link);
  return result;
}

/* How many there are, counted by a connection of its own. */
static int64_t
rows (const struct state *st, const char *table)
{
  char sql[80];
  sqlite3 *db = NULL;
  sqlite3_stmt *s = NULL;
  snprintf (sql, sizeof sql, "SELECT count(*) FROM %s", table);
  assert_int_equal (sqlite3_open_v2 (st->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
  assert_int_equal (sqlite3_prepare_v2 (db, sql, -1, &s, NULL), SQLITE_OK);
  assert_int_equal (sqlite3_step (s), SQLITE_ROW);
  int64_t count = sqlite3_column_int64 (s, 0);
  sqlite3_finalize (s);
  sqlite3_close (db);
  return count;
}

/* A transaction that is full after some people, and goes on as if nothing had been, with room again. */
static void
fail_in_the_middle (struct state *st, int pages, unsigned from)
{
  unsigned n = from;
  allow_pages (st, pages);
  while (write_one (st, n++) == 0)
    assert_true (n < from + 9000);
  assert_true (n > from + 1);
  assert_non_null (strstr (st->error.text, FIRST_WORDS));
  assert_true (sqlite3_get_autocommit (st->store->db)); /* SQLite gave up all of it */
  allow_pages (st, 0);
}

/* Whoever goes on is refused, in the words of what failed first. */
static void
expect_refused (struct state *st, int result)
{
  assert_int_equal (result, -1);
  assert_non_null (strstr (st->error.text, FIRST_WORDS));
  st->error.text[0] = '\0';
}

static void
expect_nothing_stayed (struct state *st, int64_t before)
{
  struct buffer fact;
  buffer_init (&fact, 100);
  assert_int_equal (rows (st, "link"), before);
  assert_int_equal (rows (st, "queue"), before);
  assert_false (store_get_fact (st->store, "half", &fact));
  buffer_fini (&fact);
}

static void
test_G2_a_transaction_in_which_the_disk_was_full_leaves_nothing (void **state)
{
  struct state *st = *state;
  for (int pages = 1; pages < 40; pages += 4) {
    unsigned from = 10000 * (unsigned) pages;
    state_ok (st, write_one (st, from));
    state_reopen (st); /* which compares the tally with what is there */
    int64_t before = rows (st, "link");
    fail_in_the_middle (st, pages, from + 1);
    int one = write_one (st, from + 9001), fact = store_put_fact (st->store, "half", "1", 1, NULL);
    int commit = store_commit (st->store, &st->error);
    expect_nothing_stayed (st, before);
    expect_refused (st, commit);
    expect_refused (st, store_begin (st->store, &st->error));
    assert_int_equal (one, -1);
    assert_int_equal (fact, -1);
    store_rollback (st->store);
    state_ok (st, store_begin (st->store, &st->error)); /* goes on */
    assert_int_equal (state_entries (st), before);
    state_ok (st, write_one (st, from + 9002));
    state_reopen (st);
    assert_int_equal (rows (st, "queue"), before + 1);
    assert_int_equal (state_entries (st), before + 1);
  }
}

int
main (void)
{
  use_full_disk ();
#define TEST(f) cmocka_unit_test_setup_teardown (f, state_setup, state_teardown)
  const struct CMUnitTest tests[] = {
    TEST (test_disk_full), TEST (test_disk_full_at_creation),
    TEST (test_G2_a_transaction_in_which_the_disk_was_full_leaves_nothing),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
