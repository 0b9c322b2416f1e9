/* Which plugin files are found, trusted and loaded, and what is said of the others. */
#include "config.h"
#include "abi-test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static int
setup (void **state)
{
  *state = calloc (1, sizeof (struct sandbox));
  sandbox_init (*state);
  return 0;
}

static int
teardown (void **state)
{
  sandbox_fini (*state);
  free (*state);
  return 0;
}

static const struct loaded *
load_good (struct sandbox *sandbox, const char *name, unsigned kind)
{
  const struct loaded *loaded = NULL;
  if (loader_load (sandbox->loader, name, kind, &loaded, &sandbox->error))
    fail_msg ("%s", sandbox->error.text);
  return loaded;
}

static void
a_good_plugin_is_loaded_once (void **state)
{
  struct sandbox *sandbox = *state;
  const char *path = sandbox_copy (sandbox, "probe", "probe");
  const struct loaded *loaded = load_good (sandbox, "probe", SYNCD_KIND_SOURCE);
  assert_string_equal (loaded->file, path);
  assert_string_equal (loaded->plugin->name, "probe");
  assert_non_null (loaded->source);
  assert_null (loaded->sink);
  assert_ptr_equal (load_good (sandbox, "probe", 0), loaded);
}

static void
the_wrong_kind (void **state)
{
  struct sandbox *sandbox = *state;
  sandbox_copy (sandbox, "probe", "probe");
  expect_refusal (sandbox, "probe", SYNCD_KIND_SINK, "\"probe\" is a source", "under sources:",
                  NULL);
  load_good (sandbox, "probe", 0);
  expect_refusal (sandbox, "probe", SYNCD_KIND_SINK, "\"probe\" is a source", NULL);
}

