/* The test source "script" and the test sink "memory" do what their comments say: the tests of
 * the pipeline lean on them. */
#include "config.h"
#include "abi/abi-test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/entry.h"

static struct loader *loader;
static char folder[] = "/tmp/syncd-modules-XXXXXX";
static char file_option[64];

static const char *const *
with_file (const char *text)
{
  static const char *pairs[] = { file_option, NULL };
  FILE *file = fopen (strchr (file_option, '=') + 1, "we");
  fputs (text, file);
  fclose (file);
  return pairs;
}

static int
setup (void **state)
{
  (void) state;
  loader = loader_new (build_folder (".plugins-test"));
  assert_non_null (mkdtemp (folder));
  snprintf (file_option, sizeof file_option, "file=%s/file", folder);
  return 0;
}

static int
teardown (void **state)
{
  (void) state;
  unlink (strchr (file_option, '=') + 1);
  loader_free (loader);
  return rmdir (folder);
}

static void
open_module (struct session *session, const char *name, const char *const *pairs)
{
  struct error error;
  const struct loaded *loaded;
  if (loader_load (loader, name, 0, &loaded, &error))
    fail_msg ("%s", error.text);
  session_open (session, loaded, pairs);
}

/* ---- script ---- */

static struct syncd_scan_request
request (uint32_t mode, const char *checkpoint)
{
  static const struct syncd_attribute uid = { sizeof uid, 0, "uid" }, mail = { sizeof mail, 0, "MAIL" };
  static const struct syncd_attribute *const wanted[] = { &uid, &mail };
  return (struct syncd_scan_request) { .struct_size = sizeof (struct syncd_scan_request),
                                       .mode = mode, .type = "User", .checkpoint = checkpoint,
                                       .checkpoint_len = checkpoint ? strlen (checkpoint) : 0,
                                       .attributes = wanted, .attribute_count = 2 };
}

/* All events of a scan as text: their numbers, ids, first mail and text. */
static void
expect_scan (struct session *session, uint32_t mode, const char *checkpoint, const char *wanted)
{
  const struct syncd_source_ops *source = session->loaded->source;
  struct syncd_scan_request asked = request (mode, checkpoint);
  struct buffer text, told;
  struct entry entry;
  void *scan = NULL;
  buffer_init (&text, 1000);
  buffer_init (&told, 10000);
  entry_init (&entry, 2);
  int32_t code = source->scan_begin (&session->ctx, session->session, &asked, &scan);
  if (code < 0)
    buffer_printf (&told, "%d", code);
  for (int i = 0; code >= 0 && code < SYNCD_SCAN_END_ALL && i < 50; i++) {
    struct value value = { "", 0 };
    entry_reset (&entry);
    buffer_reset (&text);
    code = source->scan_next (&session->ctx, scan, 20, host_entry (&entry), host_buffer (&text));
    entry_first (&entry, 1, &value);
    buffer_printf (&told, "%d%s%.*s%s ", code, buffer_text (&entry.id), (int) value.len,
                   value.bytes, buffer_text (&text));
  }
  if (scan)
    source->scan_end (&session->ctx, scan);
  assert_string_equal (buffer_text (&told), wanted);
  entry_fini (&entry);
  buffer_fini (&text);
  buffer_fini (&told);
}

