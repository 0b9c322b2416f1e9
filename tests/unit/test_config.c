/* The configuration file: what is taken and what is refused, and where.
 *
 * Each file in config/ is a case: its first line says "# ok", or "# error: LINE:COLUMN: text" as
 * the message must go on after the file's name. */
#include "config.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/settings.h"
#include "util/mem.h"

#define MAX_CASES 200

static const char *
case_folder (void)
{
  static char folder[4096];
  const char *top = getenv ("top_srcdir");
  snprintf (folder, sizeof folder, "%s/tests/unit/config", top ? top : ".");
  return folder;
}

static void
read_expectation (const char *file, char *ret_line, int size)
{
  FILE *stream = fopen (file, "r");
  assert_non_null (stream);
  assert_non_null (fgets (ret_line, size, stream));
  fclose (stream);
  ret_line[strcspn (ret_line, "\n")] = '\0';
}

static void
test_case_file (void **state)
{
  const char *file = *state;
  char line[1000];
  struct error error = {0};
  struct settings settings;
  struct settings_request request = {.config_file = file};
  read_expectation (file, line, sizeof line);
  int result = settings_load (&request, &settings, &error);
  if (strcmp (line, "# ok") == 0) {
    if (result < 0)
      fail_msg ("%s", error.text);
    settings_fini (&settings);
    return;
  }
  assert_int_equal (strncmp (line, "# error: ", 9), 0);
  assert_int_equal (result, -1);
  assert_int_equal (error.exit_status, 2);
  MEM_AUTO char *wanted = mem_format ("%s:%s", file, line + 9);
  if (strncmp (error.text, wanted, strlen (wanted)) != 0)
    fail_msg ("wanted: %s\ngot: %s", wanted, error.text);
}

/* ---- settings from text ---- */

static char *
write_file (const char *text)
{
  char *name = mem_copy_text ("/tmp/syncd-test-XXXXXX");
  int fd = mkstemp (name);
  assert_true (fd >= 0);
  assert_int_equal (write (fd, text, strlen (text)), (ssize_t) strlen (text));
  close (fd);
  return name;
}

static int
load (const char *text, const struct settings_request *more, struct settings *settings,
      struct error *error)
{
  struct settings_request request = more ? *more : (struct settings_request){0};
  char *file = write_file (text);
  request.config_file = file;
  int result = settings_load (&request, settings, error);
  unlink (file);
  free (file);
  return result;
}

static void
test_defaults (void **state)
{
  struct settings s;
  struct error error = {0};
  (void) state;
  assert_int_equal (load ("", NULL, &s, &error), 0);
  assert_string_equal (s.source.name, "ldap");
  assert_string_equal (s.source.plugin, "ldap");
  assert_null (s.source.node);
  assert_string_equal (s.sink.name, "genesys-scim");
  assert_null (s.schemas);
  assert_true (s.default_mapping);
  assert_string_equal (node_get (s.mapping, "userName")->text, "uid");
  assert_string_equal (node_get (s.mapping, "active")->text, "enabled");
  assert_string_equal (node_get (node_get (s.mapping, "emails")->items[0], "value")->text, "mail");
  assert_int_equal (s.match_count, 2);
  assert_string_equal (s.match[0], "externalId");
  assert_string_equal (s.match[1], "userName");
  assert_false (s.adopt_foreign);
  assert_int_equal (s.collision, COLLISION_SUFFIX);
  assert_string_equal (s.collision_format, "{base}_{n}");
  assert_int_equal (s.collision_attempts, 10);
  assert_int_equal (s.collision_left, LEFT_PARK);
  assert_int_equal (s.leavers, LEAVER_DISABLE);
  assert_int_equal (s.delete_after_ms, -1);
  assert_int_equal (s.brake_leavers.percent, 5);
  assert_int_equal (s.brake_leavers.min, 20);
  assert_int_equal (s.brake_updates.percent, 50);
  assert_int_equal (s.brake_updates.min, 100);
  assert_int_equal (s.brake_creates.percent, 50);
  assert_int_equal (s.brake_creates.min, 500);
  assert_int_equal (s.protect_count, 0);
  assert_null (s.audit);
  assert_int_equal (s.every_ms, 300000);
  assert_int_equal (s.inventory_ms, 0);
  assert_int_equal (s.full_ms, 604800000);
  assert_int_equal (s.verify_ms, -1);
  settings_fini (&s);
}

