/* Plugins that belong to somebody else are refused. A program of its own, because only root can
 * give files away, and cmocka's skip() is a failure to TAP. */
#include "config.h"
#include "abi-test.h"

#include <stdio.h>
#include <unistd.h>

#define NOBODY 65534

static void
owned_by_somebody_else (void **state)
{
  (void) state;
  struct sandbox sandbox;
  sandbox_init (&sandbox);
  const char *path = sandbox_copy (&sandbox, "probe", "probe");
  assert_int_equal (chown (path, NOBODY, (gid_t) -1), 0);
  expect_refusal (&sandbox, "probe", 0, "belongs to user 65534", "chown root", NULL);
  assert_int_equal (chown (path, 0, (gid_t) -1), 0);
  assert_int_equal (chown (sandbox.folder, NOBODY, (gid_t) -1), 0);
  expect_refusal (&sandbox, "probe", 0, "belongs to user 65534", "plugin folder", NULL);
  sandbox_fini (&sandbox);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (owned_by_somebody_else) };
  if (geteuid () != 0) {
    puts ("1..0 # SKIP only root can give files away");
    return 0;
  }
  return cmocka_run_group_tests (tests, NULL, NULL);
}
