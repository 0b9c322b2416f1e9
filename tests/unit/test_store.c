/* The store: links are written and found as they were, facts, accounts, runs. */
#include "config.h"
#include "state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Every field, with a value of its own. */
static void
fill (struct link *link)
{
  link->id = strdup ("0a1b2c3d-0001-4002-8003-0a0b0c0d0e0f");
  link->name = strdup ("uid=Jo\\,e,OU=People,dc=example");
  link->reference_key = strdup ("uid=jo\\,e,ou=people,dc=example");
  link->account = strdup ("ACCOUNT-7");
  link->wanted_name = strdup ("Joe@example.com");
  link->given_name = strdup ("joe_1@example.com");
  link->token = strdup ("20261123202948Z");
  link->version = strdup ("W/\"3\"");
  link->status = LINK_DISABLED;
  link->flags = LINK_ADOPTED | LINK_REFERENCES;
  memset (link->fingerprint, 0xa1, FINGERPRINT_LEN);
  link->mapping = 3;
  link->leaf_count = 3;
  link->leaves = calloc (3, sizeof *link->leaves);
  link->leaves[0] = UINT64_C (0x8001020304050607);
  link->leaves[2] = 1;
  link->parked = strdup ("mail: missing");
  memset (link->parked_fingerprint, 0xb2, FINGERPRINT_LEN);
  link->attempts = 4;
  link->next_try_ms = 1000;
  link->reevaluate_at_ms = 2000;
  link->last_action = strdup ("created");
  link->last_ms = 99;
}

static void
assert_same_text (const char *a, const char *b)
{
  if (a && b)
    assert_string_equal (a, b);
  else
    assert_ptr_equal (a, b);
}

static void
assert_same (const struct link *a, const struct link *b)
{
  assert_int_equal (a->row, b->row);
  assert_same_text (a->id, b->id);
  assert_same_text (a->name, b->name);
  assert_same_text (a->reference_key, b->reference_key);
  assert_same_text (a->account, b->account);
  assert_same_text (a->wanted_name, b->wanted_name);
  assert_same_text (a->given_name, b->given_name);
  assert_same_text (a->token, b->token);
  assert_same_text (a->version, b->version);
  assert_int_equal (a->status, b->status);
  assert_int_equal (a->flags, b->flags);
  assert_memory_equal (a->fingerprint, b->fingerprint, FINGERPRINT_LEN);
  assert_int_equal (a->mapping, b->mapping);
  assert_int_equal (a->leaf_count, b->leaf_count);
  if (a->leaf_count)
    assert_memory_equal (a->leaves, b->leaves, a->leaf_count * sizeof *a->leaves);
  assert_same_text (a->parked, b->parked);
  assert_memory_equal (a->parked_fingerprint, b->parked_fingerprint, FINGERPRINT_LEN);
  assert_int_equal (a->attempts, b->attempts);
  assert_int_equal (a->next_try_ms, b->next_try_ms);
  assert_int_equal (a->reevaluate_at_ms, b->reevaluate_at_ms);
  assert_same_text (a->last_action, b->last_action);
  assert_int_equal (a->last_ms, b->last_ms);
}

static void
check_stored (struct state *st, const struct link *link)
{
  struct link found;
  link_init (&found);
  assert_int_equal (store_link_by_row (st->store, link->row, &found, &st->error), 1);
  assert_same (link, &found);
  link_fini (&found);
}

static void
test_link_is_kept_whole (void **state)
{
  struct state *st = *state;
  struct link link;
  link_init (&link);
  fill (&link);
  state_ok (st, store_link_put (st->store, &link, &st->error));
  assert_true (link.row > 0);
  check_stored (st, &link);
  state_reopen (st);
  check_stored (st, &link);
  link_fini (&link);
}