static void
test_all_keys (void **state)
{
  static const char text[] =
      "sources: {hr: {plugin: ldap, base: dc=x}}\n"
      "schemas: [urn:ietf:params:scim:schemas:core:2.0:User]\n"
      "mapping: {userName: '${mail}'}\n"
      "match: [USERNAME, externalid]\n"
      "adopt_foreign: true\n"
      "collision: {policy: fail, format: '{base}.{n}', attempts: 1000, left: adopt}\n"
      "leavers: {policy: delete}\n"
      "brakes: {leavers: {percent: 0, min: 0}, updates: {percent: 7}, creates: {min: 9}}\n"
      "protect: root@example.com\n"
      "audit: /a\n"
      "state: {path: /s.db}\n"
      "schedule: {every: 90, inventory: never, full: auto, verify: 500ms}\n";
  struct settings s;
  struct error error = {0};
  (void) state;
  if (load (text, NULL, &s, &error) < 0)
    fail_msg ("%s", error.text);
  assert_string_equal (s.source.name, "hr");
  assert_string_equal (s.source.plugin, "ldap");
  assert_string_equal (node_get (s.source.node, "base")->text, "dc=x");
  assert_int_equal (s.schemas->count, 1);
  assert_false (s.default_mapping);
  assert_string_equal (node_get (s.mapping, "userName")->text, "${mail}");
  assert_string_equal (s.match[0], "userName");
  assert_string_equal (s.match[1], "externalId");
  assert_true (s.adopt_foreign);
  assert_int_equal (s.collision, COLLISION_FAIL);
  assert_int_equal (s.collision_attempts, 1000);
  assert_int_equal (s.collision_left, LEFT_ADOPT);
  assert_int_equal (s.leavers, LEAVER_DELETE);
  assert_int_equal (s.brake_leavers.percent, 0);
  assert_int_equal (s.brake_leavers.min, 0);
  assert_int_equal (s.brake_updates.min, 100);
  assert_int_equal (s.brake_creates.min, 9);
  assert_int_equal (s.protect_count, 1);
  assert_string_equal (s.audit, "/a");
  assert_string_equal (s.state_path, "/s.db");
  assert_int_equal (s.every_ms, 90000);
  assert_int_equal (s.inventory_ms, -1);
  assert_int_equal (s.full_ms, 0);
  assert_int_equal (s.verify_ms, 500);
  settings_fini (&s);
}

/* `policy: delete` with delete_after must not delete at once. */
static void
test_delete_after_disables_first (void **state)
{
  struct settings s;
  struct error error = {0};
  (void) state;
  assert_int_equal (load ("leavers: {policy: delete, delete_after: 30d}", NULL, &s, &error), 0);
  assert_int_equal (s.leavers, LEAVER_DISABLE);
  assert_int_equal (s.delete_after_ms, INT64_C (30) * 86400000);
  settings_fini (&s);
}

static void
test_environment_in_values (void **state)
{
  struct settings s;
  struct error error = {0};
  (void) state;
  setenv ("SYNCD_TEST_A", "one", 1);
  setenv ("SYNCD_TEST_EMPTY", "", 1);
  static const char text[] =
      "audit: /${SYNCD_TEST_A}/${SYNCD_TEST_EMPTY}${SYNCD_TEST_EMPTY:-two}/${SYNCD_TEST_NO:-}$${x}$y\n"
      "protect: ['${SYNCD_TEST_A}', plain, '$${SYNCD_TEST_A}', '${SYNCD_TEST_NO:-three}']\n"
      "mapping: {userName: '$${SYNCD_TEST_A}'}\n";
  if (load (text, NULL, &s, &error) < 0)
    fail_msg ("%s", error.text);
  assert_string_equal (s.audit, "/one/two/${x}$y");
  assert_string_equal (s.protect[0], "one");
  assert_string_equal (s.protect[2], "${SYNCD_TEST_A}");
  assert_string_equal (s.protect[3], "three");
  assert_string_equal (node_get (s.mapping, "userName")->text, "$${SYNCD_TEST_A}");
  const struct node *protect = node_get (s.root, "protect");
  assert_true (protect->items[0]->from_environment);
  assert_false (protect->items[1]->from_environment);
  assert_false (protect->items[2]->from_environment);
  assert_false (protect->items[3]->from_environment); /* a default stands in the file */
  settings_fini (&s);
}

