/* sessions: auto, against peers that are modelled by what so many sessions get done. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pipeline/sessions.h"

#define SECOND ((int64_t) 1000000)

/* An answer takes LATENCY, and all sessions together get at most MOST a second. */
struct peer {
  double latency, most;
};

static size_t
after (struct sessions *s, const struct peer *peer, double seconds, size_t *ret_changes)
{
  struct budget_facts facts = { 0 };
  double answers = 0;
  *ret_changes = 0;
  for (int64_t now = SECOND; now < SECOND + (int64_t) (seconds * 1e6); now += 20000) {
    double rate = (double) s->now / peer->latency;
    answers += (rate < peer->most ? rate : peer->most) * 0.02;
    facts.answers = (int64_t) answers;
    facts.latency_us = (int64_t) (peer->latency * 1e6);
    *ret_changes += sessions_choose (s, &facts, now);
  }
  return s->now;
}

/* Far away and fast: as many as there may be, and soon. */
static void
test_grows_while_it_pays (void **state)
{
  struct sessions s;
  struct peer peer = { 0.05, 1e9 };
  size_t changes;
  (void) state;
  sessions_init (&s, 0, 1000);
  assert_int_equal (s.now, 4);
  assert_int_equal (after (&s, &peer, 3, &changes), SESSIONS_MOST);
}

/* Eight get all that there is: more bring nothing. */
static void
test_stops_where_it_does_not_pay (void **state)
{
  struct sessions s;
  struct peer peer = { 0.05, 160 };
  size_t changes;
  (void) state;
  sessions_init (&s, 0, 1000);
  assert_int_equal (after (&s, &peer, 10, &changes), 8);
  assert_true (changes <= 4);
  peer.most = 1e9; /* and then there is more */
  assert_int_equal (after (&s, &peer, 60, &changes), SESSIONS_MOST);
}

/* Three hundred a minute at 100 ms need one; two more than that for when it is slower. */
static void
test_by_the_limit (void **state)
{
  struct sessions s;
  struct budget_facts facts = { .answers = 5, .latency_us = 100000, .per_second = 5 };
  (void) state;
  sessions_init (&s, 0, 1000);
  assert_true (sessions_choose (&s, &facts, SECOND));
  assert_int_equal (s.now, 3);
  facts.latency_us = 2 * SECOND;
  assert_true (sessions_choose (&s, &facts, 2 * SECOND));
  assert_int_equal (s.now, 22);
  facts.per_second = 100;
  sessions_choose (&s, &facts, 3 * SECOND);
  assert_int_equal (s.now, SESSIONS_MOST);
  char *words = sessions_words (&s, &facts);
  assert_non_null (strstr (words, "100.0 requests a second"));
  free (words);
}

static void
test_bounds (void **state)
{
  struct sessions s;
  struct peer peer = { 0.01, 1e9 };
  size_t changes;
  (void) state;
  sessions_init (&s, 0, 2);
  assert_int_equal (after (&s, &peer, 5, &changes), 2);
  sessions_init (&s, 0, 1);
  assert_int_equal (after (&s, &peer, 5, &changes), 1);
  sessions_init (&s, 64, 1000);
  assert_int_equal (after (&s, &peer, 5, &changes), 64);
  assert_int_equal (changes, 0);
  sessions_init (&s, 8, 3);
  assert_int_equal (s.now, 3);
}

/* What the state is ahead of the wire: little where little can leave. */
static void
test_ahead (void **state)
{
  struct budget_facts slow = { .latency_us = 200000 }, fast = { .latency_us = 300 },
                      limited = { .latency_us = 300, .per_second = 5 }, unknown = { 0 };
  (void) state;
  assert_in_range (sessions_ahead (&slow), 2, 4);
  assert_in_range (sessions_ahead (&limited), 2, 4);
  assert_in_range (sessions_ahead (&unknown), 2, 4);
  assert_int_equal (sessions_ahead (&fast), 256);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_grows_while_it_pays), cmocka_unit_test (test_stops_where_it_does_not_pay),
    cmocka_unit_test (test_by_the_limit), cmocka_unit_test (test_bounds), cmocka_unit_test (test_ahead),
  };
  return cmocka_run_group_tests_name ("sessions", tests, NULL, NULL);
}