/* Each field changes alone, so that every set of indexed columns is written. */
static void
test_link_update_writes_what_changed (void **state)
{
  struct state *st = *state;
  struct link link, found;
  link_init (&link);
  link_init (&found);
  fill (&link);
  state_ok (st, store_link_put (st->store, &link, &st->error));
  char **const texts[] = { &link.id, &link.name, &link.reference_key, &link.account,
                           &link.wanted_name, &link.given_name, &link.token, &link.version,
                           &link.parked, &link.last_action };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char *old = *texts[i];
    *texts[i] = strdup (i == 0 ? "not-a-uuid" : "something else");
    state_ok (st, store_link_put (st->store, &link, &st->error));
    check_stored (st, &link);
    if (i > 0) {
      free (*texts[i]);
      *texts[i] = NULL;
      state_ok (st, store_link_put (st->store, &link, &st->error));
      check_stored (st, &link);
    }
    free (*texts[i]);
    *texts[i] = old;
  }
  link.flags = 0;
  link.status = LINK_SYNCED;
  link.next_try_ms = link.reevaluate_at_ms = link.leaf_count = 0;
  memset (link.fingerprint, 0, FINGERPRINT_LEN);
  state_ok (st, store_link_put (st->store, &link, &st->error));
  assert_int_equal (store_link_by_account (st->store, "something else", &found, &st->error), 0);
  check_stored (st, &link);
  link_fini (&link);
  link_fini (&found);
}

static void
expect (struct state *st, int rc, struct link *link, int64_t row)
{
  state_check (st, rc >= 0, __FILE__, __LINE__);
  assert_int_equal (rc, row ? 1 : 0);
  if (row)
    assert_int_equal (link->row, row);
}

static void
test_lookups (void **state)
{
  struct state *st = *state;
  struct link link;
  link_init (&link);
  int64_t a = state_link (st, 1, LINK_SYNCED, 101, "Ann@x.org", "ANN@x.org");
  int64_t b = state_link (st, 2, LINK_NEW, 0, "ann@x.org", "ann@X.org");
  int64_t c = state_link (st, 3, LINK_SYNCED, 103, "stra\xc3\x9f" "e", "stra\xc3\x9f" "e");
  struct store *s = st->store;
  expect (st, store_link_by_id (s, state_id (2), &link, &st->error), &link, b);
  expect (st, store_link_by_id (s, "00000002-5A5A-4b4b-8c8c-0123456789ab", &link, &st->error), &link, 0);
  expect (st, store_link_by_account (s, state_id (103), &link, &st->error), &link, c);
  expect (st, store_link_by_account (s, state_id (1), &link, &st->error), &link, 0);
  /* A name is held by a row that has an account. */
  expect (st, store_link_by_given_name (s, "aNN@x.org", &link, &st->error), &link, a);
  expect (st, store_link_by_given_name (s, "STRASSE", &link, &st->error), &link, c);
  expect (st, store_link_by_given_name (s, "bob", &link, &st->error), &link, 0);
  expect (st, store_link_search (s, "UID=u2,ou=People,dc=example,dc=com", &link, &st->error), &link, b);
  expect (st, store_link_search (s, state_id (3), &link, &st->error), &link, c);
  expect (st, store_link_search (s, "00000002-5A5A-4B4B-8C8C-0123456789AB", &link, &st->error), &link, 0);
  expect (st, store_link_search (s, "Ann@X.ORG", &link, &st->error), &link, a);
  expect (st, store_link_search (s, "nobody", &link, &st->error), &link, 0);
  state_ok (st, store_link_forget (s, a, &st->error));
  expect (st, store_link_by_given_name (s, "ann@x.org", &link, &st->error), &link, 0);
  expect (st, store_link_search (s, "Ann@X.ORG", &link, &st->error), &link, b);
  link_fini (&link);
}

/* A DN may belong to one that left and to one that is there. */
static void
test_reference_prefers_who_is_there (void **state)
{
  struct state *st = *state;
  struct link link;
  int64_t rows[3];
  static const enum link_status status[] = { LINK_LEFT, LINK_SYNCED, LINK_DISABLED };
  link_init (&link);
  for (unsigned i = 0; i < 3; i++) {
    rows[i] = state_link (st, i + 1, status[i], i + 10, NULL, NULL);
    assert_int_equal (store_link_by_row (st->store, rows[i], &link, &st->error), 1);
    link.reference_key = strdup ("cn=boss,o=x");
    state_ok (st, store_link_put (st->store, &link, &st->error));
  }
  expect (st, store_link_by_reference (st->store, "cn=boss,o=x", &link, &st->error), &link, rows[1]);
  expect (st, store_link_by_reference (st->store, "cn=BOSS,o=x", &link, &st->error), &link, 0);
  link_fini (&link);
}

