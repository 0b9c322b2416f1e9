/* The plan: whatever is known and wanted, applying its operations gives what is wanted (G9),
 * and nothing else is touched. */
#include "config.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include <jansson.h>

#include "mapping.h"
#include "plan/plan.h"
#include "syncd/plugin.h"
#include "util/mem.h"

#define ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define MAX_LEAVES 32
#define ROUNDS 3000

static const char yaml[] = "mapping:\n  userName: uid\n  displayName: cn\n  title: title\n  active: e\n"
  "  name: {givenName: givenName}\n"
  "  emails: [{type: work, primary: true, value: mail}, {type: other, value: mail2}]\n"
  "  phoneNumbers: [{type: work, value: tel}]\n"
  "  roles: [{each: role, value: '${value}'}]\n"
  "  " ENTERPRISE ": {department: ou, manager: {value: boss}}\n";

/* ---- a small model of a SCIM account: a JSON document that operations are applied to ---- */

static json_t *
apply_item (json_t *account, const char *path, const char *bracket, const char *end, uint32_t op,
            json_t *value)
{
  MEM_AUTO char *list_name = mem_copy (path, (size_t) (bracket - path));
  MEM_AUTO char *type = mem_copy (bracket + strlen ("[type eq \""), (size_t) (end - bracket) - strlen ("[type eq \"") - 1);
  json_t *list = json_object_get (account, list_name), *item;
  size_t i;
  json_array_foreach (list, i, item) {
    if (strcmp (json_string_value (json_object_get (item, "type")), type) != 0)
      continue;
    if (op == SYNCD_OP_REMOVE)
      json_array_remove (list, i);
    else if (end[1] == '.')
      json_object_set (item, end + 2, value);
    else
      json_array_set (list, i, value);
    return account;
  }
  fail_msg ("no target: %s", path);
  return NULL;
}

static void
apply_plain (json_t *object, const char *name, uint32_t op, json_t *value)
{
  json_t *there = json_object_get (object, name);
  if (op == SYNCD_OP_REMOVE)
    json_object_del (object, name);
  else if (op == SYNCD_OP_ADD && json_is_array (value) && there)
    json_array_extend (there, value);
  else
    json_object_set (object, name, value);
}

static json_t *
child_of (json_t *object, const char *name)
{
  json_t *child = json_object_get (object, name);
  if (!child) {
    child = json_object ();
    json_object_set_new (object, name, child);
  }
  return child;
}

static void
apply (json_t *account, const char *path, uint32_t op, json_t *value)
{
  const char *bracket = strchr (path, '['), *end = strchr (path, ']');
  size_t urn = strlen (ENTERPRISE);
  if (bracket) {
    apply_item (account, path, bracket, end, op, value);
    return;
  }
  if (strncmp (path, ENTERPRISE, urn) == 0) {
    account = child_of (account, ENTERPRISE);
    path += urn + 1;
  }
  const char *dot = strchr (path, '.');
  MEM_AUTO char *parent = dot ? mem_copy (path, (size_t) (dot - path)) : NULL;
  apply_plain (dot ? child_of (account, parent) : account, dot ? dot + 1 : path, op, value);
}

static void
apply_plan (json_t *account, const struct plan *plan)
{
  for (size_t i = 0; i < plan->operation_count; i++) {
    const struct plan_operation *op = &plan->operations[i];
    json_t *value = op->value_len ? json_loadb (plan->values.bytes + op->value_at, op->value_len,
                                                JSON_DECODE_ANY, NULL) : NULL;
    assert_int_equal (value == NULL, op->op == SYNCD_OP_REMOVE);
    apply (account, op->path, op->op, value);
    json_decref (value);
  }
}

/* ---- helpers ---- */

struct scene {
  struct bench bench;
  struct plan plan;
  uint64_t last[MAX_LEAVES], hashes[MAX_LEAVES];
  unsigned char known[MAX_LEAVES];
  struct plan_input input;
};