static void
names_are_not_paths (void **state)
{
  static const char *const names[] = { "", "../probe", "/tmp/probe", "Probe", "a b", "a.b", "a%s",
                                       "ldap\n", "\303\244" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    expect_refusal (*state, names[i], 0, "is no plugin's name", "--plugin-dir", NULL);
  char longest[100];
  memset (longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  expect_refusal (*state, longest, 0, "is no plugin's name", NULL);
}

static void
not_there (void **state)
{
  struct sandbox *sandbox = *state;
  expect_refusal (sandbox, "ldop", 0, "no plugin \"ldop\"", "syncd-ldop.so", sandbox->folder,
                  "--plugin-dir", NULL);
  sandbox_copy (sandbox, "probe", "probe");
  expect_refusal (sandbox, "prob", 0, "did you mean \"probe\"?", NULL);
}

static void
folders_have_an_order (void **state)
{
  struct sandbox *sandbox = *state, other;
  sandbox_init (&other);
  char path[1024];
  snprintf (path, sizeof path, "%s", sandbox_copy (sandbox, "probe", "probe"));
  sandbox_write (&other, "probe", "not this one");
  sandbox_copy (&other, "future", "future");
  setenv ("SYNCD_PLUGIN_DIR", other.folder, 1);
  struct loader *loader = loader_new (sandbox->folder);
  const struct loaded *loaded = NULL;
  assert_int_equal (loader_load (loader, "probe", 0, &loaded, &sandbox->error), 0);
  assert_string_equal (loaded->file, path);
  assert_int_equal (loader_load (loader, "future", 0, &loaded, &sandbox->error), 0);
  unsetenv ("SYNCD_PLUGIN_DIR");
  loader_free (loader);
  sandbox_fini (&other);
}

/* ---- files that are no plugins ---- */

static void
an_empty_file (void **state)
{
  sandbox_write (*state, "bad", "");
  expect_refusal (*state, "bad", 0, "syncd-bad.so: is empty", "install the plugin again", NULL);
}

static void
a_text_file (void **state)
{
  sandbox_write (*state, "bad", "#!/bin/sh\necho hello\n");
  expect_refusal (*state, "bad", 0, "is not a shared object", NULL);
}

static void
a_cut_off_file (void **state)
{
  sandbox_write (*state, "bad", "\177ELF and then nothing");
  expect_refusal (*state, "bad", 0, "cannot be loaded", "install the plugin again", NULL);
}

static void
a_symbolic_link (void **state)
{
  struct sandbox *sandbox = *state;
  char target[1024];
  snprintf (target, sizeof target, "%s", sandbox_copy (sandbox, "probe", "probe"));
  assert_int_equal (symlink (target, sandbox_path (sandbox, "bad")), 0);
  expect_refusal (sandbox, "bad", 0, "is a symbolic link", "regular file", NULL);
}

static void
a_folder (void **state)
{
  assert_int_equal (mkdir (sandbox_path (*state, "bad"), 0755), 0);
  expect_refusal (*state, "bad", 0, "is a folder", NULL);
}

static void
a_pipe (void **state)
{
  assert_int_equal (mkfifo (sandbox_path (*state, "bad"), 0644), 0);
  expect_refusal (*state, "bad", 0, "is a pipe", NULL);
}

/* ---- files that others can change ---- */

static void
writable_by_others (void **state)
{
  const char *path = sandbox_copy (*state, "probe", "probe");
  assert_int_equal (chmod (path, 0775), 0);
  expect_refusal (*state, "probe", 0, "mode 0775", "chmod go-w", NULL);
  assert_int_equal (chmod (path, 0757), 0);
  expect_refusal (*state, "probe", 0, "mode 0757", "chmod go-w", NULL);
  assert_int_equal (chmod (path, 0755), 0);
  load_good (*state, "probe", 0);
}

static void
a_folder_that_all_can_write (void **state)
{
  struct sandbox *sandbox = *state;
  sandbox_copy (sandbox, "probe", "probe");
  assert_int_equal (chmod (sandbox->folder, 01777), 0);
  expect_refusal (sandbox, "probe", 0, "everybody can write", "chmod o-w", sandbox->folder, NULL);
}

/* Root can read everything: somebody else has to try. */
static void
unreadable (void **state)
{
  struct sandbox *sandbox = *state;
  assert_int_equal (chmod (sandbox_copy (sandbox, "probe", "probe"), 0), 0);
  if (geteuid () != 0) {
    expect_refusal (sandbox, "probe", 0, "cannot be read", NULL);
    return;
  }
  pid_t child = fork ();
  if (child == 0) {
    const struct loaded *loaded;
    if (seteuid (NOBODY))
      _exit (3);
    if (!loader_load (sandbox->loader, "probe", 0, &loaded, &sandbox->error))
      _exit (4);
    _exit (strstr (sandbox->error.text, "cannot be read: Permission denied") ? 0 : 5);
  }
  int status = 0;
  assert_true (waitpid (child, &status, 0) == child);
  assert_true (WIFEXITED (status));
  assert_int_equal (WEXITSTATUS (status), 0);
}

/* ---- shared objects that cannot work ---- */

/* The module is linked with libabsent.so, which the build tree has: it gets another name. */
static void
rename_library (const char *path)
{
  static char bytes[1 << 20];
  FILE *file = fopen (path, "r+e");
  assert_non_null (file);
  size_t len = fread (bytes, 1, sizeof bytes, file);
  char *at = memmem (bytes, len, "libabsent.so", 12);
  assert_non_null (at);
  assert_int_equal (fseek (file, at - bytes, SEEK_SET), 0);
  assert_int_equal (fwrite ("libabs_nt.so", 12, 1, file), 1);
  fclose (file);
}

static void
a_missing_library (void **state)
{
  rename_library (sandbox_copy (*state, "missing", "missing"));
  expect_refusal (*state, "missing", 0, "syncd-missing.so: cannot be loaded", "libabs_nt.so",
                  "cannot open shared object file", "install that library", NULL);
}

static void
an_undefined_symbol (void **state)
{
  sandbox_copy (*state, "undefined", "undefined");
  expect_refusal (*state, "undefined", 0, "undefined symbol: nobody_has_this_function",
                  "build or install it again", NULL);
}

static void
no_entry (void **state)
{
  sandbox_copy (*state, "no-entry", "no-entry");
  expect_refusal (*state, "no-entry", 0, "has no function syncd_plugin_entry", NULL);
}

/* ---- listing ---- */

struct seen {
  char names[512];
  int good, bad;
};

static void
see (void *data, const char *name, const struct loaded *loaded, const struct error *error)
{
  struct seen *seen = data;
  strcat (strcat (seen->names, name), " ");
  assert_true (!loaded == !!error);
  seen->good += loaded != NULL;
  seen->bad += error && *error->text;
}

static void
all_are_listed (void **state)
{
  struct sandbox *sandbox = *state;
  sandbox_copy (sandbox, "probe", "probe");
  sandbox_copy (sandbox, "future", "future");
  sandbox_write (sandbox, "empty", "");
  sandbox_write (sandbox, "Large", "");
  fclose (fopen (strcat (sandbox->folder, "/README"), "we"));
  *strrchr (sandbox->folder, '/') = '\0';
  struct seen seen = { "", 0, 0 };
  loader_each (sandbox->loader, see, &seen);
  assert_memory_equal (seen.names, "Large empty future probe ", 25);
  assert_true (seen.good >= 2);
  assert_int_equal (seen.bad, 2);
}

int
main (void)
{
#define CASE(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
  const struct CMUnitTest tests[] = {
    CASE (a_good_plugin_is_loaded_once), CASE (the_wrong_kind), CASE (names_are_not_paths),
    CASE (not_there), CASE (folders_have_an_order), CASE (an_empty_file), CASE (a_text_file),
    CASE (a_cut_off_file), CASE (a_symbolic_link), CASE (a_folder), CASE (a_pipe),
    CASE (writable_by_others), CASE (a_folder_that_all_can_write),
    CASE (unreadable), CASE (a_missing_library), CASE (an_undefined_symbol), CASE (no_entry),
    CASE (all_are_listed),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