static int
count_one (void *data, struct link *link)
{
  (void) link;
  ++*(int *) data;
  return 0;
}

/* What was changed below is found by the indexes, too. */
static void
check_found (struct state *st, const struct link *links)
{
  struct link found;
  int due = 0;
  link_init (&found);
  assert_int_equal (store_link_by_reference (st->store, "uid=someone else", &found, &st->error), 1);
  assert_int_equal (found.row, links[2].row);
  assert_int_equal (store_link_by_given_name (st->store, "JOE_2@example.com", &found, &st->error), 1);
  assert_int_equal (found.row, links[3].row);
  state_ok (st, store_links_each (st->store, LINKS_DUE, 600, count_one, &due, &st->error));
  assert_int_equal (due, 1); /* links[5]; the others' time is 1000, or 2000 */
  link_fini (&found);
}

/* One column after the other alone, after a row of links that changed all in the same: none is lost,
 * though the statement that fitted last is tried first. */
static void
test_link_update_after_others (void **state)
{
  struct state *st = *state;
  struct link links[8];
  for (size_t i = 0; i < 8; i++) {
    link_init (&links[i]);
    fill (&links[i]);
    mem_set_text (&links[i].id, state_id ((unsigned) i + 1));
    state_ok (st, store_link_put (st->store, &links[i], &st->error));
  }
  for (size_t i = 0; i < 8; i++) {
    for (int alike = 0; alike < 2; alike++) { /* nothing but what no index has */
      links[7].last_ms++;
      state_ok (st, store_link_put (st->store, &links[7], &st->error));
    }
    switch (i) {
    case 0: mem_set_text (&links[i].id, "another id"); break;
    case 1: mem_set_text (&links[i].account, "ACCOUNT-8"); break;
    case 2: mem_set_text (&links[i].reference_key, "uid=someone else"); break;
    case 3: mem_set_text (&links[i].given_name, "joe_2@example.com"); break;
    case 4: mem_set_text (&links[i].parked, NULL); break;
    case 5: links[i].reevaluate_at_ms = 500; break;
    case 6: links[i].flags = LINK_ADOPTED; break;
    default: mem_set_text (&links[i].version, NULL); break;
    }
    state_ok (st, store_link_put (st->store, &links[i], &st->error));
    for (size_t k = 0; k < 8; k++)
      check_stored (st, &links[k]);
  }
  check_found (st, links);
  for (size_t i = 0; i < 8; i++)
    link_fini (&links[i]);
}

static void
test_glance (void **state)
{
  struct state *st = *state;
  struct glance glance = { 0 };
  struct link link;
  link_init (&link);
  fill (&link);
  state_ok (st, store_link_put (st->store, &link, &st->error));
  assert_int_equal (store_glance (st->store, "no", 2, &glance, &st->error), 0);
  assert_int_equal (store_glance (st->store, link.id, 36, &glance, &st->error), 1);
  assert_int_equal (glance.row, link.row);
  assert_int_equal (glance.mapping, 3);
  assert_int_equal (glance.status, LINK_DISABLED);
  assert_int_equal (glance.flags, link.flags);
  assert_true (glance.parked);
  assert_false (glance.queued);
  assert_memory_equal (glance.fingerprint, link.fingerprint, FINGERPRINT_LEN);
  assert_int_equal (glance.reevaluate_at_ms, 2000);
  assert_true (store_glance_same (glance.name, glance.name_len, link.name, strlen (link.name)));
  assert_false (store_glance_same (glance.name, glance.name_len, link.name, strlen (link.name) - 1));
  assert_true (store_glance_same (glance.token, glance.token_len, "20261123202948Z", 15));
  int64_t first = state_queue (st, link.row, "joe", "{}");
  state_ok (st, store_queue_mark_sent (st->store, &first, 1, &st->error));
  struct queued q;
  queued_init (&q);
  q.row = link.row;
  q.fingerprint[0] = 9;
  state_ok (st, store_queue_put (st->store, &q, &st->error));
  assert_int_equal (store_glance (st->store, link.id, 36, &glance, &st->error), 1);
  assert_true (glance.queued);
  assert_int_equal (glance.fingerprint[0], 9); /* the newest state counts */
  link_fini (&link);
}

