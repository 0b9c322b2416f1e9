/* Opening the store: what is refused and how it is said, the lock, readers without a trace. */
#include "config.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/internal.h"

/* Opening fails, and the text has all of these (comma-separated) in it. */
static void
expect_refused (struct state *st, enum store_mode mode, int exit_status, const char *words)
{
  struct store *store = NULL;
  char list[200];
  snprintf (list, sizeof list, "%s", words);
  assert_int_equal (store_open (st->path, mode, &store, &st->error), -1);
  assert_null (store);
  assert_non_null (strstr (st->error.text, "state.db"));
  for (char *save, *word = strtok_r (list, ",", &save); word; word = strtok_r (NULL, ",", &save))
    if (!strstr (st->error.text, word))
      fail_msg ("no \"%s\" in: %s", word, st->error.text);
  assert_int_equal (st->error.exit_status, exit_status);
}

static unsigned
mode_of (const char *name)
{
  struct stat about;
  assert_int_equal (stat (name, &about), 0);
  return about.st_mode & 07777;
}

static void
test_files_are_private (void **state)
{
  struct state *st = *state;
  char name[160];
  static const char *const endings[] = { "", "-wal", "-shm", ".lock" };
  snprintf (name, sizeof name, "%s/s", st->folder);
  assert_int_equal (mode_of (name), 0700);
  for (size_t i = 0; i < 4; i++) {
    snprintf (name, sizeof name, "%s%s", st->path, endings[i]);
    assert_int_equal (mode_of (name), 0600);
  }
  assert_false (state_there (st, ".new"));
}

static void
test_key_is_kept (void **state)
{
  struct state *st = *state;
  unsigned char key[HASH_KEY_LEN], zero[HASH_KEY_LEN] = { 0 };
  memcpy (key, store_key (st->store), sizeof key);
  assert_memory_not_equal (key, zero, sizeof key);
  state_reopen (st);
  assert_memory_equal (key, store_key (st->store), sizeof key);
}

static void
test_readable_by_others (void **state)
{
  struct state *st = *state;
  state_close (st);
  assert_int_equal (chmod (st->path, 0640), 0);
  expect_refused (st, STORE_WRITE, 2, "0640,chmod 600");
  expect_refused (st, STORE_READ, 2, "0640,chmod 600");
}

static void
test_newer_format (void **state)
{
  struct state *st = *state;
  state_close (st);
  state_sql (st, "PRAGMA user_version = 7");
  expect_refused (st, STORE_WRITE, 2, "format 7,newer");
  expect_refused (st, STORE_READ, 2, "format 7");
}

static void
test_another_database (void **state)
{
  struct state *st = *state;
  state_close (st);
  state_sql (st, "PRAGMA application_id = 5");
  expect_refused (st, STORE_WRITE, 2, "no state of syncd");
}

static void
test_missing_table (void **state)
{
  struct state *st = *state;
  state_close (st);
  state_sql (st, "DROP TABLE queue");
  expect_refused (st, STORE_WRITE, 1, "damaged,-wal,backup,externalId");
}

static void
test_missing_key (void **state)
{
  struct state *st = *state;
  state_close (st);
  state_sql (st, "DELETE FROM fact");
  expect_refused (st, STORE_WRITE, 1, "damaged,key");
}

static void
write_at (struct state *st, long offset, const char *bytes, size_t len)
{
  int fd = open (st->path, O_WRONLY);
  assert_true (fd >= 0);
  assert_int_equal (pwrite (fd, bytes, len, offset), len);
  close (fd);
}

static void
test_damaged (void **state)
{
  struct state *st = *state;
  state_close (st);
  long size = state_size (st, "");
  assert_int_equal (truncate (st->path, size - 4096), 0);
  expect_refused (st, STORE_WRITE, 1, "damaged,backup,externalId");
  write_at (st, 0, "rubbish, not a database", 23);
  expect_refused (st, STORE_WRITE, 1, "damaged,backup");
  expect_refused (st, STORE_READ, 1, "damaged,backup");
  assert_int_equal (truncate (st->path, 0), 0);
  expect_refused (st, STORE_WRITE, 1, "empty,damaged");
  assert_int_equal (state_size (st, ""), 0); /* never recreated */
}

