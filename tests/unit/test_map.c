/* The mapping: leaf forms, types, documents, errors (contract section 3; G9, G12). */
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
#include "util/mem.h"

#define CORE "urn:ietf:params:scim:schemas:core:2.0:User"
#define ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

/* The contract's matrix, word for word. */
static const char matrix[] = "schemas:\n"
  "  - urn:ietf:params:scim:schemas:core:2.0:User\n"
  "mapping:\n"
  "  userName: uid\n"
  "  emails:\n"
  "    - primary: true\n"
  "      type: work\n"
  "      value: mail\n"
  "  name:\n"
  "    formatted: cn\n"
  "    familyName: sn\n"
  "    givenName: givenName\n"
  "  phoneNumbers:\n"
  "    - type: work\n"
  "      value: telephoneNumber\n"
  "  active: enabled\n";

static void
test_matrix_without_schema (void **state)
{
  (void) state;
  struct bench bench;
  bench_init (&bench, NULL, matrix);
  bench_entry (&bench, "uid", "jsmith", "mail", "j@example.com", "cn", "John Smith", "sn", "Smith",
               "givenName", "John", "telephoneNumber", "+1555", "enabled", "TRUE", NULL);
  assert_string_equal (bench_document (&bench),
    "{\"active\":true,\"emails\":[{\"primary\":true,\"type\":\"work\",\"value\":\"j@example.com\"}],"
    "\"externalId\":\"id-1\",\"name\":{\"familyName\":\"Smith\",\"formatted\":\"John Smith\","
    "\"givenName\":\"John\"},\"phoneNumbers\":[{\"type\":\"work\",\"value\":\"+1555\"}],"
    "\"schemas\":[\"" CORE "\"],\"userName\":\"jsmith\"}");
  assert_int_equal (bench.active, ACTIVE_TRUE);
  bench_fini (&bench);
}

static void
test_matrix_genesys (void **state)
{
  (void) state;
  struct bench bench;
  bench_init (&bench, genesys_schema, matrix);
  assert_non_null (strstr (buffer_text (&bench.warnings), "test.yaml:10:5: \"name\" is not kept"));
  bench_entry (&bench, "uid", "jsmith", "cn", "John Smith", NULL);
  assert_string_equal (bench_document (&bench), "{\"displayName\":\"John Smith\",\"externalId\":\"id-1\","
    "\"name\":{\"formatted\":\"John Smith\"},\"schemas\":[\"" CORE "\"],\"userName\":\"jsmith\"}");
  assert_int_equal (bench.active, ACTIVE_MISSING);
  buffer_reset (&bench.out);
  map_document (bench.mapping, &bench.leaves, false, &bench.out);
  assert_null (strstr (buffer_text (&bench.out), "\"name\""));
  buffer_reset (&bench.out);
  map_document_new (bench.mapping, &bench.leaves, &bench.out);
  assert_string_equal (buffer_text (&bench.out), "{\"active\":true,\"displayName\":\"John Smith\","
    "\"externalId\":\"id-1\",\"schemas\":[\"" CORE "\"],\"userName\":\"jsmith\"}");
  bench_fini (&bench);
}

static void
expect_document (const char *schema, const char *yaml, const char *name, const char *value,
                 const char *part, bool there)
{
  struct bench bench;
  bench_init (&bench, schema, yaml);
  bench_entry (&bench, "uid", "u", name, value, NULL);
  const char *document = bench_document (&bench);
  if (!document)
    fail_msg ("%s", bench.error.text);
  if ((strstr (document, part) != NULL) != there)
    fail_msg ("%s: %s", yaml, document);
  bench_fini (&bench);
}

static void
expect_refused (const char *schema, const char *yaml, const char *part)
{
  MEM_AUTO char *text = bench_refused (schema, yaml);
  if (!strstr (text, part))
    fail_msg ("%s\n%s", yaml, text);
}