static void
test_endpoints (void **state)
{
  static const char text[] = "sources:\n  a: {plugin: ldap}\n  ldap:\nsinks:\n  genesys-scim: {}\n";
  struct settings s;
  struct error error = {0};
  struct settings_request request = {.source = "a"};
  (void) state;
  assert_int_equal (load (text, &request, &s, &error), 0);
  assert_string_equal (s.source.name, "a");
  assert_string_equal (s.source.plugin, "ldap");
  settings_fini (&s);
  request = (struct settings_request){.source = "csv", .sink = "dummy"};
  assert_int_equal (load (text, &request, &s, &error), 0);
  assert_string_equal (s.source.plugin, "csv"); /* not in the file: the plugin of that name */
  assert_null (s.source.node);
  assert_string_equal (s.sink.plugin, "dummy");
  settings_fini (&s);
  request.source = "../evil";
  assert_int_equal (load (text, &request, &s, &error), -1);
  assert_int_equal (error.exit_status, 2);
}

static void
test_state_path (void **state)
{
  struct settings s;
  struct error error = {0};
  struct settings_request request = {.state = "/elsewhere.db"};
  char folder[] = "/tmp/syncd-test-XXXXXX";
  (void) state;
  assert_int_equal (load ("state: {path: /s.db}", &request, &s, &error), 0);
  assert_string_equal (s.state_path, "/elsewhere.db");
  settings_fini (&s);
  assert_non_null (mkdtemp (folder));
  MEM_AUTO char *file = mem_format ("%s/people.yaml", folder);
  FILE *stream = fopen (file, "w");
  assert_non_null (stream);
  fclose (stream);
  setenv ("XDG_STATE_HOME", "/xdg", 1);
  request = (struct settings_request){.config_file = file};
  assert_int_equal (settings_load (&request, &s, &error), 0);
  assert_string_equal (s.state_path, geteuid () == 0 ? "/var/lib/syncd/people.db"
                                                     : "/xdg/syncd/people.db");
  settings_fini (&s);
  unlink (file);
  rmdir (folder);
}

static void
test_no_file (void **state)
{
  struct settings s;
  struct error error = {0};
  struct settings_request request = {0};
  (void) state;
  if (access ("/etc/syncd/syncd.yaml", F_OK) == 0)
    skip (); /* this machine has a configuration of its own */
  unsetenv ("SYNCD_CONFIG");
  assert_int_equal (settings_load (&request, &s, &error), 0);
  assert_null (s.file);
  assert_string_equal (s.source.plugin, "ldap");
  assert_string_equal (s.sink.plugin, "genesys-scim");
  assert_non_null (strstr (s.state_path, "syncd/syncd.db"));
  settings_fini (&s);
}

/* The example that is installed works as it stands. */
static void
test_example (void **state)
{
  struct settings s;
  struct error error = {0};
  MEM_AUTO char *file = mem_format ("%s/../../../contrib/syncd.yaml.example", case_folder ());
  struct settings_request request = {.config_file = file};
  (void) state;
  setenv ("LDAP_BIND_PW", "x", 1);
  setenv ("GENESYS_CLIENT_ID", "x", 1);
  setenv ("GENESYS_CLIENT_SECRET", "x", 1);
  if (settings_load (&request, &s, &error) < 0)
    fail_msg ("%s", error.text);
  assert_string_equal (s.protect[0], "admin@example.com");
  assert_int_equal (node_get (s.source.node, "uri")->count, 2);
  settings_fini (&s);
}

static void
test_file_missing (void **state)
{
  struct settings s;
  struct error error = {0};
  struct settings_request request = {.config_file = "/nonexistent/syncd.yaml"};
  (void) state;
  assert_int_equal (settings_load (&request, &s, &error), -1);
  assert_int_equal (error.exit_status, 2);
  assert_non_null (strstr (error.text, "/nonexistent/syncd.yaml: No such file"));
  setenv ("SYNCD_CONFIG", "/", 1);
  request.config_file = NULL;
  assert_int_equal (settings_load (&request, &s, &error), -1);
  assert_non_null (strstr (error.text, "Is a directory"));
  unsetenv ("SYNCD_CONFIG");
}

