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
#include "commands/reload.h"
#include "pipeline/watch.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/notify.h"

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

/* A manager's log may be far away: a refused configuration stays in sight. */
static void
tell_manager (const struct watching *w, const char *text)
{
  const char *refused = w->refused;
  const char *words = refused ? "; the new configuration is refused: " : "";
  MEM_AUTO char *line = mem_format ("%s%s%s", text, words, refused ? refused : "");
  notify_status (line);
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
    tell_manager (w, text);
  } else
    tell_manager (w, line);
}

static void
watch_status (void *data, const char *text)
{
  tell_manager (data, text);
}

void
watch_trying (struct pipeline *p)
{
  atomic_store (&candidate, p);
}

void
watch_taken (struct pipeline *p)
{
  atomic_store (&current, p);
  if (atomic_load (&stop))
    atomic_store (&p->cancelled, atomic_load (&stop));
}

static int
follow (struct watching *w)
{
  struct watch_hooks hooks = { .data = w,
                               .sleep = watch_sleep,
                               .pass_now = watch_pass_now,
                               .reload_asked = watch_reload_asked,
                               .reload = reload_run,
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
  reload_remember (w, NULL);
  int status = watch_run (&w->opened->pipeline, &hooks, &first);
  reload_remember (w, NULL);
  return status;
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
    reload_set_interval (&w, w.opened);
    status = follow (&w);
  }
  command_close (w.opened);
  free (w.opened);
  return status;
}