static void
test_leaf_forms (void **state)
{
  (void) state;
  static const struct {
    const char *line, *name, *value, *part;
    bool there;
  } cases[] = {
    { "title: CN;Lang-DE", "cn;lang-de", "x", "\"title\":\"x\"", true },
    { "title: 2.5.4.12", "2.5.4.12", "x", "\"title\":\"x\"", true },
    { "title: missing", NULL, NULL, "title", false },
    { "active: true", NULL, NULL, "\"active\":true", true },
    { "age: 12", NULL, NULL, "\"age\":12", true },
    { "weight: 1.50", NULL, NULL, "\"weight\":1.5", true },
    { "age: -3", NULL, NULL, "\"age\":-3", true },
    { "title: \"${'plain'}\"", NULL, NULL, "\"title\":\"plain\"", true },
    { "title: \"${cn} (${sn})\"", "cn", "x", "title", false },
    { "title: \"${cn} (${sn | default('?')})\"", "cn", "x", "\"title\":\"x (?)\"", true },
    { "emails: [{type: work, primary: true}]", NULL, NULL, "emails", false },
    { "emails: []", NULL, NULL, "emails", false },
    { "emails: [{value: mail}]", "mail", "m", "\"emails\":[{\"value\":\"m\"}]", true },
    { "emails: [{value: mail}]", NULL, NULL, "emails", false },
    { "emails: [{type: \"${cn}\", value: mail}]", "cn", "c", "\"emails\":[{\"type\":\"c\"}]", true },
    { "roles: [{value: \"${'employee'}\"}]", NULL, NULL, "\"roles\":[{\"value\":\"employee\"}]", true },
    { "active: \"${cn | bit(2) | not}\"", "cn", "2", "\"active\":false", true },
    { "title: cn", "cn", "a\"\\b\n\x01", "\"title\":\"a\\\"\\\\b\\n\\u0001\"", true },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    MEM_AUTO char *yaml = mem_format ("mapping:\n  userName: uid\n  %s\n", cases[i].line);
    const char *name = cases[i].name ? cases[i].name : "none";
    expect_document (NULL, yaml, name, cases[i].value ? cases[i].value : "", cases[i].part, cases[i].there);
  }
}

static void
test_each (void **state)
{
  (void) state;
  struct bench bench;
  bench_init (&bench, NULL, "mapping:\n  userName: uid\n  emails:\n    - {type: work, value: mail}\n"
              "    - {each: otherMailbox, type: other, value: \"${value | lower}\"}\n");
  bench_entry (&bench, "uid", "u", "mail", "m@x", "otherMailbox", "B@x", "otherMailbox", "A@x",
               "otherMailbox", "b@X", NULL);
  assert_non_null (strstr (bench_document (&bench), "\"emails\":[{\"type\":\"work\",\"value\":\"m@x\"},"
    "{\"type\":\"other\",\"value\":\"a@x\"},{\"type\":\"other\",\"value\":\"b@x\"}]"));
  assert_int_equal (mapping_leaf (bench.mapping, bench_index (&bench, "emails"))->kind, LEAF_LIST);
  bench_entry (&bench, "uid", "u", NULL);
  assert_null (strstr (bench_document (&bench), "emails"));
  bench_fini (&bench);
}

static void
test_plain_lists (void **state)
{
  (void) state;
  struct bench bench;
  bench_init (&bench, genesys_schema, "mapping:\n  userName: uid\n  displayName: uid\n"
              "  tags: ['${x | all | upper}', y, {each: z, value: 'z-${value}'}]\n"
              "  age: y\n");
  bench_entry (&bench, "uid", "u", "x", "b", "x", "a", "y", "1", "z", "q", NULL);
  assert_non_null (strstr (bench_document (&bench), "\"tags\":[\"A\",\"B\",\"1\",\"z-q\"]"));
  assert_string_equal (bench_leaf (&bench, "age"), "1");
  bench_fini (&bench);
  expect_document (genesys_schema, "mapping: {userName: uid, displayName: uid, tags: x}", "x", "v",
                   "\"tags\":[\"v\"]", true);
}

static void
test_types (void **state)
{
  (void) state;
  static const struct {
    const char *attribute, *value, *expected; /* NULL: the entry cannot be mapped */
  } cases[] = {
    { "active", "TRUE", "true" },     { "active", "yes", "true" },      { "active", "1", "true" },
    { "active", "Enabled", "true" },  { "active", "disabled", "false" }, { "active", "no", "false" },
    { "active", "0", "false" },       { "active", "perhaps", NULL },    { "age", "42", "42" },
    { "age", "-0", "0" },             { "age", "4.2", NULL },           { "age", " 4", NULL },
    { "age", "99999999999999999", NULL }, { "weight", "1e3", "1000" },  { "weight", "0.1", "0.1" },
    { "weight", "-0", "0" },          { "weight", "1e21", "1e+21" },    { "weight", "1.5e-7", "1.5e-7" },
    { "weight", "123456.789", "123456.789" }, { "weight", "0.000001", "0.000001" }, { "weight", "nan", NULL },
    { "weight", "1e999", NULL },      { "weight", "333333333.3333333", "333333333.3333333" },
    { "hired", "20240229120000Z", "\"2024-02-29T12:00:00Z\"" },
    { "hired", "2024-02-29T12:00:00Z", "\"2024-02-29T12:00:00Z\"" }, { "hired", "soon", NULL },
    { "hired", "0", NULL },           { "title", "12", "\"12\"" },      { "title", "\xff", NULL },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct bench bench;
    MEM_AUTO char *yaml = mem_format ("mapping:\n  userName: uid\n  displayName: uid\n  %s: x\n", cases[i].attribute);
    bench_init (&bench, genesys_schema, yaml);
    bench_entry (&bench, "uid", "u", "x", cases[i].value, NULL);
    const char *document = bench_document (&bench);
    if (!cases[i].expected)
      assert_null (document);
    if (!document && cases[i].expected)
      fail_msg ("%s", bench.error.text);
    if (document)
      assert_string_equal (bench_leaf (&bench, cases[i].attribute), cases[i].expected);
    else
      assert_non_null (strstr (bench.error.text, "of attribute x"));
    bench_fini (&bench);
  }
}