static const char script[]
    = "# people\n"
      "{\"describe\": {\"scope\": \"s2\"}}\n"
      "{\"get\": {\"id\": \"z\", \"answer\": \"out-of-scope\"}}\n"
      "{\"scan\": {\"mode\": \"everything\"}}\n"
      "{\"entry\": {\"id\": \"a\", \"token\": \"1\", \"name\": \"cn=a\", \"attributes\": "
      "{\"mail\": [\"x@y\", \"z@y\"], \"uid\": 7}}}\n"
      "{\"entry\": {\"id\": \"n{n}\", \"attributes\": {\"mail\": \"m{n}\"}}, \"count\": 2}\n"
      "{\"wait\": 30}\n"
      "{\"still-there\": {\"id\": \"s\", \"token\": \"1\"}}\n"
      "{\"reset\": true}\n{\"checkpoint\": \"c1\"}\n{\"all\": true}\n"
      "{\"scan\": {\"mode\": \"changes\", \"checkpoint\": \"c1\"}}\n"
      "{\"delete\": \"a\"}\n{\"partial\": \"time limit\"}\n"
      "{\"scan\": {\"mode\": \"changes\", \"checkpoint\": \"c2\"}}\n"
      "{\"error\": {\"code\": \"unreachable\", \"message\": \"gone away\"}}\n"
      "{\"scan\": {\"mode\": \"watch\"}}\n{\"caught-up\": true}\n{\"changes\": true}\n"
      "{\"scan\": {\"mode\": \"inventory\"}}\n{\"idle\": true}\n";

static void
a_script_is_played (void **state)
{
  (void) state;
  struct session session;
  open_module (&session, "script", with_file (script));
  expect_scan (&session, SYNCD_MODE_EVERYTHING, NULL, "1ax@y 1n1m1 1n2m2 7 7 3s 5 4c1 8 ");
  expect_scan (&session, SYNCD_MODE_CHANGES, "c1", "2a 10time limit ");
  expect_scan (&session, SYNCD_MODE_CHANGES, "c2", "-1 ");
  assert_string_equal (host_failure (&session.ctx, -1), "gone away");
  expect_scan (&session, SYNCD_MODE_CHANGES, "c9", "-11");
  expect_scan (&session, SYNCD_MODE_WATCH, "c1", "6 9 ");
  expect_scan (&session, SYNCD_MODE_INVENTORY, NULL, "7 -8 ");
  session.cancelled = 1;
  expect_scan (&session, SYNCD_MODE_EVERYTHING, NULL, "-2 ");
  session_close (&session);
}

static void
a_script_answers (void **state)
{
  (void) state;
  struct session session;
  open_module (&session, "script", with_file (script));
  const char *const ids[] = { "n2", "a", "z", "nobody", "cn=a" };
  const int32_t answers[] = { SYNCD_GET_ENTRY, SYNCD_GET_GONE, SYNCD_GET_OUT_OF_SCOPE,
                              SYNCD_GET_GONE, SYNCD_GET_ENTRY };
  struct entry entries[5];
  struct syncd_entry *given[5];
  for (size_t i = 0; i < 5; i++) {
    entry_init (&entries[i], 2);
    given[i] = host_entry (&entries[i]);
  }
  struct syncd_scan_request asked = request (SYNCD_MODE_EVERYTHING, NULL);
  assert_int_equal (session.loaded->source->get (&session.ctx, session.session, &asked, ids, given,
                                                 5), SYNCD_OK);
  for (size_t i = 0; i < 5; i++)
    assert_int_equal (entries[i].answer, answers[i]);
  assert_string_equal (buffer_text (&entries[0].id), "n2");
  assert_string_equal (buffer_text (&entries[4].id), "a");
  for (size_t i = 0; i < 5; i++)
    entry_fini (&entries[i]);
  struct buffer text;
  buffer_init (&text, 10000);
  assert_int_equal (session.loaded->source->describe (&session.ctx, session.session,
                                                      host_buffer (&text)), SYNCD_OK);
  assert_non_null (strstr (buffer_text (&text), "\"scope\":\"s2\""));
  buffer_fini (&text);
  session_close (&session);
}

/* ---- memory ---- */

static struct syncd_result answer;

static int32_t
apply (struct session *session, uint32_t kind, const char *account, const char *document,
       const struct syncd_operation *operations, size_t count)
{
  const struct syncd_change change
      = { .kind = kind, .type = "User", .entry = "e", .account = account, .document = document,
          .document_len = document ? strlen (document) : 0, .operations = operations,
          .operation_count = count };
  const struct syncd_change *const changes[] = { &change };
  struct syncd_result *const results[] = { &answer };
  host_result_fini (&answer);
  assert_int_equal (session->loaded->sink->apply (&session->ctx, session->session, changes, results,
                                                  1), SYNCD_OK);
  return answer.result;
}

