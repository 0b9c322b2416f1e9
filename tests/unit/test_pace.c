/* The pace, by a clock that only counts: an hour of work against peers of many shapes. */
#include "config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "pipeline/pace.h"

#define SECOND ((int64_t) 1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define SESSIONS_MAX 64

enum rounding { UP, DOWN, NEAREST };

/* A peer that limits: what it does is known here, what it tells is all that the pace knows. */
struct peer {
  int64_t allowed, length_us;
  bool aligned;             /* windows follow each other; else the first request begins one */
  enum rounding rounding;
  bool silent;              /* tells nothing of its limits */
  bool no_retry_after;
  int64_t began_us;         /* -1: none */
  int64_t used, refused, served, windows;
};

static void
peer_turn (struct peer *peer, int64_t now)
{
  bool over = peer->began_us < 0 || now >= peer->began_us + peer->length_us;
  if (!over)
    return;
  peer->began_us = peer->aligned && peer->began_us >= 0
                       ? now - (now - peer->began_us) % peer->length_us
                       : now;
  peer->used = 0;
  peer->windows++;
}

static int64_t
peer_reset (const struct peer *peer, int64_t now)
{
  int64_t left = peer->began_us + peer->length_us - now;
  int64_t add = peer->rounding == UP ? SECOND - 1 : peer->rounding == DOWN ? 0 : SECOND / 2;
  return (left + add) / SECOND;
}

static bool
peer_count (struct peer *peer, int64_t now)
{
  peer_turn (peer, now);
  if (peer->allowed && peer->used >= peer->allowed)
    return false;
  peer->used++;
  return true;
}

static struct syncd_observation
peer_serve (struct peer *peer, int64_t now)
{
  bool admitted = peer_count (peer, now);
  struct syncd_observation seen = { .struct_size = sizeof seen, .kind = SYNCD_REQUEST_CREATE,
                                    .status = admitted ? 201 : 429, .throttled = !admitted,
                                    .allowed = -1, .used = -1, .reset_ms = -1, .retry_after_ms = -1 };
  int64_t left = peer->began_us + peer->length_us - now;
  peer->served += admitted;
  peer->refused += !admitted;
  if (!peer->silent && peer->allowed) {
    seen.allowed = peer->allowed;
    seen.used = peer->used;
    seen.reset_ms = peer_reset (peer, now) * 1000;
  }
  if (!admitted && !peer->no_retry_after)
    seen.retry_after_ms = (left + SECOND - 1) / SECOND * 1000;
  return seen;
}

/* One client with some sessions. */
struct client {
  struct pace pace;
  int sessions;
  int64_t latency_us;
  int64_t work;             /* -1: without end */
  struct { int64_t back_us; struct syncd_observation seen; } under_way[SESSIONS_MAX];
  int count;
  int64_t sent, last_us, longest_us, most_in_second, second, in_second;
  int64_t down_from, down_to; /* no answer in between */
};

static void
client_init (struct client *client, int sessions, int64_t latency_us)
{
  memset (client, 0, sizeof *client);
  pace_init (&client->pace, 0, 42);
  client->sessions = sessions;
  client->latency_us = latency_us;
  client->work = -1;
  client->last_us = -1;
}

static void
client_note (struct client *client, int64_t now)
{
  if (client->last_us >= 0 && now - client->last_us > client->longest_us)
    client->longest_us = now - client->last_us;
  client->last_us = now;
  client->sent++;
  if (now / SECOND != client->second)
    client->in_second = 0;
  client->second = now / SECOND;
  if (++client->in_second > client->most_in_second)
    client->most_in_second = client->in_second;
}

static void
client_send (struct client *client, struct peer *peer, int64_t now)
{
  int i = client->count++;
  bool down = now >= client->down_from && now < client->down_to;
  struct syncd_observation seen = { .kind = SYNCD_REQUEST_CREATE, .allowed = -1, .used = -1,
                                    .reset_ms = -1, .retry_after_ms = -1 };
  if (!down)
    seen = peer_serve (peer, now + client->latency_us / 2);
  seen.latency_us = client->latency_us;
  client->under_way[i].back_us = now + client->latency_us;
  client->under_way[i].seen = seen;
  client_note (client, now);
  if (client->work > 0)
    client->work--;
}