static void
test_optional (void **state)
{
  (void) state;
  struct bench bench;
  bench_init (&bench, genesys_schema, "mapping:\n  userName: uid\n  displayName: uid\n"
              "  phoneNumbers: [{type: work, value: '${tel | e164(DE)}', optional: true}]\n"
              "  age: {value: years, optional: true}\n");
  bench_entry (&bench, "uid", "u", "tel", "ask Bob", "years", "many", NULL);
  assert_non_null (bench_document (&bench));
  assert_null (bench_leaf (&bench, "phoneNumbers[type eq \"work\"]"));
  assert_null (bench_leaf (&bench, "age"));
  assert_non_null (strstr (buffer_text (&bench.leaves.warnings), "age: the value \"many\" of attribute "
                           "years is no whole number; left out\n"));
  assert_non_null (strstr (buffer_text (&bench.leaves.warnings), "\"ask Bob\""));
  bench_fini (&bench);
}

static void
test_extension (void **state)
{
  (void) state;
  struct bench bench;
  bench_init (&bench, genesys_schema, "mapping:\n  userName: uid\n  displayName: uid\n"
              "  " ENTERPRISE ":\n    Department: ou\n    division: \"${'Home'}\"\n"
              "    manager: {value: '${manager | ref}'}\n");
  bench_entry (&bench, "uid", "u", "ou", "Sales", "manager", "cn=boss", NULL);
  assert_non_null (strstr (bench_document (&bench), "\"schemas\":[\"" CORE "\",\"" ENTERPRISE "\"],"
    "\"" ENTERPRISE "\":{\"department\":\"Sales\",\"division\":\"Home\",\"manager\":{\"value\":\"cn=boss\"}},"
    "\"userName\":\"u\"}") );
  size_t leaf = bench_index (&bench, ENTERPRISE ":manager.value");
  assert_true (mapping_leaf (bench.mapping, leaf)->reference);
  for (size_t i = 0; i < mapping_attribute_count (bench.mapping); i++)
    assert_int_equal (mapping_attribute_is_reference (bench.mapping, i),
                      strcmp (mapping_attribute (bench.mapping, i), "manager") == 0);
  bench_fini (&bench);
  expect_document (NULL, "mapping: {userName: uid, 'urn:x': {a: b, c: true}}", "n", "v", "urn:x", false);
}

