/* The host's services on their own: limits, hostile arguments, failures, cancellation, budget. */
#include "config.h"
#include "abi-test.h"

#include <stdlib.h>
#include <string.h>

static const struct syncd_host *host;

static void
no_service_is_missing (void **state)
{
  (void) state;
  assert_int_equal (host->struct_size, sizeof *host);
  assert_int_equal (host->abi_version, SYNCD_ABI_CURRENT);
  void (*const *at) (void) = (void (*const *) (void)) (const void *) &host->log;
  void (*const *end) (void) = (void (*const *) (void)) (const void *) (host + 1);
  for (; at < end; at++)
    assert_true (*at != NULL);
}

static void
failures_are_told_once (void **state)
{
  (void) state;
  struct syncd_ctx ctx;
  host_ctx_init (&ctx, "x", NULL, NULL);
  assert_string_equal (host_failure (&ctx, SYNCD_E_AUTH), "the other end refuses who we are");
  assert_int_equal (host->fail (&ctx, SYNCD_E_AUTH, "bind %s", "cn=x"), SYNCD_E_AUTH);
  assert_string_equal (host_failure (&ctx, SYNCD_E_AUTH), "bind cn=x");
  assert_string_equal (host_failure (&ctx, SYNCD_E_NOT_FOUND), "not found");
  assert_string_equal (host_failure (&ctx, -999), "it failed without saying why");
  assert_string_equal (host_failure (&ctx, INT32_MIN), "it failed without saying why");
  assert_int_equal (host->fail (&ctx, SYNCD_OK, "success?"), SYNCD_E_INTERNAL);
  host->fail (&ctx, SYNCD_E_AUTH, "%s", "inner");
  host->fail (&ctx, SYNCD_E_AUTH, "outer: %s", ctx.failure);
  assert_string_equal (host_failure (&ctx, SYNCD_E_AUTH), "outer: inner");
}

static void
long_failures_are_cut (void **state)
{
  (void) state;
  struct syncd_ctx ctx;
  host_ctx_init (&ctx, "x", NULL, NULL);
  host->fail (&ctx, SYNCD_E_AUTH, "%05000d", 1);
  assert_int_equal (strlen (host_failure (&ctx, SYNCD_E_AUTH)), sizeof ctx.failure - 1);
}

static void
without_a_ctx (void **state)
{
  (void) state;
  assert_int_equal (host->fail (NULL, SYNCD_E_CONFIG, "in load"), SYNCD_E_CONFIG);
  assert_string_equal (host_failure (NULL, SYNCD_E_CONFIG), "in load");
  host->log (NULL, SYNCD_LOG_DEBUG, "nothing");
  assert_false (host->cancelled (NULL));
  assert_int_equal (host->permit (NULL, SYNCD_REQUEST_READ), SYNCD_OK);
}

static void
buffers_have_a_maximum (void **state)
{
  (void) state;
  struct buffer buffer;
  buffer_init (&buffer, 5);
  assert_int_equal (host->buffer_append (host_buffer (&buffer), "abc", 3), SYNCD_OK);
  assert_int_equal (host->buffer_append (host_buffer (&buffer), NULL, 0), SYNCD_OK);
  assert_int_equal (host->buffer_append (host_buffer (&buffer), "def", 3), SYNCD_E_LIMIT);
  assert_string_equal (buffer_text (&buffer), "abc");
  assert_int_equal (host->buffer_append (host_buffer (&buffer), "x", SIZE_MAX), SYNCD_E_LIMIT);
  buffer_fini (&buffer);
}

