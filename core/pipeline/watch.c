/* Watch mode. The source is read in passes; where it offers a change stream, what comes through it
 * is taken in between, and reads become rare. A broken stream is followed by a read from the last
 * checkpoint, so that nothing is lost (G1; watch_stream.c). It never gives up: failures are tried
 * again with growing, random delays. Main thread only. */
#include "config.h"
#include "pipeline/watch.h"

#include <signal.h>
#include <stdlib.h>

#include "pipeline/orders.h"
#include "util/clock.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/notify.h"

#define SECOND_US INT64_C (1000000)
#define LONGEST_DELAY_MS 60000
#define LONGEST_REFUSED_MS (30 * 60000)
#define NAP_US SECOND_US /* at most: orders are obeyed within a second */
#define NEVER INT64_MAX

static int64_t
doubled (int64_t first_ms, int failures, int64_t longest_ms)
{
  int64_t limit = first_ms;
  for (int i = 1; i < failures && limit < longest_ms; i++)
    limit *= 2;
  return limit < longest_ms ? limit : longest_ms;
}

static int64_t
random_ms (int64_t below)
{
  unsigned char random[4];
  hash_random (random, sizeof random);
  uint32_t number = (uint32_t) random[0] | (uint32_t) random[1] << 8 | (uint32_t) random[2] << 16;
  return number % below;
}

/* 1 s, doubled by each failure up to a minute; full jitter. */
int64_t
watch_back_off_us (int failures)
{
  return (100 + random_ms (doubled (1000, failures, LONGEST_DELAY_MS))) * 1000;
}

/* A directory locks the account of whom it refuses often. */
static int64_t
refused_us (int failures)
{
  int64_t limit = doubled (LONGEST_DELAY_MS, failures, LONGEST_REFUSED_MS);
  return (limit / 2 + random_ms (limit / 2)) * 1000;
}

static int64_t
every_us (const struct watch *w)
{
  int64_t every = w->p->settings->every_ms;
  return every < 0 ? NEVER : every ? every * 1000 : SECOND_US;
}

static int64_t
after (int64_t now_us, int64_t delay_us)
{
  return delay_us == NEVER ? NEVER : now_us + delay_us;
}

/* When what is still queued is tried: as its rows say, not more often than once a second. Those that
 * wait for their entries are due never. */
static void
plan_queue (struct watch *w, const struct report *report)
{
  int64_t due_ms = store_queue_next_due (w->p->store), wait_ms = due_ms - clock_now_ms ();
  int64_t wait_us = (wait_ms < STORE_QUEUED_MOST_MS ? wait_ms : STORE_QUEUED_MOST_MS) * 1000;
  int64_t least = report_did_something (report) ? SECOND_US / 10 : SECOND_US;
  w->next_queue_us = due_ms ? clock_monotonic_us () + (wait_us > least ? wait_us : least) : 0;
}

/* One pass, and what the world is told of it. */
static int
run (struct watch *w, struct pass_options *options, struct report *report)
{
  options->watch = true;
  options->audit = w->audit;
  options->progress = w->progress;
  report_init (report);
  int status = pass_run (w->p, options, report);
  w->hooks->passed (w->hooks->data, report, status);
  struct error error;
  if (store_tidy (w->p->store, &error) < 0)
    log_warning ("%s", error.text);
  plan_queue (w, report);
  notify_alive ();
  return status;
}

static bool
failed (int status)
{
  return status == 1 || status == 2;
}

/* Where it is the source that failed, what is queued goes on its way meanwhile. */
static void
read_failed (struct watch *w, const struct report *report)
{
  w->failures++;
  int64_t delay = w->p->source_refused ? refused_us (w->failures) : watch_back_off_us (w->failures);
  pipeline_close_source (w->p);
  w->no_stream = false;
  w->next_read_us = clock_monotonic_us () + delay;
  if (report->recorded)
    w->next_queue_us = w->next_read_us;
  log_info ("the next attempt is made in %.1f s", (double) delay / 1e6);
}

/* A read of the source, everything or what changed, and delivery. 2 ends it all. */
static int
read_pass (struct watch *w)
{
  struct report report;
  struct pass_options options = { .full = w->full, .verify = w->verify,
                                  .inventory = w->doubt, .beside = w->beside, .approve = w->approve };
  int64_t began = clock_monotonic_us ();
  int status = run (w, &options, &report);
  w->synced = !failed (status);
  if (report.recorded)
    w->full = w->doubt = false;
  if (status == 2 && !w->proven)
    log_error ("the configuration has never worked: it is not tried again");
  else if (failed (status))
    read_failed (w, &report);
  else {
    w->verify = false;
    w->approve = NULL;
    w->proven = true;
    w->next_read_us = after (began, every_us (w));
    if (!w->stream.open && w->no_stream)
      w->failures = 0;
    w->no_stream = w->no_stream && !w->stream_later;
  }
  report_fini (&report);
  return status == 2 && !w->proven ? 2 : 0;
}