static void
scene_init (struct scene *scene, const char *text)
{
  memset (scene, 0, sizeof *scene);
  bench_init (&scene->bench, genesys_schema, text);
  plan_init (&scene->plan);
  scene->input = (struct plan_input) { .mapping = scene->bench.mapping, .hasher = scene->bench.hasher,
                                       .exists = true, .want = &scene->bench.leaves,
                                       .last = scene->last };
}

static void
scene_fini (struct scene *scene)
{
  plan_fini (&scene->plan);
  bench_fini (&scene->bench);
}

static void
scene_map (struct scene *scene)
{
  if (!bench_document (&scene->bench))
    fail_msg ("%s", scene->bench.error.text);
  map_hash_leaves (scene->bench.mapping, scene->bench.hasher, &scene->bench.leaves, scene->hashes);
}

static void
scene_sent (struct scene *scene)
{
  memcpy (scene->last, scene->hashes, sizeof scene->last);
}

static void
expect_operation (const struct scene *scene, size_t i, uint32_t op, const char *path, const char *value)
{
  assert_true (i < scene->plan.operation_count);
  const struct plan_operation *found = &scene->plan.operations[i];
  assert_int_equal (found->op, op);
  assert_string_equal (found->path, path);
  if (value) {
    assert_int_equal (found->value_len, strlen (value));
    assert_memory_equal (scene->plan.values.bytes + found->value_at, value, found->value_len);
  } else {
    assert_int_equal (found->value_len, 0);
  }
}

static void
test_create (void **state)
{
  (void) state;
  struct scene scene;
  scene_init (&scene, "mapping: {userName: uid, displayName: cn, active: e}");
  bench_entry (&scene.bench, "uid", "u", "cn", "c", NULL);
  scene_map (&scene);
  scene.input.exists = false;
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_CREATE);
  assert_non_null (strstr (buffer_text (&scene.plan.document), "{\"active\":true,"));
  bench_entry (&scene.bench, "uid", "u", "cn", "c", "e", "no", NULL);
  scene_map (&scene);
  plan_make (&scene.input, &scene.plan);
  assert_non_null (strstr (buffer_text (&scene.plan.document), "{\"active\":false,"));
  scene_fini (&scene);
  scene_init (&scene, "mapping: {userName: uid, displayName: cn}");
  bench_entry (&scene.bench, "uid", "u", "cn", "c", NULL);
  scene_map (&scene);
  scene.input.exists = false;
  plan_make (&scene.input, &scene.plan);
  assert_non_null (strstr (buffer_text (&scene.plan.document), "{\"active\":true,"));
  scene_fini (&scene);
}

static void
test_update (void **state)
{
  (void) state;
  struct scene scene;
  scene_init (&scene, yaml);
  bench_entry (&scene.bench, "uid", "u", "cn", "c", "mail", "m", "tel", "1", "role", "r", "ou", "o", NULL);
  scene_map (&scene);
  scene_sent (&scene);
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_NOTHING);
  bench_entry (&scene.bench, "uid", "v", "cn", "c", "mail", "n", "mail2", "2", "role", "q", "givenName", "g", NULL);
  scene_map (&scene);
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_UPDATE);
  expect_operation (&scene, 0, SYNCD_OP_REPLACE, "userName", "\"v\"");
  expect_operation (&scene, 1, SYNCD_OP_REMOVE, "phoneNumbers[type eq \"work\"]", NULL);
  expect_operation (&scene, 2, SYNCD_OP_REMOVE, ENTERPRISE ":department", NULL);
  expect_operation (&scene, 3, SYNCD_OP_REPLACE, "emails[type eq \"work\"].value", "\"n\"");
  expect_operation (&scene, 4, SYNCD_OP_REPLACE, "roles", "[{\"value\":\"q\"}]");
  expect_operation (&scene, 5, SYNCD_OP_ADD, "emails", "[{\"type\":\"other\",\"value\":\"2\"}]");
  assert_int_equal (scene.plan.operation_count, 6); /* name is not kept: not sent */
  scene_fini (&scene);
}