/* Does what can be done at NOW; the time of its next event. */
static int64_t
client_step (struct client *client, struct peer *peer, int64_t now)
{
  int64_t next = INT64_MAX;
  for (int i = 0; i < client->count;)
    if (client->under_way[i].back_us <= now) {
      pace_told (&client->pace, &client->under_way[i].seen, now);
      client->under_way[i] = client->under_way[--client->count];
    } else
      i++;
  client->pace.work = client->work < 0 ? 1000000 : client->work;
  while (client->count < client->sessions && client->work != 0) {
    int64_t wait = pace_ask (&client->pace, SYNCD_REQUEST_CREATE, now);
    if (wait > 0) {
      next = now + wait;
      break;
    }
    client_send (client, peer, now);
  }
  for (int i = 0; i < client->count; i++)
    if (client->under_way[i].back_us < next)
      next = client->under_way[i].back_us;
  return next;
}

static void
run (struct client *client, struct peer *peer, int64_t from, int64_t to)
{
  for (int64_t now = from; now < to;) {
    int64_t next = client_step (client, peer, now);
    assert_true (next > now);
    now = next;
  }
}

/* Two of whatever kind at one peer; others ask by themselves every EVERY us. */
static void
run_beside (struct client *a, struct client *b, struct peer *peer, int64_t every, int64_t to,
            int64_t *ret_refused_others)
{
  int64_t other = every ? every / 3 : INT64_MAX, at_a = 0, at_b = b ? 0 : INT64_MAX;
  for (int64_t now = 0; now < to;) {
    if (now >= other) {
      *ret_refused_others += !peer_count (peer, now);
      other += every;
    }
    if (now >= at_a)
      at_a = client_step (a, peer, now);
    if (now >= at_b)
      at_b = client_step (b, peer, now);
    now = at_a < at_b ? at_a : at_b;
    now = other < now ? other : now;
  }
}

static double
used_part (const struct peer *peer, int64_t span)
{
  return (double) peer->served / ((double) peer->allowed * (double) span / (double) peer->length_us);
}

static const char *
shape (const struct peer *peer, const struct client *client)
{
  static char text[200];
  static const char *const roundings[] = { "up", "down", "to the nearest" };
  snprintf (text, sizeof text, "%" PRId64 " in %" PRId64 " s, %s, rounded %s, %d sessions, %" PRId64 " ms",
            peer->allowed, peer->length_us / SECOND, peer->aligned ? "aligned" : "by first request",
            roundings[peer->rounding], client->sessions, client->latency_us / 1000);
  return text;
}

/* ---- an hour of work ---- */

static void
an_hour (struct peer peer, int sessions, int64_t latency_us)
{
  struct client client;
  client_init (&client, sessions, latency_us);
  run (&client, &peer, 0, HOUR);
  double part = used_part (&peer, HOUR);
  double second = (double) peer.allowed / (double) peer.length_us * (double) SECOND;
  int64_t refusals = peer.length_us < 6 * SECOND ? 4 : 1; /* of 1,200 windows */
  if (part < 0.97 || peer.refused > refusals || (double) client.most_in_second > 2.5 * second + 2)
    fail_msg ("%s: %.1f %% used, %" PRId64 " refused, at most %" PRId64 " in a second",
              shape (&peer, &client), 100 * part, peer.refused, client.most_in_second);
}

/* Goal: at least 97 % used, at most one refused, and never much faster than twice the pace. */
static void
test_an_hour (void **state)
{
  static const struct { int64_t allowed, seconds; } limits[] = {
    { 300, 60 }, { 60, 60 }, { 3000, 60 }, { 180, 61 }, { 300, 6 }, { 100, 3 }
  };
  static const struct { int sessions; int64_t latency_us; } ways[] = {
    { 1, 5000 }, { 4, 60000 }, { 32, 300000 }, { 64, 1200000 }
  };
  (void) state;
  for (size_t l = 0; l < sizeof limits / sizeof *limits; l++)
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
      for (int kind = 0; kind < 6; kind++) {
        struct peer peer = { .allowed = limits[l].allowed, .length_us = limits[l].seconds * SECOND,
                             .aligned = kind % 2, .rounding = (enum rounding) (kind / 2), .began_us = -1 };
        double per_second = (double) peer.allowed / (double) limits[l].seconds;
        double reach = ways[w].sessions / ((double) ways[w].latency_us / 1e6);
        /* the end of a window is not known better than an answer takes */
        if (reach > 1.5 * per_second && ways[w].latency_us <= peer.length_us / 50)
          an_hour (peer, ways[w].sessions, ways[w].latency_us);
      }
}

