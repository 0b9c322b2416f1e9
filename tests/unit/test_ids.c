/* Lists of ids that are longer than memory should hold (pipeline/ids.h). */
#include "config.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "pipeline/ids.h"

#define BLOCK ((size_t) 256 << 10)

/* Ids of lengths from 1 to some 300 bytes; some are of the longest kind. */
static void
make_id (unsigned n, char ret_id[65537])
{
  size_t len = (size_t) snprintf (ret_id, 32, "%u", n), more = n % 9000 == 77 ? 65000 : n * 7 % 290;
  memset (ret_id + len, 'a' + (char) (n % 26), more);
  ret_id[len + more] = '\0';
}

static void
add (struct ids *list, unsigned from, unsigned to)
{
  static char id[65537];
  for (unsigned n = from; n < to; n++) {
    make_id (n, id);
    ids_add (list, id);
  }
}

/* All from FROM up to, without, TO come in their order, BATCH at a time. */
static void
expect (struct ids *list, unsigned from, unsigned to, size_t batch)
{
  static char id[65537];
  char *ids[100];
  struct error error;
  int found;
  while ((found = ids_read (list, ids, batch, &error)) > 0)
    for (int i = 0; i < found; i++, from++) {
      make_id (from, id);
      assert_string_equal (ids[i], id);
    }
  assert_int_equal (found, 0);
  assert_int_equal (from, to);
}

static void
test_few (void **state)
{
  (void) state;
  struct ids list = { 0 };
  expect (&list, 0, 0, 10);
  add (&list, 0, 20);
  expect (&list, 0, 20, 7);
  expect (&list, 20, 20, 7);
  add (&list, 20, 25);
  expect (&list, 20, 25, 1);
  ids_rewind (&list);
  expect (&list, 0, 25, 100);
  assert_false (list.spilled);
  ids_fini (&list);
  assert_int_equal (list.count, 0);
}

/* However many there are, memory holds a block of them. */
static void
test_many (void **state)
{
  (void) state;
  struct ids list = { 0 };
  add (&list, 0, 30000);
  assert_int_equal (list.count, 30000);
  assert_true (list.spilled && list.size <= BLOCK);
  expect (&list, 0, 30000, 100);
  ids_rewind (&list);
  expect (&list, 0, 30000, 1);
  add (&list, 30000, 40000);
  expect (&list, 30000, 40000, 33);
  ids_rewind (&list);
  expect (&list, 0, 40000, 100);
  assert_true (list.size <= BLOCK);
  ids_fini (&list);
}

/* No room and no folder: memory has to do, and nobody is left out. */
static void
test_no_file (void **state)
{
  (void) state;
  struct ids list = { 0 };
  const char *before = getenv ("TMPDIR");
  char *kept = before ? strdup (before) : NULL;
  setenv ("TMPDIR", "/nonexistent", 1);
  add (&list, 0, 9000);
  if (kept)
    setenv ("TMPDIR", kept, 1);
  else
    unsetenv ("TMPDIR");
  free (kept);
  assert_false (list.spilled);
  expect (&list, 0, 9000, 100);
  ids_fini (&list);
}

static void
test_full_disk (void **state)
{
  (void) state;
  struct ids list = { 0 };
  struct rlimit before, small;
  assert_int_equal (getrlimit (RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 1000000;
  signal (SIGXFSZ, SIG_IGN);
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &small), 0);
  add (&list, 0, 20000);
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &before), 0);
  signal (SIGXFSZ, SIG_DFL);
  assert_true (list.spilled && list.kept);
  add (&list, 20000, 30000);
  expect (&list, 0, 30000, 100);
  ids_rewind (&list);
  expect (&list, 0, 30000, 1);
  ids_fini (&list);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_few),
    cmocka_unit_test (test_many),
    cmocka_unit_test (test_no_file),
    cmocka_unit_test (test_full_disk),
  };
  return cmocka_run_group_tests_name ("ids", tests, NULL, NULL);
}
