/* What commands share; see command.h. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/command.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

int
command_fail (const struct error *error)
{
  log_error ("%s", error->text);
  return error->exit_status ? error->exit_status : 1;
}

int
command_open (const struct cli *cli, enum open_depth depth, enum store_mode mode,
              struct opened *opened, struct error *error)
{
  struct settings_request request = cli->files;
  memset (opened, 0, sizeof *opened);
  request.without_ends = depth == OPEN_STATE_ALONE;
  if (settings_load (&request, &opened->settings, error) < 0)
    return -1;
  opened->has_settings = true;
  pipeline_init (&opened->pipeline, &opened->settings);
  opened->has_pipeline = true;
  if (depth == OPEN_STATE && pipeline_load (&opened->pipeline, cli->plugin_dir, error) < 0)
    return -1;
  return pipeline_open_store (&opened->pipeline, mode, error);
}

int
command_open_state (const struct cli *cli, enum store_mode mode, struct opened *opened,
                    struct error *error)
{
  if (command_open (cli, OPEN_STATE_ALONE, mode, opened, error) < 0)
    return -1;
  if (!opened->pipeline.store)
    return error_set (error, "%s does not exist yet: nothing has run", opened->settings.state_path);
  return 0;
}

void
command_close (struct opened *opened)
{
  command_catch_signals (NULL);
  if (opened->has_pipeline)
    pipeline_fini (&opened->pipeline);
  if (opened->has_settings)
    settings_fini (&opened->settings);
}

static int
put_report (FILE *file, struct report *report)
{
  const struct buffer *json = report_json (report);
  bool good = file && fwrite (buffer_text (json), 1, json->len, file) == json->len;
  if (file)
    good = (file == stdout ? fflush (file) : fclose (file)) == 0 && good;
  return good ? 0 : -1;
}

/* A pipe or a device is written to; a file is replaced, so that nobody reads half of it. */
static bool
is_special (const char *path)
{
  struct stat about;
  return lstat (path, &about) == 0 && !S_ISREG (about.st_mode);
}

int
command_write_report (const char *path, struct report *report)
{
  bool direct = strcmp (path, "-") == 0 || is_special (path);
  MEM_AUTO char *part = mem_format ("%s.part", path);
  FILE *file = strcmp (path, "-") == 0 ? stdout : fopen (direct ? path : part, "we");
  int rc = put_report (file, report);
  if (rc == 0 && !direct)
    rc = rename (part, path);
  if (rc == 0)
    return 0;
  log_error ("the report cannot be written to %s: %s", path, strerror (errno));
  if (file && !direct)
    unlink (part);
  return -1;
}

static struct pipeline *caught;

static void
on_signal (int number)
{
  struct pipeline *pipeline = caught;
  if (!pipeline || atomic_load (&pipeline->cancelled))
    _exit (128 + number);
  atomic_store (&pipeline->cancelled, number);
}

void
command_catch_signals (struct pipeline *pipeline)
{
  struct sigaction action;
  caught = pipeline;
  memset (&action, 0, sizeof action);
  action.sa_handler = pipeline ? on_signal : SIG_DFL;
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

static void
add_word (struct buffer *out, const char *option, const char *value)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./@:+,";
  if (!value)
    return;
  bool quoted = !*value || value[strspn (value, plain)];
  buffer_printf (out, " %s ", option);
  if (quoted)
    buffer_append_char (out, '\'');
  for (const char *at = value; *at; at++)
    if (*at == '\'')
      buffer_append_text (out, "'\\''");
    else
      buffer_append_char (out, *at);
  if (quoted)
    buffer_append_char (out, '\'');
}

char *
command_same (const struct cli *cli)
{
  struct buffer out;
  buffer_init (&out, 1 << 20);
  add_word (&out, "-c", cli->files.config_file);
  add_word (&out, "--state", cli->files.state);
  add_word (&out, "--source", cli->files.source);
  add_word (&out, "--sink", cli->files.sink);
  return out.len ? buffer_take (&out) : mem_copy_text ("");
}

char *
command_age (long long ms)
{
  long long seconds = (clock_now_ms () - ms) / 1000;
  if (seconds < 120)
    return mem_format ("%lld s ago", seconds);
  if (seconds < 7200)
    return mem_format ("%lld min ago", seconds / 60);
  if (seconds < 172800)
    return mem_format ("%lld h ago", seconds / 3600);
  return mem_format ("%lld days ago", seconds / 86400);
}
