/* Any bytes as a configuration: settings, options and refusals, and never a crash or a leak. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/options.h"
#include "fuzz.h"

static const struct syncd_option options[] = {
    {"uri", SYNCD_OPT_URI | SYNCD_OPT_LIST, 0, NULL, NULL, "LDAP_HOST", "h"},
    {"scope", SYNCD_OPT_ENUM, 0, "subtree", "subtree onelevel base", NULL, "h"},
    {"bind_password", SYNCD_OPT_STRING | SYNCD_OPT_SECRET, 0, NULL, NULL, NULL, "h"},
    {"tls.verify", SYNCD_OPT_BOOL, 0, "true", NULL, NULL, "h"},
    {"page_size", SYNCD_OPT_INT, 0, "1000", NULL, NULL, "h"},
    {"buffer", SYNCD_OPT_SIZE, 0, "64k", NULL, NULL, "h"},
    {"wait", SYNCD_OPT_DURATION, 0, "5m", NULL, NULL, "h"},
    {"headers", SYNCD_OPT_STRING | SYNCD_OPT_MAP, 0, NULL, NULL, NULL, "h"},
};
static const struct syncd_plugin plugin = {
    SYNCD_PLUGIN_HEADER, .kind = SYNCD_KIND_SOURCE, .options = options,
    .option_count = sizeof options / sizeof *options, .option_size = sizeof *options};

/* A refusal has words and the exit status of a configuration error. */
static void
check_error (const struct error *error)
{
  if (!*error->text || error->exit_status != 2)
    abort ();
}

static void
load_options (const struct endpoint *endpoint)
{
  struct syncd_config *config = NULL;
  struct error error = {0};
  if (options_load (endpoint, &plugin, &config, &error) < 0)
    check_error (&error);
  options_free (config);
}

static void
load_settings (const char *file)
{
  struct settings settings;
  struct error error = {0};
  struct settings_request request = {.config_file = file};
  if (settings_load (&request, &settings, &error) < 0) {
    check_error (&error);
    return;
  }
  load_options (&settings.source);
  settings_fini (&settings);
}

/* The bytes through a file, as a user gives them. */
int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  char file[] = "/tmp/syncd-fuzz-XXXXXX";
  int fd = mkstemp (file);
  if (fd < 0 || write (fd, bytes, len) != (ssize_t) len)
    abort ();
  close (fd);
  setenv ("A", "variable", 1);
  load_settings (file);
  unlink (file);
  return 0;
}
