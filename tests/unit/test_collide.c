/* Who may have a name, and the brakes (guarantees: Collisions, Brakes; G4, G5, G12). */
#include "config.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "plan/collide.h"
#include "util/mem.h"

static void
expect_candidate (const char *format, const char *wanted, int n, const char *expected)
{
  MEM_AUTO char *name = collide_candidate (format, wanted, n);
  assert_string_equal (name, expected);
}

static void
test_candidates (void **state)
{
  (void) state;
  expect_candidate ("{base}_{n}", "jsmith", 0, "jsmith");
  expect_candidate ("{base}_{n}", "jsmith", 1, "jsmith_1");
  expect_candidate ("{base}_{n}", "jsmith@example.com", 12, "jsmith_12@example.com");
  expect_candidate ("{n}.{base}", "\"a@b\"@example.com", 1, "1.\"a@b\"@example.com");
  expect_candidate ("{base}", "jsmith", 2, "jsmith2");
  expect_candidate ("{base}{other}-{n}", "j", 2, "j{other}-2");
  expect_candidate ("{base}_{n}", "@odd", 1, "@odd_1");
}

static void
test_temporary (void **state)
{
  (void) state;
  MEM_AUTO char *name = collide_temporary ("jsmith@example.com", 0xabc);
  assert_string_equal (name, "syncd-00000abc@example.com");
  MEM_AUTO char *plain = collide_temporary ("jsmith", 0xffffffff);
  assert_string_equal (plain, "syncd-ffffffff");
}

static const struct claim base = { .policy = COLLISION_SUFFIX, .left = LEFT_PARK, .max_attempts = 10 };

static enum verdict
judge (struct claim claim)
{
  const char *why = NULL;
  enum verdict verdict = collide_judge (&claim, &why);
  assert_non_null (why);
  return verdict;
}

static void
test_own (void **state)
{
  (void) state;
  struct claim claim = base;
  assert_int_equal (judge (claim), VERDICT_TAKE);
  claim.holder = HOLDER_SELF;
  claim.match_hits = 2;
  assert_int_equal (judge (claim), VERDICT_TAKE);
  claim.holder = HOLDER_OURS;
  assert_int_equal (judge (claim), VERDICT_LINK);
  claim.protected_name = true;
  assert_int_equal (judge (claim), VERDICT_PARK);
}

static void
test_strangers (void **state)
{
  (void) state;
  struct claim claim = base;
  claim.holder = HOLDER_UNOWNED;
  assert_int_equal (judge (claim), VERDICT_NEXT); /* no rule accepts it */
  claim.match_accepts = true;
  claim.match_hits = 1;
  assert_int_equal (judge (claim), VERDICT_ADOPT);
  claim.attempts = 1; /* jsmith_1 may be anybody */
  assert_int_equal (judge (claim), VERDICT_NEXT);
  claim.attempts = 0;
  claim.protected_name = true;
  assert_int_equal (judge (claim), VERDICT_PARK);
  claim.protected_name = false;
  claim.match_hits = 2;
  assert_int_equal (judge (claim), VERDICT_PARK);
  claim.match_hits = 1;
  claim.holder = HOLDER_FOREIGN;
  assert_int_equal (judge (claim), VERDICT_NEXT);
  claim.adopt_foreign = true;
  assert_int_equal (judge (claim), VERDICT_ADOPT);
}

static void
test_policies (void **state)
{
  (void) state;
  struct claim claim = base;
  claim.holder = HOLDER_OTHER;
  assert_int_equal (judge (claim), VERDICT_NEXT);
  claim.attempts = 10;
  assert_int_equal (judge (claim), VERDICT_PARK);
  claim.attempts = 0;
  claim.policy = COLLISION_SKIP;
  assert_int_equal (judge (claim), VERDICT_PARK);
  claim.policy = COLLISION_FAIL;
  assert_int_equal (judge (claim), VERDICT_FAIL);
  claim.holder = HOLDER_OTHER_LEAVING;
  assert_int_equal (judge (claim), VERDICT_WAIT);
}

static void
test_left (void **state)
{
  (void) state;
  struct claim claim = base;
  claim.holder = HOLDER_LEFT;
  assert_int_equal (judge (claim), VERDICT_PARK);
  claim.left = LEFT_ADOPT;
  assert_int_equal (judge (claim), VERDICT_ADOPT);
  claim.protected_name = true;
  assert_int_equal (judge (claim), VERDICT_PARK);
  claim.left = LEFT_SUFFIX;
  claim.policy = COLLISION_SKIP; /* collision.left decides here */
  assert_int_equal (judge (claim), VERDICT_NEXT);
  claim.left = LEFT_PARK;
  claim.policy = COLLISION_SUFFIX;
  claim.attempts = 3;
  assert_int_equal (judge (claim), VERDICT_NEXT);
}

static void
test_brakes (void **state)
{
  (void) state;
  const struct brake brake = { .percent = 5, .min = 20 };
  assert_false (collide_brake_trips (&brake, 20, 100, true));
  assert_true (collide_brake_trips (&brake, 21, 100, true));
  assert_false (collide_brake_trips (&brake, 50, 1000, true));
  assert_true (collide_brake_trips (&brake, 51, 1000, true));
  assert_true (collide_brake_trips (&brake, 3, 5, true)); /* more than half and more than 2 */
  assert_false (collide_brake_trips (&brake, 2, 3, true));
  assert_false (collide_brake_trips (&brake, 2, 4, true));
  assert_false (collide_brake_trips (&brake, 3, 5, false));
  assert_true (collide_brake_trips (&brake, 51, 1019, false)); /* 50.95: not rounded up */
  assert_false (collide_brake_trips (&brake, 50, 1019, false));
  assert_false (collide_brake_trips (&brake, 0, 0, true));
  const struct brake open = { .percent = 100, .min = 0 };
  assert_false (collide_brake_trips (&open, SIZE_MAX / 2, SIZE_MAX, false));
  assert_true (collide_brake_trips (&open, 1, 0, false));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_candidates), cmocka_unit_test (test_temporary),
    cmocka_unit_test (test_own),        cmocka_unit_test (test_strangers),
    cmocka_unit_test (test_policies),   cmocka_unit_test (test_left),
    cmocka_unit_test (test_brakes),
  };
  return cmocka_run_group_tests_name ("collide", tests, NULL, NULL);
}