#define CREATE(document) apply (&session, SYNCD_CHANGE_CREATE, NULL, document, NULL, 0)

static void
expect_account (struct session *session, const char *id, const char *wanted)
{
  struct buffer text;
  buffer_init (&text, 10000);
  int32_t code = session->loaded->sink->read (&session->ctx, session->session, "User", id, NULL, 0,
                                              host_buffer (&text));
  if (!wanted)
    assert_int_equal (code, SYNCD_E_NOT_FOUND);
  else
    assert_string_equal (buffer_text (&text), wanted);
  buffer_fini (&text);
}

static void
accounts_live (void **state)
{
  (void) state;
  struct session session;
  const char *const pairs[] = { with_file ("")[0], "user_name=text", "soft_delete=1", NULL };
  open_module (&session, "memory", pairs);
  assert_int_equal (CREATE ("{\"userName\":\"anna\"}"), SYNCD_RESULT_OK);
  assert_string_equal (answer.account, "1");
  assert_int_equal (answer.account_flags, SYNCD_ACCOUNT_CREATED);
  assert_int_equal (CREATE ("{\"userName\":\"ANNA\"}"), SYNCD_RESULT_COLLISION);
  assert_string_equal (answer.conflict, "userName");
  assert_int_equal (CREATE ("{\"title\":\"x\"}"), SYNCD_RESULT_ENTRY);
  assert_int_equal (apply (&session, SYNCD_CHANGE_DELETE, "1", NULL, NULL, 0), SYNCD_RESULT_OK);
  expect_account (&session, "1", NULL);
  assert_int_equal (apply (&session, SYNCD_CHANGE_DELETE, "1", NULL, NULL, 0), SYNCD_RESULT_LINK);
  session_close (&session);
  open_module (&session, "memory", pairs); /* from the file */
  assert_int_equal (CREATE ("{\"userName\":\"Anna\",\"active\":true}"), SYNCD_RESULT_OK);
  assert_int_equal (answer.account_flags, SYNCD_ACCOUNT_REVIVED);
  expect_account (&session, "1",
                  "{\"active\":true,\"id\":\"1\",\"meta\":{\"version\":\"\\\"3\\\"\"},"
                  "\"userName\":\"Anna\"}");
  session_close (&session);
}

static struct syncd_operation
operation (uint32_t op, const char *path, const char *value)
{
  return (struct syncd_operation) { sizeof (struct syncd_operation), op, path, value,
                                    value ? strlen (value) : 0 };
}

static void
operations_are_applied (void **state)
{
  (void) state;
  struct session session;
  const char *const pairs[] = { with_file ("")[0], "user_name=text", NULL };
  open_module (&session, "memory", pairs);
  CREATE ("{\"userName\":\"a\",\"title\":\"x\",\"emails\":[{\"type\":\"work\",\"value\":\"1\"}]}");
  const struct syncd_operation good[] = {
    operation (SYNCD_OP_REMOVE, "title", NULL),
    operation (SYNCD_OP_REPLACE, "emails[type eq \"work\"].value", "\"2\""),
    operation (SYNCD_OP_ADD, "emails", "[{\"type\":\"home\",\"value\":\"3\"}]"),
    operation (SYNCD_OP_REPLACE, "name.familyName", "\"B\""),
    operation (SYNCD_OP_REPLACE,
               "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "\"D\""),
  };
  assert_int_equal (apply (&session, SYNCD_CHANGE_UPDATE, "1", NULL, good, 5), SYNCD_RESULT_OK);
  expect_account (&session, "1",
                  "{\"emails\":[{\"type\":\"work\",\"value\":\"2\"},{\"type\":\"home\",\"value\":"
                  "\"3\"}],\"id\":\"1\",\"meta\":{\"version\":\"\\\"2\\\"\"},\"name\":{"
                  "\"familyName\":\"B\"},\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:"
                  "User\":{\"department\":\"D\"},\"userName\":\"a\"}");
  const struct syncd_operation remove = operation (SYNCD_OP_REMOVE, "emails[type eq \"work\"]", NULL),
                               lost = operation (SYNCD_OP_REPLACE, "emails[type eq \"fax\"].value",
                                                 "\"2\"");
  assert_int_equal (apply (&session, SYNCD_CHANGE_UPDATE, "1", NULL, &remove, 1), SYNCD_RESULT_OK);
  assert_int_equal (apply (&session, SYNCD_CHANGE_UPDATE, "1", NULL, &lost, 1), SYNCD_RESULT_ENTRY);
  assert_string_equal (answer.message, "noTarget: emails[type eq \"fax\"].value");
  session_close (&session);
}

