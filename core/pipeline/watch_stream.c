/* Watch mode's change stream: opened after a read that went well, listened to, and closed where it
 * breaks; a read from the last checkpoint follows then (G1). Main thread only. */
#include "config.h"
#include "pipeline/watch.h"

#include <inttypes.h>
#include <string.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define LISTEN_MS 500 /* how long the stream is waited for between looks at signals */

static void
drop_stream (struct watch *w, const char *why)
{
  bool steady = clock_monotonic_us () - w->streaming_since_us > WATCH_STEADY_US;
  log_warning ("%s; changes are read from the last checkpoint on", why);
  stream_close (&w->stream);
  pipeline_close_source (w->p);
  w->failures = steady ? 1 : w->failures + 1;
  w->synced = false;
  w->next_read_us = clock_monotonic_us () + watch_back_off_us (w->failures);
}

static void
say_how (struct watch *w)
{
  MEM_AUTO char *text =
      w->stream.open ? mem_format ("following the changes of %s", w->p->settings->source.name)
      : w->p->settings->every_ms < 0
          ? mem_format ("waiting for SIGUSR1")
          : mem_format ("asking %s every %" PRId64 " s", w->p->settings->source.name,
                        (w->p->settings->every_ms + 999) / 1000);
  if (!w->said || strcmp (w->said, text) != 0)
    log_info ("%s", text);
  mem_set_text (&w->said, text);
  w->hooks->status (w->hooks->data, text);
}

void
watch_stream_open (struct watch *w)
{
  struct error error;
  enum stream_answer answer = stream_open (&w->stream, &error);
  w->stream_later = answer == STREAM_LATER;
  if (answer <= STREAM_LATER) {
    w->no_stream = answer != STREAM_OPENED;
    w->streaming_since_us = clock_monotonic_us ();
    if (w->no_stream)
      log_debug ("%s", error.text);
    else
      pipeline_close_source (w->p);
    say_how (w);
    return;
  }
  w->full = w->full || answer == STREAM_STALE;
  drop_stream (w, error.text);
}

/* A refresh that told all ends the stream; it is opened again from the new checkpoint, but not in
 * a mad rush where changes come faster than that. */
static void
end_stream (struct watch *w)
{
  stream_close (&w->stream);
  w->reopen_us = clock_monotonic_us () + watch_back_off_us (1);
}

static void
take_in (struct watch *w)
{
  watch_small_pass (w, &w->stream);
  if (w->stream.recorded && w->stream.finished)
    end_stream (w);
  else if (!w->stream.recorded && !atomic_load (&w->p->cancelled))
    drop_stream (w, "what came could not be recorded");
}

void
watch_stream_listen (struct watch *w)
{
  struct error error;
  int rc = stream_wait (&w->stream, LISTEN_MS, &error);
  if (rc > 0)
    take_in (w);
  else if (rc < 0 && !atomic_load (&w->p->cancelled))
    drop_stream (w, error.text);
  if (w->stream.open && w->stream.doubt && w->stream.caught_up) {
    w->stream.doubt = false;
    w->doubt = true;
    w->next_read_us = 0;
  }
}

/* What the stream brought before the inventory begins goes first: each change in its order (G8). */
void
watch_stream_drain (struct watch *w)
{
  struct error later;
  while (w->stream.open && w->stream.caught_up && !atomic_load (&w->p->cancelled)
         && stream_wait (&w->stream, 0, &later) == 1) {
    watch_small_pass (w, &w->stream);
    if (!w->stream.recorded)
      return;
  }
}
