/* Which descriptors are admitted: every mistake of probe.h is refused with its message, plugins
 * of other minor versions are complete after copying, and old ones run. */
#include "config.h"
#include "abi-test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "record/entry.h"

static void
every_mistake_is_refused (void **state)
{
  (void) state;
  struct sandbox sandbox;
  sandbox_init (&sandbox);
  sandbox_copy (&sandbox, "probe", "probe");
  for (size_t i = 0; i < sizeof probe_mistakes / sizeof *probe_mistakes; i++) {
    setenv ("SYNCD_PROBE", probe_mistakes[i].name, 1);
    expect_refusal (&sandbox, "probe", 0, "syncd-probe.so: ", probe_mistakes[i].says, NULL);
  }
  setenv ("SYNCD_PROBE", "null", 1);
  expect_refusal (&sandbox, "probe", 0, "returned no descriptor", NULL);
  setenv ("SYNCD_PROBE", "load fails", 1);
  expect_refusal (&sandbox, "probe", 0, "\"probe\" cannot start: the moon is not full: wait", NULL);
  setenv ("SYNCD_PROBE", "load fails mutely", 1);
  expect_refusal (&sandbox, "probe", 0, "cannot start: a mistake inside the plugin", NULL);
  unsetenv ("SYNCD_PROBE");
  const struct loaded *loaded;
  assert_int_equal (loader_load (sandbox.loader, "probe", 0, &loaded, &sandbox.error), 0);
  sandbox_fini (&sandbox);
}

static const struct loaded *
load (struct sandbox *sandbox, const char *name, unsigned kind)
{
  const struct loaded *loaded = NULL;
  sandbox_init (sandbox);
  sandbox_copy (sandbox, name, name);
  if (loader_load (sandbox->loader, name, kind, &loaded, &sandbox->error))
    fail_msg ("%s", sandbox->error.text);
  return loaded;
}

static void
a_future_plugin_is_cut_to_size (void **state)
{
  (void) state;
  struct sandbox sandbox;
  const struct syncd_plugin *plugin = load (&sandbox, "future", SYNCD_KIND_SOURCE)->plugin;
  assert_int_equal (plugin->struct_size, sizeof *plugin);
  assert_int_equal (plugin->abi_version, SYNCD_ABI_CURRENT + 7);
  assert_int_equal (plugin->option_size, sizeof *plugin->options);
  assert_int_equal (plugin->option_count, 2);
  assert_string_equal (plugin->options[0].key, "distance");
  assert_string_equal (plugin->options[1].key, "colour");
  assert_string_equal (plugin->options[1].words, "red blue");
  sandbox_fini (&sandbox);
}

/* ---- a source ---- */

static void
begin_scan (struct session *session, struct syncd_scan_request *request, void **ret_scan)
{
  static const struct syncd_attribute uid = { sizeof uid, 0, "uid" };
  static const struct syncd_attribute *const attributes[] = { &uid };
  *request = (struct syncd_scan_request) { .struct_size = sizeof *request,
                                           .mode = SYNCD_MODE_EVERYTHING, .type = "User",
                                           .attributes = attributes, .attribute_count = 1 };
  int32_t code = session->loaded->source->scan_begin (&session->ctx, session->session, request,
                                                      ret_scan);
  if (code < 0)
    fail_msg ("scan_begin: %s", host_failure (&session->ctx, code));
}

/* Plays a whole scan: "anna bert [c1] end 8". */
static void
play (struct session *session, char *told, size_t size)
{
  const struct syncd_source_ops *source = session->loaded->source;
  struct syncd_scan_request request;
  struct entry entry;
  struct buffer text;
  void *scan = NULL;
  entry_init (&entry, 1);
  buffer_init (&text, 100);
  begin_scan (session, &request, &scan);
  *told = '\0';
  for (int32_t code = 1; code > 0 && code < SYNCD_SCAN_END_ALL;) {
    size_t at = strlen (told);
    entry_reset (&entry);
    buffer_reset (&text);
    code = source->scan_next (&session->ctx, scan, 100, host_entry (&entry), host_buffer (&text));
    struct value value = { "", 0 };
    if (code == SYNCD_SCAN_ENTRY && entry_first (&entry, 0, &value))
      assert_memory_equal (value.bytes, entry.id.bytes, value.len);
    snprintf (told + at, size - at, "%d%.*s%s ", code, (int) value.len, value.bytes,
              buffer_text (&text));
  }
  source->scan_end (&session->ctx, scan);
  entry_fini (&entry);
  buffer_fini (&text);
}

static void
an_old_source_runs (void **state)
{
  (void) state;
  struct sandbox sandbox;
  struct session session;
  const struct loaded *loaded = load (&sandbox, "old-source", SYNCD_KIND_SOURCE);
  assert_string_equal (loaded->plugin->options[0].environment, "OLD_PEOPLE");
  assert_int_equal (session_try (&session, loaded, NULL), SYNCD_E_CONFIG);
  assert_string_equal (host_failure (&session.ctx, SYNCD_E_CONFIG), "people is not set: set it");
  session_close (&session);
  session_open (&session, loaded, (const char *const[]) { "people=2", NULL });
  char told[200];
  play (&session, told, sizeof told);
  assert_string_equal (told, "1anna 1bert 4c1 8 ");
  play (&session, told, sizeof told);
  assert_string_equal (told, "1anna 1bert 4c1 8 ");
  session_close (&session);
  sandbox_fini (&sandbox);
}