/* 0 where the id is not known. */
static int64_t
glanced_row (struct state *st, unsigned n, enum link_status expected)
{
  struct glance glance = { 0 };
  int rc = store_glance (st->store, state_id (n), 36, &glance, &st->error);
  assert_true (rc >= 0);
  if (rc)
    assert_int_equal (glance.status, expected);
  return rc ? glance.row : 0;
}

/* The order of the rows is followed; whatever comes out of order, new, changed or gone is seen. */
static void
test_glance_order (void **state)
{
  struct state *st = *state;
  struct link link;
  int64_t rows[9];
  for (unsigned n = 1; n < 9; n++)
    rows[n] = state_link (st, n, LINK_SYNCED, n, "w", "g");
  for (unsigned n = 1; n < 4; n++)
    assert_int_equal (glanced_row (st, n, LINK_SYNCED), rows[n]);
  link_init (&link);
  assert_int_equal (store_link_by_row (st->store, rows[4], &link, &st->error), 1);
  link.status = LINK_DISABLED;
  state_ok (st, store_link_put (st->store, &link, &st->error));
  link_fini (&link);
  assert_int_equal (glanced_row (st, 4, LINK_DISABLED), rows[4]);
  state_ok (st, store_link_forget (st->store, rows[5], &st->error));
  assert_int_equal (glanced_row (st, 5, LINK_SYNCED), 0);
  assert_int_equal (glanced_row (st, 6, LINK_SYNCED), rows[6]);
  assert_int_equal (glanced_row (st, 2, LINK_SYNCED), rows[2]);
  assert_int_equal (glanced_row (st, 3, LINK_SYNCED), rows[3]);
  state_reopen (st);
  for (unsigned n = 6; n < 9; n++)
    assert_int_equal (glanced_row (st, n, LINK_SYNCED), rows[n]);
  rows[0] = state_link (st, 20, LINK_SYNCED, 20, "w", "g");
  assert_int_equal (glanced_row (st, 20, LINK_SYNCED), rows[0]);
  assert_int_equal (glanced_row (st, 21, LINK_SYNCED), 0);
}

static bool
glanced_queued (struct state *st, unsigned n)
{
  struct glance glance = { 0 };
  assert_int_equal (store_glance (st->store, state_id (n), 36, &glance, &st->error), 1);
  return glance.queued;
}

/* Where the queue has nothing is not asked again, until it may have. */
static void
test_glance_queue (void **state)
{
  struct state *st = *state;
  int64_t rows[9];
  for (unsigned n = 1; n < 9; n++)
    rows[n] = state_link (st, n, LINK_SYNCED, n, "w", "g");
  int64_t fifth = state_queue (st, rows[5], "w", "{}");
  for (unsigned n = 1; n < 9; n++)
    assert_int_equal (glanced_queued (st, n), n == 5);
  assert_false (glanced_queued (st, 2));
  state_queue (st, rows[3], "w", "{}");
  assert_true (glanced_queued (st, 3));
  state_ok (st, store_queue_done (st->store, fifth, &st->error));
  assert_false (glanced_queued (st, 5));
  state_reopen (st);
  assert_false (glanced_queued (st, 1));
  state_queue (st, rows[2], "w", "{}");
  assert_true (glanced_queued (st, 2));
  assert_true (glanced_queued (st, 3));
  store_rollback (st->store);
  state_ok (st, store_begin (st->store, &st->error));
  assert_false (glanced_queued (st, 2));
  assert_true (glanced_queued (st, 3));
}

