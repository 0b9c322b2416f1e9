/* Shared by the tests of loader and host; see abi-test.h. */
#include "config.h"
#include "abi-test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"

const char *
build_folder (const char *name)
{
  static char path[4096];
  const char *top = getenv ("top_builddir");
  snprintf (path, sizeof path, "%s/%s", top ? top : ".", name);
  return path;
}

void
sandbox_init (struct sandbox *sandbox)
{
  memset (sandbox, 0, sizeof *sandbox);
  snprintf (sandbox->folder, sizeof sandbox->folder, "/tmp/syncd-abi-XXXXXX");
  assert_non_null (mkdtemp (sandbox->folder));
  assert_int_equal (chmod (sandbox->folder, 0755), 0);
  unsetenv ("SYNCD_PLUGIN_DIR");
  sandbox->loader = loader_new (sandbox->folder);
}

void
sandbox_fini (struct sandbox *sandbox)
{
  char path[1024];
  loader_free (sandbox->loader);
  DIR *dir = opendir (sandbox->folder);
  for (struct dirent *file; (file = readdir (dir));) {
    snprintf (path, sizeof path, "%s/%s", sandbox->folder, file->d_name);
    if (unlink (path) && strcmp (file->d_name, ".") && strcmp (file->d_name, ".."))
      rmdir (path);
  }
  closedir (dir);
  rmdir (sandbox->folder);
}

const char *
sandbox_path (struct sandbox *sandbox, const char *name)
{
  static char path[1024];
  snprintf (path, sizeof path, "%s/syncd-%s.so", sandbox->folder, name);
  return path;
}

static void
write_file (const char *path, const void *bytes, size_t len, mode_t mode)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_true (fd >= 0);
  assert_true (write (fd, bytes, len) == (ssize_t) len);
  assert_int_equal (fchmod (fd, mode), 0);
  close (fd);
}

const char *
sandbox_write (struct sandbox *sandbox, const char *name, const char *text)
{
  const char *path = sandbox_path (sandbox, name);
  write_file (path, text, strlen (text), 0644);
  return path;
}

const char *
sandbox_copy (struct sandbox *sandbox, const char *module, const char *name)
{
  char from[4200];
  snprintf (from, sizeof from, "%s/syncd-%s.so", build_folder (".plugins-abi"), module);
  FILE *in = fopen (from, "re");
  if (!in)
    fail_msg ("%s is not built", from);
  char *bytes = mem_new (1, 16 << 20);
  size_t len = fread (bytes, 1, 16 << 20, in);
  fclose (in);
  const char *path = sandbox_path (sandbox, name);
  write_file (path, bytes, len, 0755);
  free (bytes);
  return path;
}

void
expect_refusal (struct sandbox *sandbox, const char *name, unsigned kind, ...)
{
  const struct loaded *loaded = NULL;
  memset (&sandbox->error, 0, sizeof sandbox->error);
  assert_int_equal (loader_load (sandbox->loader, name, kind, &loaded, &sandbox->error), -1);
  assert_null (loaded);
  assert_int_equal (sandbox->error.exit_status, 2);
  assert_null (strchr (sandbox->error.text, '\n'));
  va_list args;
  va_start (args, kind);
  for (const char *part; (part = va_arg (args, const char *));)
    if (!strstr (sandbox->error.text, part))
      fail_msg ("not in the message: %s\n  message: %s", part, sandbox->error.text);
  va_end (args);
}

/* ---- fake options ---- */

static const char *
pair_value (const char *pair, const char *key)
{
  size_t len = strlen (key);
  return !strncmp (pair, key, len) && pair[len] == '=' ? pair + len + 1 : NULL;
}

static const char *
nth_value (const struct syncd_config *config, const char *key, size_t n)
{
  for (const char *const *pair = config->pairs; pair && *pair; pair++) {
    const char *value = pair_value (*pair, key);
    if (value && !n--)
      return value;
  }
  return NULL;
}

const char *
options_text (const struct syncd_config *config, const char *key)
{
  return nth_value (config, key, 0);
}

int64_t
options_number (const struct syncd_config *config, const char *key)
{
  const char *value = nth_value (config, key, 0);
  return value ? strtoll (value, NULL, 10) : 0;
}

size_t
options_count (const struct syncd_config *config, const char *key)
{
  size_t n = 0;
  while (nth_value (config, key, n))
    n++;
  return n;
}

const char *
options_item (const struct syncd_config *config, const char *key, size_t i)
{
  const char *value = nth_value (config, key, i), *equals = value ? strchr (value, '=') : NULL;
  return equals ? equals + 1 : value;
}

const char *
options_item_key (const struct syncd_config *config, const char *key, size_t i)
{
  static char item[256];
  const char *value = nth_value (config, key, i);
  if (!value)
    return NULL;
  snprintf (item, sizeof item, "%.*s", (int) strcspn (value, "="), value);
  return item;
}

const char *
options_name (const struct syncd_config *config)
{
  (void) config;
  return "test";
}

/* ---- sessions ---- */

static int32_t
permit (void *data, struct syncd_ctx *ctx, uint32_t kind)
{
  (void) ctx;
  (void) kind;
  ((struct session *) data)->permits++;
  return SYNCD_OK;
}

static void
observed (void *data, const struct syncd_observation *seen)
{
  struct session *session = data;
  session->observations++;
  session->last = *seen;
}

int32_t
session_try (struct session *session, const struct loaded *loaded, const char *const *pairs)
{
  memset (session, 0, sizeof *session);
  session->loaded = loaded;
  session->config.pairs = pairs;
  session->budget = (struct host_budget) { session, permit, observed };
  host_ctx_init (&session->ctx, "test", &session->cancelled, &session->budget);
  int32_t code = loaded->plugin->create (&session->ctx, loaded->state, &session->config,
                                         &session->instance);
  return code < 0 ? code
                  : loaded->plugin->open (&session->ctx, session->instance, &session->session);
}

void
session_open (struct session *session, const struct loaded *loaded, const char *const *pairs)
{
  int32_t code = session_try (session, loaded, pairs);
  if (code < 0)
    fail_msg ("open: %s", host_failure (&session->ctx, code));
}

void
session_close (struct session *session)
{
  const struct syncd_plugin *plugin = session->loaded->plugin;
  if (session->session)
    plugin->close (&session->ctx, session->session);
  if (session->instance)
    plugin->destroy (&session->ctx, session->instance);
}