static void
test_send_all (void **state)
{
  (void) state;
  struct scene scene;
  scene_init (&scene, "mapping:\n  userName: uid\n  displayName: cn\n  title: title\n"
              "  emails: [{type: work, primary: true, value: mail}]\n");
  bench_entry (&scene.bench, "uid", "u", "cn", "c", "mail", "m", NULL);
  scene_map (&scene);
  scene_sent (&scene);
  memset (scene.known, KNOWN_PRESENT, sizeof scene.known);
  scene.known[bench_index (&scene.bench, "title")] = KNOWN_ABSENT;
  scene.input.send_all = true;
  scene.input.known = scene.known;
  plan_make (&scene.input, &scene.plan);
  expect_operation (&scene, 0, SYNCD_OP_REPLACE, "userName", "\"u\"");
  expect_operation (&scene, 2, SYNCD_OP_REPLACE, "emails[type eq \"work\"].value", "\"m\"");
  expect_operation (&scene, 3, SYNCD_OP_REPLACE, "emails[type eq \"work\"].primary", "true");
  expect_operation (&scene, 4, SYNCD_OP_REPLACE, "externalId", "\"id-1\"");
  assert_int_equal (scene.plan.operation_count, 5);
  scene.known[bench_index (&scene.bench, "emails[type eq \"work\"]")] = KNOWN_ABSENT;
  plan_make (&scene.input, &scene.plan);
  expect_operation (&scene, 3, SYNCD_OP_ADD, "emails", "[{\"primary\":true,\"type\":\"work\",\"value\":\"m\"}]");
  scene_fini (&scene);
}

/* A leaf that the mapping newly names is sent though nothing else differs. */
static void
test_new_leaf (void **state)
{
  (void) state;
  struct scene scene;
  scene_init (&scene, yaml);
  bench_entry (&scene.bench, "uid", "u", "cn", "c", "title", "t", NULL);
  scene_map (&scene);
  scene_sent (&scene);
  for (size_t i = 0; i < MAX_LEAVES; i++)
    scene.known[i] = scene.last[i] ? KNOWN_PRESENT : KNOWN_ABSENT;
  size_t leaf = bench_index (&scene.bench, "title");
  scene.last[leaf] = 0;
  scene.known[leaf] = KNOWN_NOT;
  scene.input.known = scene.known;
  plan_make (&scene.input, &scene.plan);
  expect_operation (&scene, 0, SYNCD_OP_REPLACE, "title", "\"t\"");
  assert_int_equal (scene.plan.operation_count, 1);
  bench_entry (&scene.bench, "uid", "u", "cn", "c", NULL);
  scene_map (&scene);
  plan_make (&scene.input, &scene.plan);
  expect_operation (&scene, 0, SYNCD_OP_REMOVE, "title", NULL);
  scene_fini (&scene);
}

static void
test_active_unmapped (void **state)
{
  (void) state;
  struct scene scene;
  scene_init (&scene, "mapping: {userName: uid, displayName: cn}");
  bench_entry (&scene.bench, "uid", "u", "cn", "c", NULL);
  scene_map (&scene);
  scene_sent (&scene);
  scene.input.disabled_by_us = true;
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_ENABLE);
  expect_operation (&scene, 0, SYNCD_OP_REPLACE, "active", "true");
  assert_int_equal (scene.plan.operations[0].leaf, -1);
  scene.input.intent = INTENT_DISABLE;
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_NOTHING); /* it is already */
  scene.input.disabled_by_us = false;
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_DISABLE);
  expect_operation (&scene, 0, SYNCD_OP_REPLACE, "active", "false");
  assert_int_equal (scene.plan.operation_count, 1);
  scene.input.intent = INTENT_SYNC;
  scene.input.send_all = true; /* an inactive account is adopted as inactive */
  plan_make (&scene.input, &scene.plan);
  for (size_t i = 0; i < scene.plan.operation_count; i++)
    assert_string_not_equal (scene.plan.operations[i].path, "active");
  scene_fini (&scene);
}

