/* Unit tests of what SCIM sinks share beyond JSON: errors and their classes, Retry-After, paths,
 * comparison, and the Genesys Cloud sink's endpoints. No network. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "endpoints.h"
#include "http.h"
#include "json-scan.h"
#include "scim-class.h"
#include "scim-compare.h"
#include "scim-path.h"
#include "url.h"

#include <syncd/plugin.h>

/* A copy on the heap of just that length: reading past it is seen by the sanitizers. */
static struct json
parse (const char *text, char **ret_copy)
{
  struct json v = {NULL, 0};
  size_t n = strlen (text);
  *ret_copy = malloc (n > 0 ? n : 1);
  memcpy (*ret_copy, text, n);
  return json_check (*ret_copy, n, &v) ? v : (struct json){NULL, 0};
}

static int32_t
class_of (uint32_t kind, int32_t status, const char *body)
{
  struct scim_error e;
  struct scim_answer a = {.kind = kind, .status = status, .sent = true, .error = &e};
  scim_error_parse (body, strlen (body), &e);
  return scim_class (&a);
}

static void
classes (void **state)
{
  const uint32_t c = SYNCD_REQUEST_CREATE, u = SYNCD_REQUEST_UPDATE, d = SYNCD_REQUEST_DELETE,
                 l = SYNCD_REQUEST_LIST, r = SYNCD_REQUEST_READ;
  const struct {
    uint32_t kind;
    int32_t status;
    const char *body;
    int32_t wanted;
  } rows[] = {
      {c, 201, "", SYNCD_RESULT_OK},
      {d, 204, "", SYNCD_RESULT_OK},
      {c, 302, "", SYNCD_RESULT_CONFIG},
      {c, 304, "", SYNCD_RESULT_CONFIG},
      {c, 400, "{}", SYNCD_RESULT_ENTRY},
      {c, 401, "", SYNCD_RESULT_AUTH},
      {c, 403, "", SYNCD_RESULT_FORBIDDEN},
      {c, 404, "{}", SYNCD_RESULT_CONFIG},
      {l, 404, "{}", SYNCD_RESULT_CONFIG},
      {u, 404, "{}", SYNCD_RESULT_LINK},
      {u, 404, "<p>", SYNCD_RESULT_CONFIG},
      {r, 404, "{}", SYNCD_RESULT_LINK},
      {d, 404, "{}", SYNCD_RESULT_LINK},
      {u, 410, "{}", SYNCD_RESULT_LINK},
      {c, 405, "", SYNCD_RESULT_CONFIG},
      {c, 406, "", SYNCD_RESULT_CONFIG},
      {c, 408, "", SYNCD_RESULT_UNKNOWN},
      {u, 408, "", SYNCD_RESULT_UNKNOWN},
      {c, 409, "{}", SYNCD_RESULT_COLLISION},
      {u, 409, "{}", SYNCD_RESULT_RACE},
      {d, 409, "{}", SYNCD_RESULT_RACE},
      {u, 409, "{\"scimType\":\"uniqueness\"}", SYNCD_RESULT_COLLISION},
      {c, 409, "{\"detail\":\"Version does not match current version\"}", SYNCD_RESULT_RACE},
      {c, 409, "{\"scimType\":\"uniqueness\",\"detail\":\"version of the current name\"}",
       SYNCD_RESULT_COLLISION},
      {u, 400, "{\"scimType\":\"invalidVers\"}", SYNCD_RESULT_RACE},
      {u, 400, "{\"message\":\"version does not match the current one\"}", SYNCD_RESULT_RACE},
      {u, 412, "", SYNCD_RESULT_RACE},
      {c, 413, "", SYNCD_RESULT_ENTRY},
      {c, 415, "", SYNCD_RESULT_CONFIG},
      {c, 422, "{}", SYNCD_RESULT_ENTRY},
      {c, 429, "", SYNCD_RESULT_BUDGET},
      {c, 500, "", SYNCD_RESULT_UNKNOWN},
      {u, 500, "", SYNCD_RESULT_UNKNOWN},
      {d, 503, "", SYNCD_RESULT_UNKNOWN},
      {l, 504, "", SYNCD_RESULT_SINK},
      {c, 501, "", SYNCD_RESULT_CONFIG},
      {c, 423, "", SYNCD_RESULT_SINK},
      {c, 599, "", SYNCD_RESULT_UNKNOWN}};
  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (class_of (rows[i].kind, rows[i].status, rows[i].body) != rows[i].wanted)
      fail_msg ("kind %u status %d %s: class %d", rows[i].kind, rows[i].status, rows[i].body,
                class_of (rows[i].kind, rows[i].status, rows[i].body));
}