/* Damage that shows only later is an error then, and nothing is decided by it. */
static void
test_damage_found_later (void **state)
{
  struct state *st = *state;
  static char rubbish[4096];
  struct link link;
  struct buffer out;
  link_init (&link);
  buffer_init (&out, 1000);
  memset (rubbish, 0xff, sizeof rubbish);
  state_ok (st, store_put_fact (st->store, "checkpoint", "x", 1, &st->error));
  for (unsigned n = 1; n < 500; n++)
    state_link (st, n, LINK_SYNCED, n + 1000, "name", "name");
  state_close (st);
  for (long at = 2 * 4096, size = state_size (st, ""); at < size; at += 4096)
    write_at (st, at, rubbish, sizeof rubbish);
  struct store *store = NULL;
  if (store_open (st->path, STORE_WRITE, &store, &st->error) == 0) {
    assert_int_equal (store_link_by_id (store, state_id (3), &link, &st->error), -1);
    assert_int_equal (store_get_fact (store, "checkpoint", &out), 0);
    assert_true (store_name_taken (store, "free", 1));
    assert_int_equal (store_begin (store, &st->error), -1);
    store_close (store);
  }
  assert_non_null (strstr (st->error.text, "damaged"));
  buffer_fini (&out);
}

static void
test_not_a_regular_file (void **state)
{
  struct state *st = *state;
  state_close (st);
  assert_int_equal (unlink (st->path), 0);
  assert_int_equal (mkdir (st->path, 0700), 0);
  expect_refused (st, STORE_WRITE, 2, "regular file");
  assert_int_equal (rmdir (st->path), 0);
  assert_int_equal (symlink ("nowhere", st->path), 0);
  expect_refused (st, STORE_WRITE, 2, "symbolic link to nothing");
  assert_false (state_there (st, ""));
}

/* Two names of one file are one state with one lock. */
static void
test_symlink_shares_the_lock (void **state)
{
  struct state *st = *state, other = *st;
  snprintf (other.path, sizeof other.path, "%s/state.db", st->folder);
  assert_int_equal (symlink (st->path, other.path), 0);
  expect_refused (&other, STORE_WRITE, 1, "locked");
}

static void
test_folders (void **state)
{
  struct state *st = *state, other = *st;
  snprintf (other.path, sizeof other.path, "%s/a/b/state.db", st->folder);
  struct store *store = (struct store *) st;
  assert_int_equal (store_open (other.path, STORE_READ, &store, &other.error), 0);
  assert_null (store);
  assert_int_equal (store_open (other.path, STORE_WRITE, &store, &other.error), -1);
  assert_non_null (strstr (other.error.text, "folder above"));
  assert_int_equal (other.error.exit_status, 2);
}

static void
test_network_file_systems (void **state)
{
  (void) state;
  assert_string_equal (store_file_network (0x6969), "NFS");
  assert_string_equal (store_file_network (0xff534d42UL), "CIFS");
  assert_string_equal (store_file_network (0xfffffffffe534d42UL), "SMB");
  assert_null (store_file_network (0xef53)); /* ext4 */
  assert_null (store_file_network (0x01021994)); /* tmpfs */
}

static void
test_locked_by_another (void **state)
{
  struct state *st = *state;
  char words[60];
  int status;
  snprintf (words, sizeof words, "locked by pid %ld on ,since 20", (long) getpid ());
  pid_t child = fork ();
  if (child == 0) {
    struct store *store = NULL;
    struct error error;
    int rc = store_open (st->path, STORE_WRITE, &store, &error);
    if (rc == -1 && error.exit_status == 1)
      kill (getpid (), SIGKILL);
    _exit (1);
  }
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFSIGNALED (status));
  expect_refused (st, STORE_WRITE, 1, words);
  state_close (st);
  assert_int_equal (state_size (st, ".lock"), 0); /* stays, empty */
  state_open (st);
}

/* ---- readers -------------------------------------------------------------------------------- */

static int64_t
read_entries (struct state *st)
{
  struct store *store = NULL;
  struct store_counts counts;
  state_ok (st, store_open (st->path, STORE_READ, &store, &st->error));
  assert_non_null (store);
  state_ok (st, store_counts (store, &counts, &st->error));
  assert_int_equal (store_begin (store, &st->error), 0);
  assert_int_equal (store_put_fact (store, "x", "y", 1, &st->error), -1);
  store_rollback (store);
  store_close (store);
  return counts.entries;
}

static void
test_reader_beside_writer (void **state)
{
  struct state *st = *state;
  state_link (st, 1, LINK_NEW, 0, NULL, NULL);
  assert_int_equal (read_entries (st), 0);
  state_ok (st, store_commit (st->store, &st->error));
  assert_int_equal (read_entries (st), 1);
  state_ok (st, store_begin (st->store, &st->error));
}