static void
make_person (unsigned n, struct link *link)
{
  char text[100];
  link_fini (link);
  link->id = strdup (state_id (n * 2654435761u));
  snprintf (text, sizeof text, "uid=u%07u,ou=people,dc=example,dc=com", n);
  link->name = strdup (text);
  link->reference_key = strdup (text);
  link->token = strdup ("20240101000000.000000Z#000000#000#000000");
  link->room = 6 * 8 + 20;
}

static void
give_account (unsigned n, struct link *link)
{
  char text[100];
  snprintf (text, sizeof text, "u%07u@example.com", n);
  link->wanted_name = strdup (text);
  link->given_name = strdup (text);
  link->account = strdup (state_id (n * 2246822519u));
  link->version = strdup ("1");
  link->last_action = strdup ("created");
  link->last_ms = INT64_C (1795659367191);
  link->status = LINK_SYNCED;
  link->mapping = 1;
  memset (link->fingerprint, (int) n | 1, sizeof link->fingerprint);
  link->leaves = calloc (6, sizeof *link->leaves);
  link->leaf_count = 6;
}

/* A million people stay under 400 MiB: the pages of rows that grew are not half empty. */
static void
test_size (void **state)
{
  struct state *st = *state;
  struct link link;
  enum { PEOPLE = 5000 };
  link_init (&link);
  for (unsigned n = 0; n < PEOPLE; n++) {
    make_person (n, &link);
    state_ok (st, store_link_put (st->store, &link, &st->error));
  }
  state_reopen (st);
  for (unsigned n = 0; n < PEOPLE; n++) {
    assert_int_equal (store_link_by_row (st->store, n + 1, &link, &st->error), 1);
    give_account (n, &link);
    state_ok (st, store_link_put (st->store, &link, &st->error));
  }
  link_fini (&link);
  state_close (st);
  print_message ("# %ld bytes a person\n", state_size (st, "") / PEOPLE);
  assert_in_range (state_size (st, "") / PEOPLE, 1, 390);
}

static void
test_touch (void **state)
{
  struct state *st = *state;
  struct link link, found;
  struct glance glance;
  unsigned char fingerprint[FINGERPRINT_LEN] = { 5 };
  link_init (&link);
  link_init (&found);
  fill (&link);
  state_ok (st, store_link_put (st->store, &link, &st->error));
  state_ok (st, store_link_touch (st->store, link.row, "cn=moved", NULL, "cn=key", 0, NULL, &st->error));
  assert_int_equal (store_link_by_reference (st->store, "cn=key", &found, &st->error), 1);
  assert_string_equal (found.name, "cn=moved");
  assert_null (found.token);
  assert_memory_equal (found.fingerprint, link.fingerprint, FINGERPRINT_LEN);
  assert_string_equal (found.parked, link.parked);
  assert_int_equal (store_link_by_reference (st->store, link.reference_key, &found, &st->error), 0);
  state_ok (st, store_link_touch (st->store, link.row, "cn=moved", "t", NULL, 50, fingerprint, &st->error));
  assert_int_equal (store_glance (st->store, link.id, 36, &glance, &st->error), 1);
  assert_memory_equal (glance.fingerprint, fingerprint, FINGERPRINT_LEN);
  assert_int_equal (glance.reevaluate_at_ms, 50);
  assert_int_equal (store_link_by_reference (st->store, "cn=key", &found, &st->error), 0);
  assert_int_equal (store_link_touch (st->store, 999, "x", NULL, NULL, 0, NULL, &st->error), -1);
  link_fini (&link);
  link_fini (&found);
}

static void
test_facts (void **state)
{
  struct state *st = *state;
  struct buffer out;
  buffer_init (&out, 100);
  assert_int_equal (store_get_fact (st->store, "checkpoint", &out), 0);
  state_ok (st, store_put_fact (st->store, "checkpoint", "a\0b", 3, &st->error));
  state_ok (st, store_put_fact (st->store, "empty", NULL, 0, &st->error));
  state_reopen (st);
  buffer_append_text (&out, ">");
  assert_int_equal (store_get_fact (st->store, "checkpoint", &out), 1);
  assert_int_equal (out.len, 4);
  assert_memory_equal (out.bytes, ">a\0b", 4);
  assert_int_equal (store_get_fact (st->store, "empty", &out), 1);
  assert_int_equal (out.len, 4);
  state_ok (st, store_drop_fact (st->store, "checkpoint", &st->error));
  assert_int_equal (store_get_fact (st->store, "checkpoint", &out), 0);
  buffer_fini (&out);
}