static void
classes_without_an_answer (void **state)
{
  struct scim_error e = {0};
  struct scim_answer a = {.kind = SYNCD_REQUEST_CREATE, .error = &e};
  (void) state;
  assert_int_equal (scim_class (&a), SYNCD_RESULT_SINK);
  a.cancelled = true;
  assert_int_equal (scim_class (&a), SYNCD_RESULT_CANCELLED);
  a.sent = true;
  assert_int_equal (scim_class (&a), SYNCD_RESULT_UNKNOWN);
  a.kind = SYNCD_REQUEST_LIST;
  assert_int_equal (scim_class (&a), SYNCD_RESULT_CANCELLED);
  a.untrusted = true;
  assert_int_equal (scim_class (&a), SYNCD_RESULT_CONFIG);
}

static void
error_bodies (void **state)
{
  struct scim_error e;
  const char *nested = "{\"status\":\"400\",\"errors\":[{\"message\":\"inner\"}]}";
  const char *throttled = "{\"message\":\"Retry the request in [5] seconds\",\"contextId\":\"c\"}";
  (void) state;
  scim_error_parse (nested, strlen (nested), &e);
  assert_true (e.json);
  assert_false (e.scim);
  assert_string_equal (e.detail, "inner");
  scim_error_parse (throttled, strlen (throttled), &e);
  assert_int_equal (e.retry_after_ms, 5000);
  assert_string_equal (e.context, "c");
  scim_error_parse ("[1]", 3, &e);
  assert_false (e.json);
  scim_error_parse ("", 0, &e);
  assert_string_equal (e.detail, "the answer is empty");
}

static void
retry_after (void **state)
{
  (void) state;
  assert_int_equal (http_retry_after ("", 0), -1);
  assert_int_equal (http_retry_after ("0", 0), 0);
  assert_int_equal (http_retry_after ("120", 0), 120000);
  assert_int_equal (http_retry_after ("-5", 0), -1);
  assert_int_equal (http_retry_after ("soon", 0), -1);
  assert_int_equal (http_retry_after ("1.5", 0), -1);
  assert_int_equal (http_retry_after ("99999999999", 0), INT64_C (31536000000));
  assert_int_equal (http_retry_after ("99999999999999999999999", 0), -1);
  assert_int_equal (http_retry_after ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777 - 30), 30000);
  assert_int_equal (http_retry_after ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777 + 30), 0);
  assert_int_equal (http_retry_after ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777 - 1), 1000);
}

static void
paths (void **state)
{
  struct scim_path p;
  (void) state;
  assert_true (scim_path_parse ("title", &p));
  assert_true (scim_part_is (p.attribute, "TITLE"));
  assert_null (p.urn.at);
  assert_true (scim_path_parse ("urn:ietf:params:scim:schemas:core:2.0:User:title", &p));
  assert_null (p.urn.at);
  assert_true (scim_part_is (p.attribute, "title"));
  assert_true (scim_path_parse ("urn:a:enterprise:2.0:User:manager.value", &p));
  assert_true (scim_part_is (p.urn, "urn:a:enterprise:2.0:User"));
  assert_true (scim_part_is (p.attribute, "manager"));
  assert_true (scim_part_is (p.sub, "value"));
  assert_true (scim_path_parse ("urn:a:enterprise:2.0:User", &p));
  assert_true (scim_part_is (p.urn, "urn:a:enterprise:2.0:User"));
  assert_null (p.attribute.at);
  assert_true (scim_path_parse ("urn:g:2.0:User:externalIds[authority eq \"a]:b.c\"].value", &p));
  assert_true (scim_part_is (p.attribute, "externalIds"));
  assert_true (json_equals (p.filter_value, "a]:b.c", 6, false));
  assert_true (scim_part_is (p.sub, "value"));
  assert_true (scim_path_parse ("", &p));
  assert_false (scim_path_parse ("emails[type eq work].value", &p));
  assert_false (scim_path_parse ("emails[type pr]", &p));
  assert_false (scim_path_parse ("emails[type eq \"w\"", &p));
  assert_false (scim_path_parse ("[type eq \"w\"]", &p));
  assert_false (scim_path_parse ("a.b.c", &p));
  assert_false (scim_path_parse ("a.", &p));
}