/* Another run has used most of the window, which began long ago. */
static void
test_joining_a_window (void **state)
{
  (void) state;
  for (int64_t used = 0; used <= 300; used += 50)
    for (int64_t age = 1; age < 60; age += 7) {
      struct client client;
      struct peer peer = { .allowed = 300, .length_us = MINUTE, .began_us = 0, .used = used, .windows = 1 };
      client_init (&client, 32, 100000);
      run (&client, &peer, age * SECOND, HOUR);
      assert_true (peer.refused <= 1);
      assert_true (used_part (&peer, HOUR - MINUTE) > 0.97);
    }
}

/* Nothing is known: one asks for all. */
static void
test_the_first_asks_for_all (void **state)
{
  struct pace pace;
  struct syncd_observation seen = { .kind = SYNCD_REQUEST_LIST, .status = 200, .allowed = -1,
                                    .used = -1, .reset_ms = -1, .retry_after_ms = -1 };
  (void) state;
  pace_init (&pace, 0, 1);
  assert_int_equal (pace_ask (&pace, SYNCD_REQUEST_TOKEN, 0), 0);
  assert_int_equal (pace_ask (&pace, SYNCD_REQUEST_LIST, 0), 0);
  assert_true (pace_ask (&pace, SYNCD_REQUEST_LIST, 1000) > 0);
  pace_told (&pace, &seen, 2000);
  assert_int_equal (pace_ask (&pace, SYNCD_REQUEST_CREATE, 2000), 0);
  assert_int_equal (pace_ask (&pace, SYNCD_REQUEST_CREATE, 2000), 0);
  assert_true (pace_ask (&pace, SYNCD_REQUEST_CREATE, 2000) > 0);
  assert_int_equal (pace_left (&pace), -1);
}

/* A plugin that never tells what it observed is held up for some seconds, not for ever. */
static void
test_a_plugin_that_tells_nothing (void **state)
{
  struct pace pace;
  int64_t now = 0;
  (void) state;
  pace_init (&pace, 0, 1);
  for (int i = 0; i < 1000; i++) {
    int64_t wait;
    while ((wait = pace_ask (&pace, SYNCD_REQUEST_CREATE, now)) > 0)
      now += wait;
    now += 1000;
  }
  assert_true (now < 15 * SECOND);
}

static void
test_no_limits_told (void **state)
{
  struct client client;
  struct peer peer = { .began_us = -1, .length_us = MINUTE, .silent = true };
  (void) state;
  client_init (&client, 8, 50000);
  run (&client, &peer, 0, MINUTE);
  assert_true (peer.served > (60 * 1000 / 50 - 10) * 8);
}

/* A limit that is not told: Retry-After is obeyed, and there is one refusal a window at most. */
static void
test_limits_not_told (void **state)
{
  struct client client;
  struct peer peer = { .allowed = 300, .length_us = MINUTE, .began_us = -1, .silent = true };
  (void) state;
  client_init (&client, 4, 50000);
  run (&client, &peer, 0, HOUR);
  assert_true (used_part (&peer, HOUR) > 0.9);
  assert_true (peer.refused <= 4 * peer.windows);
}

static void
test_refused_without_a_word (void **state)
{
  struct client client;
  struct peer peer = { .allowed = 300, .length_us = MINUTE, .began_us = -1, .silent = true,
                       .no_retry_after = true };
  (void) state;
  client_init (&client, 4, 50000);
  run (&client, &peer, 0, HOUR);
  assert_true (peer.served > 10000);
  assert_true (peer.refused < 12 * 60); /* 1 + 2 + 4 + … s: few tries in a minute */
}

/* ---- others at the same limit ---- */

static void
test_others_keep_their_part (void **state)
{
  (void) state;
  for (int64_t others = 30; others <= 240; others += 30) {
    struct client client;
    int64_t refused = 0;
    struct peer peer = { .allowed = 300, .length_us = MINUTE, .began_us = -1, .aligned = others % 60 == 0 };
    client_init (&client, 8, 120000);
    run_beside (&client, NULL, &peer, MINUTE / others, HOUR, &refused);
    int64_t wanted = 60 * others;
    double all = (double) (peer.served + wanted - refused) / 18000;
    /* the first windows are for learning */
    if (others <= 150 && (refused > 60 || peer.refused > 2 || all < 0.95))
      fail_msg ("%" PRId64 " of others a minute: %" PRId64 " refused to them, %" PRId64
                " to us, %.1f %% used", others, refused, peer.refused, 100 * all);
    assert_true (peer.served >= 60 * 300 / 4); /* nobody starves */
  }
}

