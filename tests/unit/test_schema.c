/* The sink's schema: RFC 7643 section 7 documents, as section 8.7.1 there shows them. */
#include "config.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "record/schema.h"

#define ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

static const char list[] = "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],"
  "\"totalResults\":2,\"Resources\":["
  "{\"id\":\"urn:ietf:params:scim:schemas:core:2.0:User\",\"name\":\"User\",\"description\":\"User Account\","
  "\"attributes\":["
  "{\"name\":\"userName\",\"type\":\"string\",\"multiValued\":false,\"description\":\"Unique identifier\","
  "\"required\":true,\"caseExact\":false,\"mutability\":\"readWrite\",\"returned\":\"default\","
  "\"uniqueness\":\"server\"},"
  "{\"name\":\"name\",\"type\":\"complex\",\"multiValued\":false,\"required\":false,\"subAttributes\":["
  "{\"name\":\"formatted\",\"type\":\"string\"},{\"name\":\"familyName\",\"type\":\"string\"}],"
  "\"mutability\":\"readWrite\"},"
  "{\"name\":\"active\",\"type\":\"boolean\",\"multiValued\":false},"
  "{\"name\":\"password\",\"type\":\"string\",\"mutability\":\"writeOnly\",\"returned\":\"never\"},"
  "{\"name\":\"emails\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
  "{\"name\":\"value\",\"type\":\"string\"},"
  "{\"name\":\"type\",\"type\":\"string\",\"canonicalValues\":[\"work\",\"home\",\"other\"]},"
  "{\"name\":\"primary\",\"type\":\"boolean\"}]},"
  "{\"name\":\"groups\",\"type\":\"complex\",\"multiValued\":true,\"mutability\":\"readOnly\",\"required\":true},"
  "{\"name\":\"x509Certificates\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
  "{\"name\":\"value\",\"type\":\"binary\",\"caseExact\":true}]}]},"
  "{\"id\":\"" ENTERPRISE "\",\"attributes\":["
  "{\"name\":\"manager\",\"type\":\"complex\",\"subAttributes\":[{\"name\":\"value\",\"type\":\"string\"},"
  "{\"name\":\"$ref\",\"type\":\"reference\"},{\"name\":\"displayName\",\"type\":\"string\","
  "\"mutability\":\"readOnly\"}]}]}]}";

static void
test_parse (void **state)
{
  (void) state;
  struct schema *schema;
  struct error error;
  assert_int_equal (schema_parse (list, strlen (list), &schema, &error), 0);
  const struct schema_attribute *emails = schema_find (schema, NULL, "EMAILS");
  assert_string_equal (emails->name, "emails");
  assert_true (emails->multi);
  assert_int_equal (emails->type, SCHEMA_COMPLEX);
  assert_int_equal (schema_sub (emails, "type")->canonical_count, 3);
  assert_int_equal (schema_sub (emails, "primary")->type, SCHEMA_BOOLEAN);
  assert_null (schema_sub (emails, "nothing"));
  assert_true (schema_find (schema, NULL, "password")->write_only);
  assert_true (schema_find (schema, NULL, "groups")->read_only);
  assert_int_equal (schema_sub (schema_find (schema, NULL, "x509Certificates"), "value")->type, SCHEMA_BINARY);
  assert_true (schema_sub (schema_find (schema, NULL, "x509Certificates"), "value")->case_exact);
  const struct schema_attribute *manager = schema_find (schema, ENTERPRISE, "manager");
  assert_int_equal (schema_sub (manager, "$ref")->type, SCHEMA_REFERENCE);
  assert_string_equal (manager->urn, ENTERPRISE);
  assert_null (schema_find (schema, NULL, "manager"));
  schema_free (schema);
}

static void
test_questions (void **state)
{
  (void) state;
  struct schema *schema;
  struct error error;
  assert_int_equal (schema_parse (list, strlen (list), &schema, &error), 0);
  assert_int_equal (schema_required_count (schema), 1); /* groups is the server's */
  assert_string_equal (schema_required (schema, 0)->name, "userName");
  assert_true (schema_has_urn (schema, "URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User"));
  assert_false (schema_has_urn (schema, "urn:x"));
  assert_string_equal (schema_nearest (schema, NULL, "emials"), "emails");
  assert_null (schema_nearest (schema, NULL, "zzzzzzzzzz"));
  assert_string_equal (schema_nearest (schema, ENTERPRISE, "maneger"), "manager");
  assert_string_equal (schema_nearest_urn (schema, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:Usr"),
                       ENTERPRISE);
  assert_string_equal (schema_nearest_sub (schema_find (schema, NULL, "emails"), "primry"), "primary");
  assert_true (schema_is_rfc_core ("nickname"));
  assert_false (schema_is_rfc_core ("manager"));
  schema_free (schema);
}

/* More levels than RFC 7643 has. */
#define TOO_DEEP                                                                              \
  "[{\"id\":\"u\",\"attributes\":[{\"name\":\"a\",\"subAttributes\":[{\"name\":\"b\",\"subAttributes\":"  \
  "[{\"name\":\"c\",\"subAttributes\":[{\"name\":\"d\",\"subAttributes\":[{\"name\":\"e\"}]}]}]}]}]}]"

static void
test_refused (void **state)
{
  (void) state;
  static const char *const bad[] = {
    "", "<html>", "[", "3", "{}", "{\"Resources\":3}", "[3]", "[{}]", "[{\"id\":3}]",
    "[{\"id\":\"urn:x\",\"attributes\":[{}]}]",
    "[{\"id\":\"urn:x\",\"attributes\":[{\"name\":\"\"}]}]",
    TOO_DEEP,
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct schema *schema = NULL;
    struct error error = { .text = "" };
    assert_int_equal (schema_parse (bad[i], strlen (bad[i]), &schema, &error), -1);
    assert_null (schema);
    assert_string_not_equal (error.text, "");
  }
}

static void
test_odd (void **state)
{
  (void) state;
  struct schema *schema;
  struct error error;
  static const char odd[] = "[{\"id\":\"urn:x\",\"attributes\":[{\"name\":\"a\",\"type\":\"new\","
    "\"canonicalValues\":[3,null,\"x\"]}]},{\"id\":\"urn:y\"}]";
  assert_int_equal (schema_parse (odd, strlen (odd), &schema, &error), 0);
  assert_int_equal (schema_find (schema, "urn:x", "a")->type, SCHEMA_STRING);
  assert_int_equal (schema_find (schema, "urn:x", "a")->canonical_count, 1);
  assert_int_equal (schema_required_count (schema), 0);
  assert_null (schema_find (schema, NULL, "userName"));
  assert_null (schema_nearest (schema, "urn:y", "a"));
  schema_free (schema);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_parse), cmocka_unit_test (test_questions),
    cmocka_unit_test (test_refused), cmocka_unit_test (test_odd),
  };
  return cmocka_run_group_tests_name ("schema", tests, NULL, NULL);
}