static bool
never_ignored (const char *path)
{
  (void) path;
  return false;
}

static bool
never_same (const char *path, struct json a, struct json b, struct json c, struct json d)
{
  (void) path, (void) a, (void) b, (void) c, (void) d;
  return false;
}

static bool
never_kept (const char *path, struct json item)
{
  (void) path, (void) item;
  return false;
}

static const struct scim_rules strict = {never_ignored, never_same, never_kept};

static size_t
missing (const char *sent, const char *account)
{
  char *a, *b;
  struct scim_compare *c = malloc (sizeof *c);
  struct json_table s, table;
  json_table_fill (&s, parse (sent, &a));
  json_table_fill (&table, parse (account, &b));
  scim_compare_begin (c, &strict, &table);
  assert_non_null (s.object.at);
  scim_compare_document (c, &s);
  size_t n = c->missing;
  free (c);
  free (a);
  free (b);
  return n;
}

static void
comparison (void **state)
{
  (void) state;
  assert_int_equal (missing ("{\"a\":\"x\"}", "{\"A\":\"\\u0078\",\"b\":1}"), 0);
  assert_int_equal (missing ("{\"a\":\"x\"}", "{\"\\u0061\":\"x\"}"), 0);
  assert_int_equal (missing ("{\"\\u0061\":\"x\"}", "{\"a\":\"x\"}"), 0);
  assert_int_equal (missing ("{\"a\":\"x\"}", "{\"a\":\"X\"}"), 1);
  assert_int_equal (missing ("{\"a\":\"x\"}", "{}"), 1);
  assert_int_equal (missing ("{\"a\":null,\"b\":\"\",\"c\":[]}", "{}"), 0);
  assert_int_equal (missing ("{\"a\":true}", "{\"a\":\"True\"}"), 0);
  assert_int_equal (missing ("{\"a\":true}", "{\"a\":false}"), 1);
  assert_int_equal (missing ("{\"a\":3.0}", "{\"a\":3}"), 0);
  assert_int_equal (missing ("{\"l\":[1,2]}", "{\"l\":[2,1,5]}"), 0);
  assert_int_equal (
      missing ("{\"l\":[{\"type\":\"w\",\"value\":\"1\"},{\"type\":\"h\",\"value\":\"2\"}]}",
               "{\"l\":[{\"type\":\"h\",\"value\":\"1\"},{\"type\":\"w\",\"value\":\"2\"}]}"),
      2);
  assert_int_equal (
      missing ("{\"m\":{\"value\":\"1\",\"$ref\":\"x\"}}", "{\"m\":{\"value\":\"1\"}}"), 0);
  assert_int_equal (missing ("{\"m\":{\"value\":\"1\"}}", "{\"m\":\"1\"}"), 0);
  assert_int_equal (missing ("{\"urn:x:User\":{\"a\":1,\"b\":2}}", "{\"URN:x:user\":{\"a\":1}}"),
                    1);
  assert_int_equal (missing ("{\"a\":{\"b\":1}}", "[]"), 1);
}

/* More members than a table has rows. */
static void
comparison_of_many (void **state)
{
  char sent[4096] = "{", got[4096] = "{";
  size_t n = 1, m = 1;
  (void) state;
  for (int i = 0; i < 2 * JSON_TABLE_ROWS; i++) {
    n += (size_t) snprintf (sent + n, sizeof sent - n, "%s\"a%d\":%d", i > 0 ? "," : "", i, i);
    m += (size_t) snprintf (got + m, sizeof got - m, "%s\"a%d\":%d", i > 0 ? "," : "", i,
                            i == 2 * JSON_TABLE_ROWS - 1 ? -1 : i);
  }
  strcpy (sent + n, "}");
  strcpy (got + m, "}");
  assert_int_equal (missing (sent, sent), 0);
  assert_int_equal (missing (sent, got), 1);
}