static void
a_source_in_cxx_runs (void **state)
{
  (void) state;
  struct sandbox sandbox;
  struct session session;
  session_open (&session, load (&sandbox, "example-cxx", SYNCD_KIND_SOURCE),
                (const char *const[]) { "last=3", NULL });
  char told[200];
  play (&session, told, sizeof told);
  assert_string_equal (told, "11 12 13 8 ");
  session_close (&session);
  sandbox_fini (&sandbox);
}

static void
the_template_runs (void **state)
{
  (void) state;
  struct sandbox sandbox;
  struct session session;
  const struct loaded *loaded = load (&sandbox, "passwd", SYNCD_KIND_SOURCE);
  char file[300], option[310], told[200];
  snprintf (file, sizeof file, "%s", sandbox_write (&sandbox, "people",
            "# comment\nroot:x:0:0:root:/root:/bin/sh\n"
            "anna:x:1000:1000:Anna:/home/anna:/bin/sh\nbert:x:1001:1001::/:\n"));
  snprintf (option, sizeof option, "file=%s", file);
  session_open (&session, loaded, (const char *const[]) { option, "min_uid=1000", NULL });
  play (&session, told, sizeof told);
  assert_string_equal (told, "11000 11001 8 ");
  session_close (&session);
  sandbox_write (&sandbox, "people", "anna:x:1000:1000:Anna:/home/anna:/bin/sh\nbert:x\n");
  session_open (&session, loaded, (const char *const[]) { option, "min_uid=1000", NULL });
  play (&session, told, sizeof told);
  assert_string_equal (told, "11000 -8 ");
  session_close (&session);
  sandbox_fini (&sandbox);
}

/* ---- a sink ---- */

static void
an_old_sink_runs (void **state)
{
  (void) state;
  struct sandbox sandbox;
  struct session session;
  const struct loaded *loaded = load (&sandbox, "old-sink", SYNCD_KIND_SINK);
  session_open (&session, loaded, NULL);
  const struct syncd_operation remove = { sizeof remove, SYNCD_OP_REMOVE, "title", NULL, 0 };
  const struct syncd_change create = { .kind = SYNCD_CHANGE_CREATE, .type = "User", .entry = "e1",
                                       .document = "{}", .document_len = 2 },
                            update = { .kind = SYNCD_CHANGE_UPDATE, .type = "User", .entry = "e2",
                                       .account = "a2", .operations = &remove,
                                       .operation_count = 1 };
  struct syncd_result results[2];
  host_result_init (&results[0]);
  host_result_init (&results[1]);
  const struct syncd_change *const changes[] = { &create, &update };
  struct syncd_result *const answers[] = { &results[0], &results[1] };
  assert_int_equal (loaded->sink->max_batch, 4);
  assert_int_equal (loaded->sink->apply (&session.ctx, session.session, changes, answers, 2), 0);
  assert_int_equal (results[0].result, SYNCD_RESULT_OK);
  assert_string_equal (results[0].account, "e1");
  assert_string_equal (results[0].version, "\"1\"");
  assert_int_equal (results[0].account_flags, SYNCD_ACCOUNT_CREATED);
  assert_string_equal (results[0].correlation, "corr-1");
  assert_int_equal (results[1].result, SYNCD_RESULT_NOT_TAKEN);
  assert_string_equal (results[1].message, "a2: 1 operations");
  assert_string_equal (results[1].not_taken[0], "title");
  assert_string_equal (results[1].conflict, "User");
  assert_int_equal (results[1].retry_after_ms, 1500);
  assert_int_equal (session.permits, 2);
  assert_int_equal (session.observations, 2);
  assert_int_equal (session.last.reset_ms, 60000);
  host_result_fini (&results[0]);
  host_result_fini (&results[1]);
  session_close (&session);
  sandbox_fini (&sandbox);
}

/* ---- whatever was built ---- */

static void
load_folder (const char *folder, int good)
{
  struct loader *loader = loader_new (build_folder (folder));
  DIR *dir = opendir (build_folder (folder));
  if (!dir)
    fail_msg ("%s is not there", build_folder (folder));
  for (struct dirent *file; (file = readdir (dir));) {
    char name[256];
    struct error error;
    const struct loaded *loaded = NULL;
    if (sscanf (file->d_name, "syncd-%200[^.].so", name) != 1)
      continue;
    if (loader_load (loader, name, 0, &loaded, &error) && good)
      fail_msg ("%s", error.text);
    else if (!good && (loaded != NULL) != !strstr ("missing undefined no-entry", name))
      fail_msg ("%s", loaded ? name : error.text);
  }
  closedir (dir);
  loader_free (loader);
}

static void
every_built_module_is_admitted (void **state)
{
  (void) state;
  load_folder (".plugins", 1);
  load_folder (".plugins-test", 1);
  load_folder (".plugins-abi", 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_mistake_is_refused),
    cmocka_unit_test (a_future_plugin_is_cut_to_size),
    cmocka_unit_test (an_old_source_runs),
    cmocka_unit_test (a_source_in_cxx_runs),
    cmocka_unit_test (the_template_runs),
    cmocka_unit_test (an_old_sink_runs),
    cmocka_unit_test (every_built_module_is_admitted),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