static void
test_mappings (void **state)
{
  struct state *st = *state;
  int64_t one, two, again;
  struct buffer out;
  buffer_init (&out, 100);
  state_ok (st, store_mapping_number (st->store, "v1", "[\"userName\"]", &one, &st->error));
  state_ok (st, store_mapping_number (st->store, "v2", "[]", &two, &st->error));
  state_reopen (st);
  state_ok (st, store_mapping_number (st->store, "v1", "[\"userName\"]", &again, &st->error));
  assert_true (one > 0 && two > 0 && one != two && again == one);
  assert_int_equal (store_mapping_paths (st->store, one, &out), 1);
  assert_string_equal (buffer_text (&out), "[\"userName\"]");
  assert_int_equal (store_mapping_paths (st->store, 77, &out), 0);
  buffer_fini (&out);
}

static void
test_accounts (void **state)
{
  struct state *st = *state;
  struct account found = { 0 };
  char a[] = "a", b[] = "b", e[] = "E1", n1[] = "Joe@X", n2[] = "joe@x", d[] = "{}";
  state_ok (st, store_account_put (st->store, &(struct account) { b, e, n1, d }, &st->error));
  state_ok (st, store_account_put (st->store, &(struct account) { a, NULL, n2, NULL }, &st->error));
  assert_int_equal (store_account_find (st->store, "externalId", "e1", &found, &st->error), 0);
  assert_int_equal (store_account_find (st->store, "externalid", "E1", &found, &st->error), 1);
  assert_string_equal (found.document, "{}");
  assert_int_equal (store_account_find (st->store, "userName", "JOE@x", &found, &st->error), 2);
  assert_string_equal (found.id, "a");
  assert_null (found.external_id);
  assert_int_equal (store_account_find (st->store, "title", "x", &found, &st->error), -1);
  state_ok (st, store_accounts_drop (st->store, &st->error));
  assert_int_equal (store_account_find (st->store, "userName", "joe@x", &found, &st->error), 0);
  account_fini (&found);
}

static int
note_run (void *data, int64_t started_ms, const char *report)
{
  char *text = data;
  snprintf (text + strlen (text), 100 - strlen (text), "%" PRId64 "=%s;", started_ms, report);
  return 0;
}

static void
test_runs (void **state)
{
  struct state *st = *state;
  char text[100] = "";
  for (int i = 1; i <= 300; i++)
    state_ok (st, store_run_put (st->store, i, i % 2 ? "odd" : "even", &st->error));
  state_ok (st, store_run_put (st->store, 300, "again", &st->error));
  state_ok (st, store_runs_each (st->store, 3, note_run, text, &st->error));
  assert_string_equal (text, "300=again;299=odd;298=even;");
}

static void
test_done (void **state)
{
  struct state *st = *state;
  int64_t day = INT64_C (86400000);
  state_ok (st, store_done_add (st->store, CHANGE_LEAVERS, 3, 10 * day, &st->error));
  state_ok (st, store_done_add (st->store, CHANGE_LEAVERS, 2, 10 * day, &st->error));
  state_ok (st, store_done_add (st->store, CHANGE_CREATES, 50, 10 * day, &st->error));
  state_ok (st, store_done_add (st->store, CHANGE_LEAVERS, 1, 11 * day, &st->error));
  assert_int_equal (store_done_since (st->store, CHANGE_LEAVERS, 10 * day), 6);
  assert_int_equal (store_done_since (st->store, CHANGE_LEAVERS, 10 * day + 1000), 1);
  assert_int_equal (store_done_since (st->store, CHANGE_UPDATES, 0), 0);
}

struct lost_visits {
  struct state *st;
  int64_t rows[4];
  size_t count;
};