static void
addresses (void **state)
{
  struct url u;
  char why[128], origin[300];
  (void) state;
  assert_true (url_parse ("https://API.example.com:8443/gate/", &u, why, sizeof why));
  assert_string_equal (u.path, "/gate");
  assert_string_equal (u.port, ":8443");
  assert_false (u.loopback);
  url_origin (&u, origin, sizeof origin);
  assert_true (url_parse (origin, &u, why, sizeof why));
  for (const char *const *t = (const char *const[]){"http://127.0.0.1:1", "http://127.9.9.9",
                                                    "http://localhost/x", "http://[::1]:80", NULL};
       *t != NULL; t++) {
    assert_true (url_parse (*t, &u, why, sizeof why));
    assert_true (u.loopback);
  }
  for (const char *const *t =
           (const char *const[]){"http://127.0.0.1.example.com", "http://localhost.example.com",
                                 "http://[::2]", NULL};
       *t != NULL; t++) {
    assert_true (url_parse (*t, &u, why, sizeof why));
    assert_false (u.loopback);
  }
  for (const char *const *t =
           (const char *const[]){"", "example.com", "ftp://x", "https://a:b@x", "https://x/?q",
                                 "https://x/#f", "file:///etc/passwd", "https://", NULL};
       *t != NULL; t++)
    assert_false (url_parse (*t, &u, why, sizeof why));
}

static void
check_endpoints (const char *region, const char *base, const char *token_url, const char *scim,
                 const char *token)
{
  struct endpoints_wanted w = {region, base, token_url, "/api/v2/scim/v2/", false};
  struct endpoints e;
  char why[1600] = "";
  if (!endpoints_resolve (&w, &e, why, sizeof why))
    fail_msg ("%s %s: %s", region, base, why);
  assert_string_equal (e.scim, scim);
  assert_string_equal (e.token, token);
}

static void
endpoints (void **state)
{
  (void) state;
  check_endpoints (NULL, NULL, NULL, "https://api.mypurecloud.com/api/v2/scim/v2",
                   "https://login.mypurecloud.com/oauth/token");
  check_endpoints ("eu-west-1", ENDPOINTS_DEFAULT, NULL,
                   "https://api.mypurecloud.ie/api/v2/scim/v2",
                   "https://login.mypurecloud.ie/oauth/token");
  check_endpoints ("EUSC-DE-EAST-1", NULL, NULL, "https://api.edee1.eusc-pure.cloud/api/v2/scim/v2",
                   "https://login.edee1.eusc-pure.cloud/oauth/token");
  check_endpoints ("eu-west-1", "https://api.mypurecloud.ie/", NULL,
                   "https://api.mypurecloud.ie/api/v2/scim/v2",
                   "https://login.mypurecloud.ie/oauth/token");
  check_endpoints (NULL, "https://gate.example.com/genesys/", NULL,
                   "https://gate.example.com/genesys/api/v2/scim/v2",
                   "https://gate.example.com/genesys/oauth/token");
  check_endpoints (NULL, "https://api.new.pure.cloud:8443", NULL,
                   "https://api.new.pure.cloud:8443/api/v2/scim/v2",
                   "https://login.new.pure.cloud:8443/oauth/token");
  check_endpoints (NULL, "http://127.0.0.1:81", NULL, "http://127.0.0.1:81/api/v2/scim/v2",
                   "http://127.0.0.1:81/oauth/token");
  check_endpoints (NULL, NULL, "https://x.example/t", "https://api.mypurecloud.com/api/v2/scim/v2",
                   "https://x.example/t");
  assert_string_equal (endpoints_region ("us-east-2"), "use2.us-gov-pure.cloud");
  assert_null (endpoints_region ("us-east-9"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test (classes),
                                     cmocka_unit_test (classes_without_an_answer),
                                     cmocka_unit_test (error_bodies),
                                     cmocka_unit_test (retry_after),
                                     cmocka_unit_test (paths),
                                     cmocka_unit_test (comparison),
                                     cmocka_unit_test (comparison_of_many),
                                     cmocka_unit_test (addresses),
                                     cmocka_unit_test (endpoints)};
  return cmocka_run_group_tests_name ("scim-class", tests, NULL, NULL);
}