static void
test_two_of_us_share (void **state)
{
  struct client a, b;
  int64_t ignored = 0;
  struct peer peer = { .allowed = 300, .length_us = MINUTE, .began_us = -1 };
  (void) state;
  client_init (&a, 8, 120000);
  client_init (&b, 4, 70000);
  run_beside (&a, &b, &peer, 0, HOUR, &ignored);
  double part = (double) a.sent / (double) (a.sent + b.sent);
  if (peer.refused > 2 || used_part (&peer, HOUR) < 0.95 || part < 0.4 || part > 0.6)
    fail_msg ("%.1f %% used, %" PRId64 " refused, parts %" PRId64 " and %" PRId64,
              100 * used_part (&peer, HOUR), peer.refused, a.sent, b.sent);
}

/* Who has gone leaves the whole to us again. */
static void
test_others_go_away (void **state)
{
  struct client client;
  int64_t refused = 0;
  struct peer peer = { .allowed = 300, .length_us = MINUTE, .began_us = -1 };
  (void) state;
  client_init (&client, 8, 120000);
  run_beside (&client, NULL, &peer, MINUTE / 120, HOUR / 2, &refused);
  run (&client, &peer, HOUR / 2, HOUR / 2 + 2 * MINUTE);
  peer.served = 0;
  run (&client, &peer, HOUR / 2 + 2 * MINUTE, HOUR);
  assert_true (used_part (&peer, HOUR / 2 - 2 * MINUTE) > 0.97);
}

/* ---- changes of weather ---- */

static void
test_the_limit_changes (void **state)
{
  static const int64_t limits[] = { 300, 150, 600, 60 };
  struct client client;
  struct peer peer = { .length_us = MINUTE, .began_us = -1 };
  int64_t at = 0;
  (void) state;
  client_init (&client, 16, 100000);
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    peer.allowed = limits[i];
    run (&client, &peer, at, at + 2 * MINUTE); /* it learns */
    peer.served = 0;
    run (&client, &peer, at + 2 * MINUTE, at + 12 * MINUTE);
    assert_true (used_part (&peer, 10 * MINUTE) > 0.965);
    at += 12 * MINUTE;
  }
  assert_true (peer.refused <= 4); /* where it became less in mid-window */
}

/* After an outage one tries for all, and then it is as before. */
static void
test_after_an_outage (void **state)
{
  struct client client;
  struct peer peer = { .began_us = -1, .length_us = MINUTE };
  (void) state;
  client_init (&client, 32, 50000);
  client.down_from = 10 * SECOND;
  client.down_to = 70 * SECOND;
  run (&client, &peer, 0, 10 * SECOND);
  int64_t before = client.sent;
  run (&client, &peer, 10 * SECOND, 12 * SECOND);
  pace_pause (&client.pace, 58000, 12 * SECOND);
  int64_t tried = client.sent - before;
  assert_true (tried < 32 + 60); /* what was under way, then one at a time */
  run (&client, &peer, 12 * SECOND, 75 * SECOND);
  int64_t at = client.sent;
  client.most_in_second = 0;
  run (&client, &peer, 75 * SECOND, 80 * SECOND);
  assert_true (client.sent - at > 5 * 32 * 18); /* full speed */
}

static void
test_pauses_end_by_chance (void **state)
{
  int64_t ends[8], different = 0;
  (void) state;
  for (uint64_t i = 0; i < 8; i++) {
    struct pace pace;
    pace_init (&pace, 0, i * 7919 + 1);
    pace_pause (&pace, 30000, 0);
    ends[i] = pace_ask (&pace, SYNCD_REQUEST_CREATE, 0);
    assert_in_range (ends[i], 30 * SECOND, 31 * SECOND);
    different += i && ends[i] != ends[i - 1];
    /* and then one at a time */
    assert_int_equal (pace_ask (&pace, SYNCD_REQUEST_CREATE, 32 * SECOND), 0);
    assert_true (pace_ask (&pace, SYNCD_REQUEST_CREATE, 32 * SECOND) > 0);
  }
  assert_true (different >= 6);
}

/* What is little leaves at once. */
static void
test_little_leaves_at_once (void **state)
{
  struct client client;
  struct peer peer = { .allowed = 300, .length_us = MINUTE, .began_us = -1 };
  (void) state;
  client_init (&client, 8, 20000);
  client.work = 100;
  for (int64_t now = 0; client.work > 0; now += 1000) {
    client_step (&client, &peer, now);
    assert_true (now < 2 * SECOND);
  }
  assert_int_equal (peer.refused, 0);
}