static int
note_lost (void *data, struct link *link)
{
  struct lost_visits *visits = data;
  if (visits->count < 4)
    visits->rows[visits->count] = link->row;
  visits->count++;
  link->flags |= LINK_REFERENCES; /* a visitor may write */
  return store_link_put (visits->st->store, link, &visits->st->error);
}

static int64_t
link_pointing (struct state *st, unsigned n, enum link_status status, int64_t mapping, const char *json)
{
  struct link link;
  link_init (&link);
  int64_t row = state_link (st, n, status, n, NULL, NULL);
  struct hasher *hasher = hasher_new (store_key (st->store));
  assert_int_equal (store_link_by_row (st->store, row, &link, &st->error), 1);
  link.mapping = mapping;
  link.leaf_count = 3;
  link.leaves = calloc (3, sizeof *link.leaves);
  link.leaves[2] = json ? hasher_leaf (hasher, json, strlen (json)) : 0;
  state_ok (st, store_link_put (st->store, &link, &st->error));
  hasher_free (hasher);
  link_fini (&link);
  return row;
}

static void
expect_lost (struct state *st, int64_t mapping, size_t leaf, const int64_t *rows, size_t count)
{
  struct lost_visits visits = { .st = st };
  state_ok (st, store_lost_each (st->store, mapping, leaf, note_lost, &visits, &st->error));
  assert_int_equal (visits.count, count);
  for (size_t i = 0; i < count && i < 4; i++)
    assert_int_equal (visits.rows[i], rows[i]);
}

/* Who points at an account that is its entry's no more. */
static void
test_lost (void **state)
{
  struct state *st = *state;
  int64_t a = link_pointing (st, 1, LINK_SYNCED, 7, "\"gone\"");
  link_pointing (st, 2, LINK_SYNCED, 7, "\"there\"");
  link_pointing (st, 3, LINK_SYNCED, 7, NULL);
  link_pointing (st, 4, LINK_DISABLED, 7, "\"gone\"");
  link_pointing (st, 5, LINK_SYNCED, 6, "\"gone\"");
  int64_t b = link_pointing (st, 6, LINK_SYNCED, 7, "\"gone \\\"too\\\"\"");
  assert_int_equal (store_lost_any (st->store, &st->error), 0);
  expect_lost (st, 7, 2, NULL, 0);
  state_ok (st, store_lost_put (st->store, "gone", &st->error));
  state_ok (st, store_lost_put (st->store, "gone", &st->error));
  state_ok (st, store_lost_put (st->store, "gone \"too\"", &st->error));
  state_reopen (st);
  assert_int_equal (store_lost_any (st->store, &st->error), 1);
  expect_lost (st, 7, 2, (int64_t[]){ a, b }, 2);
  expect_lost (st, 7, 1, NULL, 0);
  expect_lost (st, 7, 3, NULL, 0); /* there are fewer */
  state_ok (st, store_lost_drop (st->store, &st->error));
  assert_int_equal (store_lost_any (st->store, &st->error), 0);
  expect_lost (st, 7, 2, NULL, 0);
}

/* More than are fetched at a time, each once. */
static void
test_lost_by_many (void **state)
{
  struct state *st = *state;
  for (unsigned n = 1; n <= 2500; n++)
    link_pointing (st, n, LINK_SYNCED, 7, n % 5 ? "\"gone\"" : "\"there\"");
  state_ok (st, store_lost_put (st->store, "gone", &st->error));
  expect_lost (st, 7, 2, (int64_t[]){ 1, 2, 3, 4 }, 2000);
}

int
main (void)
{
#define TEST(f) cmocka_unit_test_setup_teardown (f, state_setup, state_teardown)
  const struct CMUnitTest tests[] = {
    TEST (test_link_is_kept_whole), TEST (test_link_update_writes_what_changed),
    TEST (test_link_update_after_others), TEST (test_lookups),
    TEST (test_reference_prefers_who_is_there), TEST (test_glance), TEST (test_glance_order),
    TEST (test_glance_queue), TEST (test_size), TEST (test_touch),
    TEST (test_lost), TEST (test_lost_by_many),
    TEST (test_facts), TEST (test_mappings), TEST (test_accounts), TEST (test_runs),
    TEST (test_done),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
