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

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_matrix_without_schema),
    cmocka_unit_test (test_matrix_genesys),
  };
  return cmocka_run_group_tests_name ("map", tests, NULL, NULL);
}