/* What has to go before the sink takes any change goes with it, and with nothing else. */
static void
test_disable_without_a_reference (void **state)
{
  (void) state;
  struct scene scene;
  unsigned char removed[MAX_LEAVES] = { 0 };
  scene_init (&scene, yaml);
  bench_entry (&scene.bench, "uid", "u", "cn", "c", "e", "yes", "boss", "b", NULL);
  scene_map (&scene);
  scene_sent (&scene);
  removed[bench_index (&scene.bench, ENTERPRISE ":manager.value")] = 1;
  scene.input.removed = removed;
  scene.input.intent = INTENT_DISABLE;
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_DISABLE);
  expect_operation (&scene, 0, SYNCD_OP_REMOVE, ENTERPRISE ":manager.value", NULL);
  expect_operation (&scene, 1, SYNCD_OP_REPLACE, "active", "false");
  assert_int_equal (scene.plan.operation_count, 2);
  scene.input.intent = INTENT_DELETE;
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.operation_count, 0);
  scene.input.intent = INTENT_DISABLE;
  scene.input.disabled_by_us = true;
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_NOTHING);
  scene_fini (&scene);
}

static enum plan_kind
kind_after (struct scene *scene, const char *enabled)
{
  bench_entry (&scene->bench, "uid", "u", "cn", "c", enabled ? "e" : NULL, enabled, NULL);
  scene_map (scene);
  plan_make (&scene->input, &scene->plan);
  enum plan_kind kind = scene->plan.kind;
  scene_sent (scene);
  return kind;
}

static void
test_active_mapped (void **state)
{
  (void) state;
  struct scene scene;
  scene_init (&scene, yaml);
  scene.input.exists = false;
  assert_int_equal (kind_after (&scene, "yes"), PLAN_CREATE);
  scene.input.exists = true;
  assert_int_equal (kind_after (&scene, "yes"), PLAN_NOTHING);
  assert_int_equal (kind_after (&scene, "no"), PLAN_DISABLE);
  scene.input.intent = INTENT_DISABLE;
  assert_int_equal (kind_after (&scene, "no"), PLAN_NOTHING);
  scene.input.intent = INTENT_SYNC;
  assert_int_equal (kind_after (&scene, "yes"), PLAN_ENABLE);
  assert_int_equal (kind_after (&scene, NULL), PLAN_NOTHING); /* missing: left alone */
  assert_int_equal (kind_after (&scene, "no"), PLAN_DISABLE);
  assert_int_equal (kind_after (&scene, NULL), PLAN_ENABLE); /* we had sent false */
  assert_int_equal (kind_after (&scene, "yes"), PLAN_UPDATE);
  scene.input.disabled_by_us = true; /* a leaver came back, unchanged */
  assert_int_equal (kind_after (&scene, "yes"), PLAN_ENABLE);
  assert_int_equal (kind_after (&scene, "no"), PLAN_DISABLE);
  scene_fini (&scene);
}

static void
test_delete (void **state)
{
  (void) state;
  struct scene scene;
  scene_init (&scene, "mapping: {userName: uid, displayName: cn}");
  scene.input.intent = INTENT_DELETE;
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_DELETE);
  scene.input.exists = false;
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_NOTHING);
  scene.input.intent = INTENT_DISABLE;
  plan_make (&scene.input, &scene.plan);
  assert_int_equal (scene.plan.kind, PLAN_NOTHING);
  scene_fini (&scene);
}

/* ---- the property ---- */

static uint32_t
next (uint32_t *seed)
{
  *seed = *seed * 1664525 + 1013904223;
  return *seed >> 16;
}

static void
random_entry (struct scene *scene, uint32_t *seed)
{
  static const char *const names[] = { "title", "e", "givenName", "mail", "mail2", "tel", "role", "role", "ou", "boss" };
  char text[16];
  bench_entry (&scene->bench, "cn", "c", NULL);
  bench_add (&scene->bench, "uid", text, (size_t) snprintf (text, sizeof text, "u%u", next (seed) % 3));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (next (seed) % 2)
      continue;
    const bool flag = strcmp (names[i], "e") == 0;
    int len = snprintf (text, sizeof text, flag ? "%u" : "v%u", next (seed) % (flag ? 2 : 3));
    bench_add (&scene->bench, names[i], text, (size_t) len);
  }
}