static void
test_pinned (void **state)
{
  struct client client;
  struct peer peer = { .allowed = 300, .length_us = MINUTE, .began_us = -1 };
  (void) state;
  client_init (&client, 8, 20000);
  pace_init (&client.pace, 120, 1);
  run (&client, &peer, 0, HOUR);
  assert_in_range (client.sent, 120 * 60 * 97 / 100, 120 * 60 + 1);
  assert_true (client.most_in_second <= 3);
}

/* A request that was slow tells of a window that is long over. */
static void
test_late_words (void **state)
{
  struct client client;
  struct peer peer = { .allowed = 300, .length_us = MINUTE, .began_us = -1 };
  (void) state;
  client_init (&client, 8, 20000);
  run (&client, &peer, 0, 50 * SECOND);
  struct syncd_observation late = { .kind = SYNCD_REQUEST_CREATE, .status = 201, .allowed = 300,
                                    .used = 240, .reset_ms = 10000, .retry_after_ms = -1,
                                    .latency_us = 19 * SECOND };
  run (&client, &peer, 50 * SECOND, 65 * SECOND);
  int64_t left = pace_left (&client.pace);
  late.reset_ms = 12000; /* sent at 47 s, back at 66 s */
  pace_told (&client.pace, &late, 66 * SECOND);
  assert_int_equal (pace_left (&client.pace), left);
}

/* A reset that is nonsense does not stop us for ever. */
static void
test_a_window_without_end (void **state)
{
  struct pace pace;
  struct syncd_observation seen = { .kind = SYNCD_REQUEST_CREATE, .status = 201, .allowed = 300,
                                    .used = 300, .reset_ms = INT64_MAX / 2, .retry_after_ms = -1 };
  int64_t now = SECOND, left = 0;
  (void) state;
  pace_init (&pace, 0, 1);
  while (now < HOUR) {
    int64_t wait = pace_ask (&pace, SYNCD_REQUEST_CREATE, now);
    assert_true (wait <= 10 * MINUTE);
    if (wait == 0) {
      pace_told (&pace, &seen, now);
      left++;
    }
    now += wait;
  }
  assert_in_range (left, 5, 8);
}

/* Headers without sense are no reason to stop, or to run. */
static void
test_nonsense (void **state)
{
  static const struct { int64_t allowed, used, reset_ms; } told[] = {
    { 0, 0, 0 }, { -5, 3, 1000 }, { 1, 0, 0 }, { 1, 5000, 0 }, { INT64_MAX, INT64_MAX, 0 },
    { INT64_MAX, 0, INT64_MAX }, { 300, 0, 0 }, { 300, 299, 60000 }, { 2, 1, 60000 }
  };
  (void) state;
  for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
    struct pace pace;
    int64_t now = SECOND, left = 0;
    struct syncd_observation seen = { .kind = SYNCD_REQUEST_CREATE, .status = 201,
                                      .allowed = told[i].allowed, .used = told[i].used,
                                      .reset_ms = told[i].reset_ms, .retry_after_ms = -1 };
    pace_init (&pace, 0, 1);
    pace.work = 1000000;
    while (now < 2 * HOUR && left < 1000) {
      int64_t wait = pace_ask (&pace, SYNCD_REQUEST_CREATE, now);
      assert_in_range (wait, 0, 10 * MINUTE);
      if (wait == 0) {
        pace_told (&pace, &seen, now + 1000);
        left++;
      }
      now += wait + 1000;
    }
    assert_true (left >= 10);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_an_hour),
    cmocka_unit_test (test_joining_a_window),
    cmocka_unit_test (test_the_first_asks_for_all),
    cmocka_unit_test (test_a_plugin_that_tells_nothing),
    cmocka_unit_test (test_no_limits_told),
    cmocka_unit_test (test_limits_not_told),
    cmocka_unit_test (test_refused_without_a_word),
    cmocka_unit_test (test_others_keep_their_part),
    cmocka_unit_test (test_two_of_us_share),
    cmocka_unit_test (test_others_go_away),
    cmocka_unit_test (test_the_limit_changes),
    cmocka_unit_test (test_after_an_outage),
    cmocka_unit_test (test_pauses_end_by_chance),
    cmocka_unit_test (test_little_leaves_at_once),
    cmocka_unit_test (test_pinned),
    cmocka_unit_test (test_late_words),
    cmocka_unit_test (test_a_window_without_end),
    cmocka_unit_test (test_nonsense),
  };
  return cmocka_run_group_tests_name ("pace", tests, NULL, NULL);
}
