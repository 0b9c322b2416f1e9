/* syncd --watch: signals, reloading, and what systemd and the administrator are told. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/command.h"
#include "pipeline/watch.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/notify.h"

struct watching {
  const struct cli *cli;
  struct opened *opened;
  int64_t interval_ms; /* 0: as configured */
};

/* What the signal handler reaches. */
static _Atomic (struct pipeline *) current, candidate; /* the second: being tried out, or NULL */
static atomic_int stop, reload_wanted, pass_wanted;
static int wake[2] = { -1, -1 };

static void
cancel (struct pipeline *p, int number)
{
  if (p)
    atomic_store (&p->cancelled, number);
}

static void
on_signal (int number)
{
  int saved = errno;
  if (number == SIGHUP)
    atomic_store (&reload_wanted, 1);
  else if (number == SIGUSR1)
    atomic_store (&pass_wanted, 1);
  else if (atomic_exchange (&stop, number))
    _exit (128 + number); /* a second one: at once; the state is always ready for that */
  else {
    cancel (atomic_load (&current), number);
    cancel (atomic_load (&candidate), number);
  }
  (void) !write (wake[1], "", 1);
  errno = saved;
}

static int
catch_signals (struct pipeline *p, struct error *error)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
  struct sigaction action;
  if (pipe (wake) < 0)
    return error_set (error, "no pipe for signals can be made: %s", strerror (errno));
  for (int i = 0; i < 2; i++) {
    fcntl (wake[i], F_SETFD, FD_CLOEXEC);
    fcntl (wake[i], F_SETFL, O_NONBLOCK);
  }
  atomic_store (&current, p);
  memset (&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    sigaction (numbers[i], &action, NULL);
  return 0;
}

static void
watch_sleep (void *data, int64_t ms)
{
  struct pollfd end = { .fd = wake[0], .events = POLLIN };
  char bytes[64];
  (void) data;
  if (poll (&end, 1, (int) ms) > 0)
    (void) !read (wake[0], bytes, sizeof bytes);
}

static bool
watch_pass_now (void *data)
{
  (void) data;
  return atomic_exchange (&pass_wanted, 0);
}

static bool
watch_reload_asked (void *data)
{
  (void) data;
  return atomic_exchange (&reload_wanted, 0);
}

static void
watch_passed (void *data, struct report *report, int status)
{
  struct watching *w = data;
  MEM_AUTO char *line = report_line (report);
  (void) status;
  log_report (line, buffer_text (report_json (report)));
  if (w->cli->report)
    command_write_report (w->cli->report, report);
  if (report->error) {
    MEM_AUTO char *text = mem_format ("%s: %s", report->result, report->error);
    notify_status (text);
  } else
    notify_status (line);
}

static void
watch_status (void *data, const char *text)
{
  (void) data;
  notify_status (text);
}

static void
set_interval (const struct watching *w, struct opened *opened)
{
  if (w->interval_ms)
    opened->settings.every_ms = w->interval_ms;
}

/* The plugins' code is loaded once; the state stays open where it is the same. */
static bool
lend (struct pipeline *from, struct pipeline *to, bool store)
{
  to->loader = from->loader;
  from->loader = NULL;
  if (!store)
    return false;
  to->store = from->store;
  to->hasher = from->hasher;
  from->store = NULL;
  from->hasher = NULL;
  return true;
}

/* Everything that the new configuration says is tried before the old one is let go. */
static int
try_out (const struct watching *w, struct opened *next, struct error *error)
{
  struct pipeline *old = &w->opened->pipeline, *p = &next->pipeline;
  bool same = strcmp (next->settings.state_path, old->settings->state_path) == 0;
  bool lent = lend (old, p, same);
  int rc = pipeline_load (p, w->cli->plugin_dir, error);
  if (rc == 0 && !lent)
    rc = pipeline_open_store (p, STORE_WRITE, error);
  if (rc == 0)
    rc = pipeline_open_source (p, error);
  if (rc == 0)
    rc = pipeline_compile (p, error);
  if (rc == 0)
    rc = pipeline_check_identity (p, error);
  if (rc < 0) {
    store_rollback (lent ? p->store : old->store);
    lend (p, old, lent);
  }
  return rc;
}

static struct opened *
open_next (const struct watching *w, struct error *error)
{
  struct opened *next = mem_new (1, sizeof *next);
  if (settings_load (&w->cli->files, &next->settings, error) < 0) {
    free (next);
    return NULL;
  }
  next->has_settings = true;
  set_interval (w, next);
  pipeline_init (&next->pipeline, &next->settings);
  next->has_pipeline = true;
  atomic_store (&candidate, &next->pipeline);
  int rc = try_out (w, next, error);
  atomic_store (&candidate, NULL);
  if (rc == 0)
    return next;
  pipeline_fini (&next->pipeline);
  settings_fini (&next->settings);
  free (next);
  return NULL;
}

static void
close_opened (struct opened *opened)
{
  pipeline_fini (&opened->pipeline);
  settings_fini (&opened->settings);
  free (opened);
}

static struct pipeline *
watch_reload (void *data, struct pipeline *p)
{
  struct watching *w = data;
  struct error error = { 0, "" };
  struct opened *next = open_next (w, &error);
  if (!next) {
    log_error ("the new configuration is refused, the old one goes on: %s", error.text);
    return p;
  }
  atomic_store (&current, &next->pipeline);
  if (atomic_load (&stop))
    atomic_store (&next->pipeline.cancelled, atomic_load (&stop));
  close_opened (w->opened);
  w->opened = next;
  log_info ("the configuration was read anew%s%s", next->settings.file ? ": " : "",
            next->settings.file ? next->settings.file : "");
  return &next->pipeline;
}

static int
follow (struct watching *w)
{
  struct watch_hooks hooks = { .data = w,
                               .sleep = watch_sleep,
                               .pass_now = watch_pass_now,
                               .reload_asked = watch_reload_asked,
                               .reload = watch_reload,
                               .passed = watch_passed,
                               .status = watch_status };
  struct error error;
  if (catch_signals (&w->opened->pipeline, &error) < 0)
    return command_fail (&error);
  notify_setup ();
  notify_ready ();
  struct pass_options first = { .full = w->cli->full,
                                .verify = w->cli->verify,
                                .progress = !w->cli->no_progress && isatty (STDERR_FILENO),
                                .approve = w->cli->approve,
                                .audit = w->cli->audit };
  return watch_run (&w->opened->pipeline, &hooks, &first);
}

static int
check_words (const struct cli *cli, int64_t *interval_ms, struct error *error)
{
  const char *other = cli->dry_run ? "--dry-run" : cli->only ? "--only"
                      : cli->rebind ? "--rebind" : NULL;
  if (other)
    return error_config (error, "--watch and %s do not go together: leave one of them out", other);
  if (cli->interval
      && (settings_parse_duration (cli->interval, interval_ms) < 0 || *interval_ms <= 0))
    return error_config (error, "--interval wants a duration like 30s, 5m or 1h, not \"%s\"",
                         cli->interval);
  return 0;
}

int
command_watch (const struct cli *cli)
{
  struct watching w = { .cli = cli, .opened = mem_new (1, sizeof *w.opened) };
  struct error error;
  int status;
  if (check_words (cli, &w.interval_ms, &error) < 0
      || command_open (cli, OPEN_STATE, STORE_WRITE, w.opened, &error) < 0)
    status = command_fail (&error);
  else {
    set_interval (&w, w.opened);
    status = follow (&w);
  }
  command_close (w.opened);
  free (w.opened);
  return status;
}