static void
entries_are_filled (void **state)
{
  (void) state;
  struct entry entry;
  struct value value;
  entry_init (&entry, 2);
  struct syncd_entry *e = host_entry (&entry);
  host->entry_set_id (e, "old", 3);
  host->entry_set_id (e, "id", 2);
  host->entry_set_token (e, "a\0b", 3);
  host->entry_set_name (e, NULL, 7);
  host->entry_add_reference_key (e, "k1", 2);
  host->entry_add_reference_key (e, "k\0x", 3);
  host->entry_add_reference_key (e, "k2", 2);
  host->entry_set_type (e, NULL);
  host->entry_set_reevaluate_at (e, 42);
  host->entry_set_answer (e, SYNCD_GET_GONE);
  host->entry_add_value (e, 1, "v\0w", 3);
  host->entry_add_value (e, 2, "out of range", 12);
  host->entry_add_value (e, SIZE_MAX, "out of range", 12);
  assert_string_equal (buffer_text (&entry.id), "id");
  assert_int_equal (entry.token.len, 3);
  assert_int_equal (entry.name.len, 0);
  assert_int_equal (entry.reference_keys.len, 6);
  assert_memory_equal (entry.reference_keys.bytes, "k1\0k2", 6);
  assert_true (entry_first (&entry, 1, &value) && value.len == 3);
  assert_int_equal (entry_count (&entry, 0), 0);
  assert_int_equal (entry.reevaluate_at, 42);
  assert_false (entry.too_large);
  entry_fini (&entry);
}

static void
too_large_entries_are_marked (void **state)
{
  (void) state;
  struct entry entry;
  entry_init (&entry, 1);
  char *much = calloc (1, ENTRY_MAX_BYTES + 1);
  memset (much, 'x', ENTRY_MAX_BYTES);
  host->entry_set_id (host_entry (&entry), much, 1 << 20);
  assert_true (entry.too_large);
  entry_reset (&entry);
  host->entry_add_value (host_entry (&entry), 0, much, ENTRY_MAX_BYTES);
  assert_false (entry.too_large);
  host->entry_add_value (host_entry (&entry), 0, "y", 1);
  assert_true (entry.too_large);
  entry_reset (&entry);
  for (int i = 0; i < 100; i++)
    host->entry_add_reference_key (host_entry (&entry), much, 1000);
  assert_true (entry.too_large);
  assert_true (entry.reference_keys.len % 1001 == 0);
  free (much);
  entry_fini (&entry);
}

static void
results_are_checked (void **state)
{
  (void) state;
  struct syncd_result result;
  host_result_init (&result);
  assert_int_equal (result.retry_after_ms, -1);
  host->result_set (&result, 77, 200);
  assert_int_equal (result.result, SYNCD_RESULT_UNKNOWN);
  host->result_set (&result, -1, 200);
  assert_int_equal (result.result, SYNCD_RESULT_UNKNOWN);
  host->result_set_account (&result, "1", "v1", 0);
  host->result_set_account (&result, "2", NULL, 0);
  assert_string_equal (result.account, "2");
  assert_null (result.version);
  host->result_set_message (&result, "%09999d", 1);
  assert_true (strlen (result.message) < 4096);
  for (int i = 0; i < 5000; i++)
    host->result_add_not_taken (&result, "title");
  host->result_add_not_taken (&result, NULL);
  assert_true (result.not_taken_count > 0 && result.not_taken_count <= 1000);
  host_result_fini (&result);
  assert_null (result.account);
  host_result_fini (&result);
}

static void
changes_have_bounds (void **state)
{
  (void) state;
  struct syncd_operation one = { sizeof one, SYNCD_OP_ADD, "title", "\"x\"", 3 };
  struct syncd_change change = { .kind = SYNCD_CHANGE_UPDATE, .operations = &one,
                                 .operation_count = 1 };
  size_t len = 99;
  assert_null (host->change_document (&change, &len));
  assert_int_equal (len, 99); /* outputs are untouched where there is nothing */
  assert_ptr_equal (host->change_operation (&change, 0), &one);
  assert_null (host->change_operation (&change, 1));
}

/* ---- cancellation and budget ---- */

static struct syncd_observation seen;
static int asked;

static int32_t
permit (void *data, struct syncd_ctx *ctx, uint32_t kind)
{
  (void) ctx;
  assert_ptr_equal (data, &asked);
  assert_int_equal (kind, SYNCD_REQUEST_CREATE);
  asked++;
  return SYNCD_OK;
}