static void
results_are_as_configured (void **state)
{
  (void) state;
  struct session session;
  const char *const pairs[] = { with_file ("")[0], "user_name=text", "results=a=budget:1",
                                "results=b=unknown-applied", "results=c=race", "ignore=title",
                                "errors=find=auth", NULL };
  open_module (&session, "memory", pairs);
  assert_int_equal (CREATE ("{\"userName\":\"a\"}"), SYNCD_RESULT_BUDGET);
  assert_int_equal (answer.retry_after_ms, 100);
  assert_int_equal (session.last.throttled, 1);
  assert_int_equal (CREATE ("{\"userName\":\"a\"}"), SYNCD_RESULT_OK);
  assert_int_equal (CREATE ("{\"userName\":\"b\"}"), SYNCD_RESULT_UNKNOWN);
  expect_account (&session, "2", "{\"id\":\"2\",\"meta\":{\"version\":\"\\\"1\\\"\"},"
                                 "\"userName\":\"b\"}");
  assert_int_equal (CREATE ("{\"userName\":\"c\"}"), SYNCD_RESULT_RACE);
  assert_int_equal (CREATE ("{\"userName\":\"d\",\"title\":\"T\"}"), SYNCD_RESULT_NOT_TAKEN);
  assert_string_equal (answer.not_taken[0], "title");
  struct buffer text;
  buffer_init (&text, 100);
  assert_int_equal (session.loaded->sink->find (&session.ctx, session.session, "User", "userName",
                                                "a", NULL, 0, host_buffer (&text)), SYNCD_E_AUTH);
  buffer_fini (&text);
  host_result_fini (&answer);
  session_close (&session);
}

static void
pages_cover_everybody (void **state)
{
  (void) state;
  struct session session;
  const char *const pairs[] = { with_file ("")[0], "user_name=text", "page_size=2", NULL };
  open_module (&session, "memory", pairs);
  char document[64], position[32] = "";
  for (int i = 0; i < 5; i++) {
    snprintf (document, sizeof document, "{\"userName\":\"u%d\"}", i);
    assert_int_equal (CREATE (document), SYNCD_RESULT_OK);
  }
  int pages = 0;
  do {
    struct syncd_list_request asked = { .struct_size = sizeof asked, .type = "User",
                                        .position = *position ? position : NULL,
                                        .position_len = strlen (position) };
    struct buffer documents, next;
    int64_t total = 0;
    buffer_init (&documents, 10000);
    buffer_init (&next, 100);
    assert_int_equal (session.loaded->sink->list (&session.ctx, session.session, &asked,
                                                  host_buffer (&documents), host_buffer (&next),
                                                  &total), SYNCD_OK);
    assert_int_equal (total, 5);
    snprintf (position, sizeof position, "%s", buffer_text (&next));
    buffer_fini (&documents);
    buffer_fini (&next);
  } while (++pages < 10 && *position);
  assert_int_equal (pages, 3);
  host_result_fini (&answer);
  session_close (&session);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_script_is_played),     cmocka_unit_test (a_script_answers),
    cmocka_unit_test (accounts_live),          cmocka_unit_test (operations_are_applied),
    cmocka_unit_test (results_are_as_configured), cmocka_unit_test (pages_cover_everybody),
  };
  return cmocka_run_group_tests (tests, setup, teardown);
}