static void
test_reader_leaves_no_trace (void **state)
{
  struct state *st = *state;
  struct stat before, after;
  char name[128];
  state_link (st, 1, LINK_NEW, 0, NULL, NULL);
  state_close (st);
  assert_int_equal (state_size (st, "-wal"), 0); /* cut, but there for readers */
  assert_int_equal (stat (st->path, &before), 0);
  assert_int_equal (read_entries (st), 1);
  assert_int_equal (stat (st->path, &after), 0);
  assert_int_equal (before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
  assert_int_equal (state_size (st, "-wal"), 0);
  /* A copy of the file alone. */
  static const char *const endings[] = { "-wal", "-shm", ".lock" };
  for (size_t i = 0; i < 3; i++) {
    snprintf (name, sizeof name, "%s%s", st->path, endings[i]);
    assert_int_equal (unlink (name), 0);
  }
  assert_int_equal (read_entries (st), 1);
  for (size_t i = 0; i < 3; i++)
    assert_false (state_there (st, endings[i]));
}

static void
test_reader_after_a_crash (void **state)
{
  struct state *st = *state;
  int status;
  state_close (st);
  pid_t child = fork ();
  if (child == 0) {
    state_open (st);
    state_link (st, 1, LINK_NEW, 0, NULL, NULL);
    if (store_commit (st->store, &st->error) == 0)
      kill (getpid (), SIGKILL);
    _exit (1);
  }
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFSIGNALED (status));
  long log = state_size (st, "-wal");
  assert_true (log > 0);
  assert_int_equal (read_entries (st), 1); /* from the log */
  assert_int_equal (state_size (st, "-wal"), log);
  state_open (st);
}

static void
test_reader_without_a_state (void **state)
{
  struct state *st = *state, other = *st;
  struct store *store = (struct store *) st;
  snprintf (other.path, sizeof other.path, "%s/s/none.db", st->folder);
  assert_int_equal (store_open (other.path, STORE_READ, &store, &other.error), 0);
  assert_null (store);
  assert_false (state_there (&other, ""));
  assert_false (state_there (&other, ".lock"));
}

/* What a what-if pass writes is in its copy alone. */
static void
test_scratch (void **state)
{
  struct state *st = *state, other = *st;
  struct stat before, after;
  state_queue (st, state_link (st, 1, LINK_NEW, 0, NULL, NULL), "joe", "{}");
  state_close (st);
  assert_int_equal (stat (st->path, &before), 0);
  for (int with_state = 1; with_state >= 0; with_state--) {
    if (!with_state)
      snprintf (other.path, sizeof other.path, "%s/none/none.db", st->folder);
    state_ok (&other, store_open (other.path, STORE_SCRATCH, &other.store, &other.error));
    assert_int_equal (store_queue_count (other.store, QUEUE_WAITING, -1), with_state);
    state_ok (&other, store_begin (other.store, &other.error));
    state_queue (&other, state_link (&other, 2, LINK_NEW, 0, NULL, NULL), "JOE", "{}");
    state_ok (&other, store_commit (other.store, &other.error));
    assert_int_equal (store_name_taken (other.store, "joe", 99), 1);
    store_close (other.store);
  }
  assert_int_equal (stat (st->path, &after), 0);
  assert_int_equal (before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
  assert_int_equal (state_size (st, "-wal"), 0);
  snprintf (other.path, sizeof other.path, "%s/none", st->folder);
  assert_false (state_there (&other, ""));
  assert_int_equal (read_entries (st), 1);
}

static void
test_path_with_uri_characters (void **state)
{
  struct state *st = *state, other = *st;
  snprintf (other.path, sizeof other.path, "%s/s/a?b#c%%20state.db", st->folder);
  state_open (&other);
  state_link (&other, 1, LINK_NEW, 0, NULL, NULL);
  state_close (&other);
  assert_int_equal (read_entries (&other), 1);
}

int
main (void)
{
#define TEST(f) cmocka_unit_test_setup_teardown (f, state_setup, state_teardown)
  const struct CMUnitTest tests[] = {
    TEST (test_files_are_private), TEST (test_key_is_kept), TEST (test_readable_by_others),
    TEST (test_newer_format), TEST (test_another_database), TEST (test_missing_table),
    TEST (test_missing_key), TEST (test_damaged), TEST (test_damage_found_later),
    TEST (test_not_a_regular_file), TEST (test_symlink_shares_the_lock), TEST (test_folders),
    TEST (test_network_file_systems), TEST (test_locked_by_another),
    TEST (test_reader_beside_writer), TEST (test_reader_leaves_no_trace),
    TEST (test_reader_after_a_crash), TEST (test_reader_without_a_state),
    TEST (test_scratch), TEST (test_path_with_uri_characters),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