static void
queue_failed (struct watch *w)
{
  int64_t delay = watch_back_off_us (++w->failures);
  w->next_queue_us = w->next_orders_us = clock_monotonic_us () + delay;
  log_info ("what is queued is tried again in %.1f s", (double) delay / 1e6);
}

/* Changes of the stream, or what waits in the queue. The source's own session is not kept: idle
 * connections are closed by somebody some day. */
void
watch_small_pass (struct watch *w, struct stream *stream)
{
  struct report report;
  struct pass_options options = { .stream = stream, .queue_only = !stream };
  w->stream.recorded = !stream;
  int status = run (w, &options, &report);
  if (w->stream.open)
    pipeline_close_source (w->p);
  if (failed (status))
    queue_failed (w);
  else if (w->stream.open && clock_monotonic_us () - w->streaming_since_us > WATCH_STEADY_US)
    w->failures = 0;
  report_fini (&report);
}

static void
doze (struct watch *w, int64_t now_us)
{
  int64_t until = w->next_read_us;
  if (w->next_queue_us && w->next_queue_us < until)
    until = w->next_queue_us;
  if (w->synced && !w->no_stream && w->reopen_us < until)
    until = w->reopen_us;
  int64_t wait = until - now_us, most = notify_every_us ();
  most = most && most < NAP_US ? most : NAP_US;
  if (wait > 0)
    w->hooks->sleep (w->hooks->data, (wait < most ? wait : most) / 1000 + 1);
}

/* The time to read has come. Beside a stream there is mostly nothing to do, and never more than
 * what it cannot see. */
static int
turn_comes (struct watch *w, bool asked)
{
  bool needed = asked || !w->stream.open || w->doubt || w->full
                || intake_read_overdue (w->p, clock_now_ms ());
  if (needed) {
    watch_stream_drain (w);
    w->beside = w->stream.open && !asked && !w->full;
    return read_pass (w);
  }
  w->next_read_us = after (clock_monotonic_us (), every_us (w));
  watch_small_pass (w, NULL);
  return 0;
}

static void
reload (struct watch *w)
{
  notify_reloading ();
  struct pipeline *next = w->hooks->reload (w->hooks->data, w->p);
  if (next != w->p) {
    w->no_stream = w->synced = false;
    w->failures = 0;
    w->next_read_us = 0;
  }
  w->p = next;
  notify_ready ();
}

/* The stream is the old pipeline's, and must be closed before that one is. */
static void
look_outside (struct watch *w)
{
  if (!w->hooks->reload_asked (w->hooks->data))
    return;
  stream_close (&w->stream);
  w->synced = false;
  reload (w);
  w->stream.p = w->p;
  if (!w->synced)
    w->next_read_us = 0;
}

/* A decision of an administrator: the next pass obeys it. */
static bool
ordered (const struct watch *w, int64_t now_us)
{
  return w->proven && now_us >= w->next_orders_us && orders_pending (w->p->settings->state_path);
}

static int
step (struct watch *w)
{
  bool asked = w->hooks->pass_now (w->hooks->data);
  int64_t now = clock_monotonic_us ();
  notify_alive ();
  if (asked || now >= w->next_read_us)
    return turn_comes (w, asked);
  if ((w->next_queue_us && now >= w->next_queue_us) || ordered (w, now))
    watch_small_pass (w, NULL);
  else if (w->stream.open)
    watch_stream_listen (w);
  else if (w->synced && !w->no_stream && now >= w->reopen_us)
    watch_stream_open (w);
  else
    doze (w, now);
  return 0;
}

int
watch_run (struct pipeline *p, const struct watch_hooks *hooks, const struct pass_options *first)
{
  struct watch w = { .p = p, .hooks = hooks, .full = first->full, .verify = first->verify,
                     .progress = first->progress,
                     .approve = first->approve, .audit = first->audit };
  int rc = 0;
  stream_init (&w.stream, p);
  while (rc == 0 && !atomic_load (&w.p->cancelled)) {
    look_outside (&w);
    rc = step (&w);
  }
  notify_stopping ();
  int signal = atomic_load (&w.p->cancelled);
  if (signal)
    log_info ("stopped by %s", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  stream_close (&w.stream);
  free (w.said);
  return rc ? rc : 128 + signal;
}