static void
test_size_limit (void **state)
{
  enum { SIZE = 1024 * 1024 };
  struct node *root = NULL;
  struct error error = {0};
  char *text = mem_new (SIZE + 1, 1);
  (void) state;
  memset (text, '#', SIZE + 1);
  assert_int_equal (node_load_text ("big", text, SIZE, &root, &error), 0);
  node_free (root);
  assert_int_equal (node_load_text ("big", text, SIZE + 1, &root, &error), -1);
  assert_non_null (strstr (error.text, "at most 1 MiB"));
  free (text);
}

/* A small file must not become a huge one through its variables. */
static void
test_expansion_limit (void **state)
{
  enum { VALUE = 100000 };
  static char value[VALUE + 1];
  struct node *root = NULL;
  struct error error = {0};
  (void) state;
  memset (value, 'x', VALUE);
  setenv ("SYNCD_TEST_BIG", value, 1);
#define TEN "${SYNCD_TEST_BIG}${SYNCD_TEST_BIG}${SYNCD_TEST_BIG}${SYNCD_TEST_BIG}${SYNCD_TEST_BIG}"
  static const char text[] = "a: " TEN TEN "\nb: " TEN "\n";
  assert_int_equal (node_load_text ("bomb", text, sizeof text - 1, &root, &error), -1);
  assert_string_equal (error.text, "bomb:2:4: with its ${…} the configuration is larger than 1 MiB");
  unsetenv ("SYNCD_TEST_BIG");
}

static void
test_durations (void **state)
{
  static const struct {
    const char *text;
    int64_t ms;
  } good[] = {{"0", 0},       {"15", 15000},         {"250ms", 250}, {"30s", 30000},
              {"5m", 300000}, {"5min", 300000},      {"12h", 43200000},
              {"7d", 604800000}, {"2w", 1209600000}, {"never", -1}, {"auto", 0}};
  static const char *const bad[] = {"",   "s",   "-1s",  "1.5h", "5 m", "1h30m", "7days", "forever",
                                    "5M", "+1s", " 30s", "30s ", "99999999999999999w",
                                    "9999999999999999999s"};
  (void) state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    int64_t ms = -7;
    assert_int_equal (settings_parse_duration (good[i].text, &ms), 0);
    assert_int_equal (ms, good[i].ms);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int64_t ms = -7;
    if (settings_parse_duration (bad[i], &ms) == 0)
      fail_msg ("taken: \"%s\"", bad[i]);
    assert_int_equal (ms, -7);
  }
}

static int
is_yaml (const struct dirent *entry)
{
  size_t len = strlen (entry->d_name);
  return len > 5 && strcmp (entry->d_name + len - 5, ".yaml") == 0;
}

int
main (void)
{
  static struct CMUnitTest cases[MAX_CASES];
  struct dirent **entries = NULL;
  int count = scandir (case_folder (), &entries, is_yaml, alphasort);
  if (count < 1 || count > MAX_CASES - 20) {
    printf ("Bail out! %d cases in %s\n", count, case_folder ());
    return 1;
  }
  for (int i = 0; i < count; i++) {
    cases[i].name = entries[i]->d_name;
    cases[i].test_func = test_case_file;
    cases[i].initial_state = mem_format ("%s/%s", case_folder (), entries[i]->d_name);
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_defaults),
      cmocka_unit_test (test_all_keys),
      cmocka_unit_test (test_delete_after_disables_first),
      cmocka_unit_test (test_environment_in_values),
      cmocka_unit_test (test_endpoints),
      cmocka_unit_test (test_state_path),
      cmocka_unit_test (test_no_file),
      cmocka_unit_test (test_example),
      cmocka_unit_test (test_file_missing),
      cmocka_unit_test (test_size_limit),
      cmocka_unit_test (test_expansion_limit),
      cmocka_unit_test (test_durations),
  };
  size_t own = sizeof tests / sizeof *tests;
  memcpy (cases + count, tests, sizeof tests);
  int failed = _cmocka_run_group_tests ("config", cases, (size_t) count + own, NULL, NULL);
  for (int i = 0; i < count; i++) {
    free (cases[i].initial_state);
    free (entries[i]);
  }
  free (entries);
  return failed;
}