/* Does the account have just what is wanted (and what was never ours)? */
static void
expect_wanted (struct scene *scene, const json_t *account, uint32_t round)
{
  struct leaves seen;
  uint64_t hashes[MAX_LEAVES];
  leaves_init (&seen, mapping_leaf_count (scene->bench.mapping));
  MEM_AUTO char *text = json_dumps (account, 0);
  assert_int_equal (map_leaves_of (scene->bench.mapping, text, strlen (text), &seen), 0);
  map_hash_leaves (scene->bench.mapping, scene->bench.hasher, &seen, hashes);
  for (size_t i = 0; i < seen.count; i++) {
    const struct leaf *leaf = mapping_leaf (scene->bench.mapping, i);
    if (leaf->kept && (int) i != mapping_active_leaf (scene->bench.mapping) && hashes[i] != scene->hashes[i])
      fail_msg ("round %u: %s is %s, not %s", round, leaf->path, leaves_get (&seen, i),
                leaves_get (&scene->bench.leaves, i));
  }
  const char *active = leaves_get (&scene->bench.leaves, (size_t) mapping_active_leaf (scene->bench.mapping));
  assert_int_equal (json_is_true (json_object_get (account, "active")), !active || strcmp (active, "true") == 0);
  assert_string_equal (json_string_value (json_object_get (account, "nickName")), "theirs");
  leaves_fini (&seen);
}

static json_t *
create_account (struct scene *scene)
{
  scene->input.exists = false;
  plan_make (&scene->input, &scene->plan);
  scene->input.exists = true;
  json_t *account = json_loads (buffer_text (&scene->plan.document), 0, NULL);
  assert_non_null (account);
  json_object_set_new (account, "nickName", json_string ("theirs"));
  return account;
}

/* Sometimes nothing is remembered, and the account is read before all is sent. */
static void
forget (struct scene *scene, const json_t *account)
{
  struct leaves seen;
  leaves_init (&seen, mapping_leaf_count (scene->bench.mapping));
  MEM_AUTO char *text = json_dumps (account, 0);
  map_leaves_of (scene->bench.mapping, text, strlen (text), &seen);
  for (size_t i = 0; i < seen.count; i++)
    scene->known[i] = leaves_get (&seen, i) ? KNOWN_PRESENT : KNOWN_ABSENT;
  leaves_fini (&seen);
  scene->input.known = scene->known;
  scene->input.send_all = true;
}

static void
test_property (void **state)
{
  (void) state;
  struct scene scene;
  uint32_t seed = 20260101;
  scene_init (&scene, yaml);
  random_entry (&scene, &seed);
  scene_map (&scene);
  json_t *account = create_account (&scene);
  expect_wanted (&scene, account, 0);
  scene_sent (&scene);
  for (uint32_t round = 1; round <= ROUNDS; round++) {
    random_entry (&scene, &seed);
    scene_map (&scene);
    scene.input.known = NULL;
    scene.input.send_all = false;
    if (next (&seed) % 8 == 0)
      forget (&scene, account);
    plan_make (&scene.input, &scene.plan);
    apply_plan (account, &scene.plan);
    expect_wanted (&scene, account, round);
    scene_sent (&scene);
    scene.input.known = NULL;
    scene.input.send_all = false;
    plan_make (&scene.input, &scene.plan);
    assert_int_equal (scene.plan.kind, PLAN_NOTHING); /* G6 */
  }
  json_decref (account);
  scene_fini (&scene);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_create),          cmocka_unit_test (test_update),
    cmocka_unit_test (test_send_all),        cmocka_unit_test (test_new_leaf),
    cmocka_unit_test (test_active_unmapped), cmocka_unit_test (test_active_mapped),
    cmocka_unit_test (test_disable_without_a_reference),
    cmocka_unit_test (test_delete),          cmocka_unit_test (test_property),
  };
  return cmocka_run_group_tests_name ("plan", tests, NULL, NULL);
}