static void
test_refusals (void **state)
{
  (void) state;
  static const struct {
    const char *line, *part;
  } cases[] = {
    { "titel: cn", "test.yaml:4:10: the sink's schema has no attribute \"titel\"; did you mean \"title\"?" },
    { "nikname: cn", "did you mean \"nickName\"?" },
    { "groups: [{value: g}]", "read-only" },
    { "id: cn", "set by the sink" },
    { "emails: [{typ: work, value: mail}]", "\"emails\" has no \"typ\"; did you mean \"type\"?" },
    { "emails: mail", "is a list" },
    { "emails: [mail]", "- value: mail" },
    { "title: [cn]", "one value" },
    { "title: {value: cn, optional: maybe}", "optional is true or false" },
    { "urn:ietf:params:scim:schemas:extension:enterprize:2.0:User: {a: b}", "did you mean \"urn:ietf" },
    { ENTERPRISE ": {dept: ou}", "no attribute \"dept\"" },
    { ENTERPRISE ": {manager: {displayName: m}}", "read-only" },
    { ENTERPRISE ": {manager: m}", "is an object" },
    { "name: {givenname: g, famlyName: f}", "did you mean \"familyName\"?" },
    { "USERNAME: uid", "there twice" },
    { "active: 12", "neither true nor false" },
    { "title: ''", "no value here" },
    { "roles: [{value: '${a | all}'}]", "each: attribute" },
    { "roles: [{value: '${a | ref}'}]", "only for single values" },
    { "emails: [{each: 'a b', value: x}]", "no name of an attribute" },
    { "title: '${cn | uppr}'", "test.yaml:4:18: there is no filter \"uppr\"; did you mean \"upper\"?" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    MEM_AUTO char *yaml = mem_format ("mapping:\n  userName: uid\n  displayName: cn\n  %s\n", cases[i].line);
    expect_refused (genesys_schema, yaml, cases[i].part);
  }
  expect_refused (NULL, "mapping: {title: cn}", "no \"userName\"");
  expect_refused (NULL, "mapping: [userName]", "is an object");
  expect_refused (genesys_schema, "schemas: [urn:x]\nmapping: {userName: uid}", "no schema \"urn:x\"");
}

static void
test_warnings (void **state)
{
  (void) state;
  struct bench bench;
  bench_init (&bench, genesys_schema, "mapping:\n  userName: uid\n  emails: [{type: wrk, value: mail}]\n"
              "  roles: [{value: r, type: work}]\n  nickName: cn\n");
  assert_non_null (strstr (buffer_text (&bench.warnings), "type \"wrk\"; did you mean \"work\"?"));
  assert_non_null (strstr (buffer_text (&bench.warnings), "\"roles.type\" is not kept"));
  assert_non_null (strstr (buffer_text (&bench.warnings), "\"nickName\" is not kept"));
  assert_false (mapping_leaf (bench.mapping, bench_index (&bench, "nickName"))->kept);
  bench_fini (&bench);
}

static void
test_display_name (void **state)
{
  (void) state;
  struct bench bench;
  bench_init (&bench, genesys_schema, "mapping: {userName: uid, name: {formatted: '${a} ${b}', familyName: f}}");
  bench_entry (&bench, "uid", "u", "a", "A", "b", "B", "cn", "C", NULL);
  bench_document (&bench);
  assert_string_equal (bench_leaf (&bench, "displayName"), "\"A B\"");
  bench_entry (&bench, "uid", "u", "a", "A", "cn", "C", NULL);
  bench_document (&bench);
  assert_string_equal (bench_leaf (&bench, "displayName"), "\"C\"");
  bench_entry (&bench, "uid", "u", "givenName", "G", "f", "F", "sn", "S", NULL);
  bench_document (&bench);
  assert_string_equal (bench_leaf (&bench, "displayName"), "\"G F\"");
  bench_entry (&bench, "uid", "u", NULL);
  assert_null (bench_document (&bench));
  assert_non_null (strstr (bench.error.text, "no displayName: of the attributes"));
  bench_fini (&bench);
}

static void
test_missing_user_name (void **state)
{
  (void) state;
  struct bench bench;
  bench_init (&bench, NULL, matrix);
  bench_entry (&bench, "cn", "x", "enabled", "FALSE", NULL);
  assert_null (bench_document (&bench));
  assert_string_equal (bench.error.text, "no user name: attribute uid is missing");
  assert_int_equal (bench.active, ACTIVE_FALSE); /* still told: an owned account is disabled */
  bench_fini (&bench);
}

static void
test_large (void **state)
{
  (void) state;
  struct bench bench;
  bench_init (&bench, NULL, "mapping: {userName: uid, title: cn, emails: [{each: mail, value: '${value}'}], "
              "nickName: \"${mail | join(';')}\"}");
  char *large = mem_new ((1 << 20) + 1, 1);
  memset (large, 'x', 1 << 20);
  bench_entry (&bench, "uid", "u", "cn", large, NULL);
  free (large);
  for (int i = 0; i < 10000; i++) {
    char text[32];
    bench_add (&bench, "mail", text, (size_t) snprintf (text, sizeof text, "m%d@example.com", i));
  }
  const char *document = bench_document (&bench);
  assert_non_null (document);
  assert_true (strlen (document) > (1 << 20) + 10000 * 20);
  json_t *parsed = json_loads (document, 0, NULL);
  assert_int_equal (json_array_size (json_object_get (parsed, "emails")), 10000);
  json_decref (parsed);
  bench.entry.too_large = 1;
  assert_null (bench_document (&bench));
  assert_non_null (strstr (bench.error.text, "too large"));
  bench_fini (&bench);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_matrix_without_schema),
    cmocka_unit_test (test_matrix_genesys),
    cmocka_unit_test (test_leaf_forms),
    cmocka_unit_test (test_each),
    cmocka_unit_test (test_plain_lists),
    cmocka_unit_test (test_types),
    cmocka_unit_test (test_optional),
    cmocka_unit_test (test_extension),
    cmocka_unit_test (test_refusals),
    cmocka_unit_test (test_warnings),
    cmocka_unit_test (test_display_name),
    cmocka_unit_test (test_missing_user_name),
    cmocka_unit_test (test_large),
  };
  return cmocka_run_group_tests_name ("map", tests, NULL, NULL);
}