static void
observed (void *data, const struct syncd_observation *observation)
{
  (void) data;
  seen = *observation;
}

static void
the_budget_is_asked (void **state)
{
  (void) state;
  struct host_budget budget = { &asked, permit, observed };
  atomic_int cancelled = 0;
  struct syncd_ctx ctx;
  host_ctx_init (&ctx, "x", &cancelled, &budget);
  assert_int_equal (host->permit (&ctx, SYNCD_REQUEST_CREATE), SYNCD_OK);
  assert_false (host->cancelled (&ctx));
  atomic_store (&cancelled, 1);
  assert_true (host->cancelled (&ctx));
  assert_int_equal (host->permit (&ctx, SYNCD_REQUEST_CREATE), SYNCD_E_CANCELLED);
  assert_int_equal (asked, 1);
}

static void
short_observations_are_completed (void **state)
{
  (void) state;
  struct host_budget budget = { &asked, permit, observed };
  struct syncd_ctx ctx;
  host_ctx_init (&ctx, "x", NULL, &budget);
  struct syncd_observation told = { .struct_size = offsetof (struct syncd_observation, allowed),
                                    .status = 429, .throttled = 1, .allowed = 7 };
  host->observed (&ctx, &told);
  assert_int_equal (seen.status, 429);
  assert_int_equal (seen.allowed, -1);
  assert_int_equal (seen.latency_us, -1);
  assert_int_equal (seen.struct_size, sizeof seen);
  host->observed (&ctx, NULL);
}

static void
what_is_remembered_can_be_recalled (void **state)
{
  (void) state;
  struct host_memory memory = { .changed = false };
  struct syncd_ctx ctx;
  size_t len = 7;
  host_ctx_init (&ctx, "x", NULL, NULL);
  assert_int_equal (host->remember (&ctx, "lost", 4), SYNCD_OK);
  assert_null (host->recall (&ctx, &len));
  buffer_init (&memory.bytes, 8);
  ctx.memory = &memory;
  assert_null (host->recall (&ctx, &len));
  assert_int_equal (host->remember (&ctx, "one\0two", 7), SYNCD_OK);
  assert_memory_equal (host->recall (&ctx, &len), "one\0two", 7);
  assert_int_equal (len, 7);
  assert_true (memory.changed);
  memory.changed = false;
  assert_int_equal (host->remember (&ctx, "one\0two", 7), SYNCD_OK);
  assert_false (memory.changed);
  assert_int_equal (host->remember (&ctx, "much too long", 13), SYNCD_E_LIMIT);
  assert_memory_equal (host->recall (&ctx, &len), "one\0two", 7);
  assert_int_equal (host->remember (&ctx, "", 0), SYNCD_OK);
  assert_null (host->recall (&ctx, &len));
  buffer_fini (&memory.bytes);
}

static void
secrets_are_wiped (void **state)
{
  (void) state;
  char secret[] = "hunter2";
  host->wipe (secret, sizeof secret);
  for (size_t i = 0; i < sizeof secret; i++)
    assert_int_equal (secret[i], 0);
  host->wipe (NULL, 10);
}

int
main (void)
{
  host = host_table ();
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (no_service_is_missing),
    cmocka_unit_test (failures_are_told_once),
    cmocka_unit_test (long_failures_are_cut),
    cmocka_unit_test (without_a_ctx),
    cmocka_unit_test (buffers_have_a_maximum),
    cmocka_unit_test (entries_are_filled),
    cmocka_unit_test (too_large_entries_are_marked),
    cmocka_unit_test (results_are_checked),
    cmocka_unit_test (changes_have_bounds),
    cmocka_unit_test (the_budget_is_asked),
    cmocka_unit_test (short_observations_are_completed),
    cmocka_unit_test (what_is_remembered_can_be_recalled),
    cmocka_unit_test (secrets_are_wiped),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
