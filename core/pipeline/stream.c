/* The change stream; see stream.h. What comes is written to the state like any other read; the
 * checkpoint moves with the pass that recorded it, so that a broken stream loses nothing (G1). */
#include "config.h"
#include "pipeline/stream.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/documents.h"
#include "util/clock.h"
#include "util/crash.h"
#include "util/notify.h"

#define TEXT_MAX ((size_t) 1 << 20)
#define BATCH 1000          /* events a transaction */
#define WAIT_MS 500
#define TOGETHER_US 1000000 /* what came within one second goes together */
#define PAUSE_MS 20         /* nothing for so long: do not wait for the second to pass */
#define FIRST_PAUSE_MS 4    /* the same after a quiet second: a single edit goes at once */

void
stream_init (struct stream *stream, struct pipeline *p)
{
  memset (stream, 0, sizeof *stream);
  stream->p = p;
}

/* It may be another one than the source's own session has: G3 asks who showed an entry last. */
static void
learn_server (struct stream *stream)
{
  struct pipeline *p = stream->p;
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, TEXT_MAX);
  json_t *about = NULL;
  if (p->source->source->describe (&stream->ctx, stream->session, host_buffer (&text)) >= 0)
    about = json_loadb (buffer_text (&text), text.len, 0, NULL);
  if (about)
    stream->server = pipeline_json_member (about, "server");
  json_decref (about);
}

static int
failed (struct stream *stream, int32_t code, const char *what, struct error *error)
{
  return error_set (error, "%s: %s: %s", stream->ctx.who, what, host_failure (&stream->ctx, code));
}

/* 1: there is one, and it was made with this mapping. */
static int
read_checkpoint (struct pipeline *p, struct buffer *checkpoint)
{
  BUFFER_AUTO struct buffer mapping;
  buffer_init (&mapping, 256);
  return store_get_fact (p->store, "checkpoint", checkpoint) == 1 && checkpoint->len
         && store_get_fact (p->store, "checkpoint_mapping", &mapping) == 1
         && strcmp (buffer_text (&mapping), mapping_version (p->mapping)) == 0;
}

static int32_t
begin (struct stream *stream, const struct buffer *checkpoint)
{
  struct pipeline *p = stream->p;
  struct syncd_scan_request request = pipeline_scan_request (p, SYNCD_MODE_WATCH);
  request.checkpoint = buffer_text (checkpoint);
  request.checkpoint_len = checkpoint->len;
  int32_t code = p->source->plugin->open (&stream->ctx, p->source_instance, &stream->session);
  if (code < 0)
    return code;
  return p->source->source->scan_begin (&stream->ctx, stream->session, &request, &stream->scan);
}

static enum stream_answer
refused (struct stream *stream, int32_t code, struct error *error)
{
  failed (stream, code, "changes cannot be followed", error);
  if (stream->session)
    stream->p->source->plugin->close (&stream->ctx, stream->session);
  stream->session = NULL;
  return code == SYNCD_E_UNSUPPORTED ? STREAM_NONE
         : code == SYNCD_E_CHECKPOINT ? STREAM_STALE : STREAM_FAILED;
}

enum stream_answer
stream_open (struct stream *stream, struct error *error)
{
  struct pipeline *p = stream->p;
  BUFFER_AUTO struct buffer checkpoint;
  buffer_init (&checkpoint, TEXT_MAX);
  stream_init (stream, p);
  host_ctx_init (&stream->ctx, p->settings->source.name, &p->cancelled, NULL);
  stream->ctx.memory = &p->source_memory;
  error_set (error, "%s: there is no checkpoint to follow changes from", stream->ctx.who);
  if (!read_checkpoint (p, &checkpoint))
    return STREAM_LATER;
  if (p->source->plugin->max_sessions == 1)
    return STREAM_NONE;
  int32_t code = begin (stream, &checkpoint);
  if (code < 0)
    return refused (stream, code, error);
  entry_init (&stream->entry, mapping_attribute_count (p->mapping));
  buffer_init (&stream->text, TEXT_MAX);
  learn_server (stream);
  stream->open = true;
  return STREAM_OPENED;
}

void
stream_close (struct stream *stream)
{
  struct pipeline *p = stream->p;
  if (!stream->open)
    return;
  p->source->source->scan_end (&stream->ctx, stream->scan);
  p->source->plugin->close (&stream->ctx, stream->session);
  entry_fini (&stream->entry);
  buffer_fini (&stream->text);
  free (stream->server);
  stream_init (stream, p);
}

/* After an end or an error nothing more may be asked of a scan: what it was is kept. */
static int
over (struct stream *stream, struct error *error)
{
  stream->over = true;
  *error = stream->why;
  return -1;
}

static int
ended (struct stream *stream, struct error *error)
{
  error_set (&stream->why, "%s: the source ended the change stream%s%s", stream->ctx.who,
             stream->text.len ? ": " : "", buffer_text (&stream->text));
  return over (stream, error);
}

/* What the core must act on is kept; the rest is only noted. The end of a refresh is an event: it
 * may say that who was not shown is not there. */
static int
note_event (struct stream *stream, int32_t event, struct error *error)
{
  bool end = event == SYNCD_SCAN_END_ALL || event == SYNCD_SCAN_END_CHANGES;
  if (event == SYNCD_SCAN_CAUGHT_UP)
    stream->caught_up = true;
  if (event == SYNCD_SCAN_CAUGHT_UP || event == SYNCD_SCAN_IDLE)
    return 0;
  if (event == SYNCD_SCAN_END_PARTIAL || (end && stream->caught_up))
    return ended (stream, error);
  if (event == SYNCD_SCAN_STILL_THERE || event == SYNCD_SCAN_RESET)
    stream->doubt = true;
  stream->event = event;
  return 1;
}

int
stream_wait (struct stream *stream, uint32_t max_wait_ms, struct error *error)
{
  if (stream->event)
    return 1;
  if (stream->over)
    return over (stream, error);
  notify_alive ();
  entry_reset (&stream->entry);
  buffer_reset (&stream->text);
  int32_t event = stream->p->source->source->scan_next (&stream->ctx, stream->scan, max_wait_ms,
                                                        host_entry (&stream->entry),
                                                        host_buffer (&stream->text));
  if (event >= 0)
    return note_event (stream, event, error);
  failed (stream, event, "the change stream broke off", &stream->why);
  return over (stream, error);
}

static int
take_one (struct stream *stream, struct pass *pass, struct error *error)
{
  struct entry saved = pass->entry;
  pass->entry = stream->entry;
  int rc = intake_event (pass, stream->event, &stream->text, error);
  stream->entry = pass->entry;
  pass->entry = saved;
  stream->event = 0;
  return rc;
}

/* A stream that breaks off here says so again when it is waited for: what came before counts. */
static int
follow (struct stream *stream, struct pass *pass, struct error *error)
{
  struct error later;
  int64_t now = clock_monotonic_us (), until = now + TOGETHER_US;
  uint32_t pause = now - stream->last_us > TOGETHER_US ? FIRST_PAUSE_MS : PAUSE_MS;
  int rc;
  do
    rc = take_one (stream, pass, error);
  while (rc == 0 && clock_monotonic_us () < until && !atomic_load (&stream->p->cancelled)
         && stream_wait (stream, pause, &later) == 1);
  stream->last_us = clock_monotonic_us ();
  pass->end = SCAN_CHANGES;
  return rc;
}

/* The refresh ended the stream in good order. */
static int
take_end (struct stream *stream, struct pass *pass)
{
  struct error ignored;
  pass->end = stream->event == SYNCD_SCAN_END_ALL ? SCAN_ALL : SCAN_CHANGES;
  stream->event = 0;
  stream->doubt = false;
  stream->finished = true;
  ended (stream, &ignored);
  return 0;
}

static int
commit_some (struct pass *pass, int *count, struct error *error)
{
  if (++*count % BATCH)
    return 0;
  return store_commit (pass->store, error) < 0 ? -1 : store_begin (pass->store, error);
}

/* What had changed before: one read, however long, for absence may count at its end (G3). */
static int
refresh (struct stream *stream, struct pass *pass, struct error *error)
{
  pass->report->mode = "changes";
  for (int count = 0;;) {
    int rc = stream_wait (stream, WAIT_MS, error);
    if (rc < 0)
      return -1;
    if (atomic_load (&stream->p->cancelled))
      return error_set (error, "stopped while reading the source");
    if (rc && (stream->event == SYNCD_SCAN_END_ALL || stream->event == SYNCD_SCAN_END_CHANGES))
      return take_end (stream, pass);
    if (rc && (take_one (stream, pass, error) < 0 || commit_some (pass, &count, error) < 0))
      return -1;
    if (!rc && stream->caught_up)
      break;
  }
  pass->end = SCAN_CHANGES;
  return 0;
}

int
stream_take_in (struct stream *stream, struct pass *pass, struct error *error)
{
  struct error ignored;
  pass->report->mode = "watch";
  if (store_begin (pass->store, error) < 0)
    return -1;
  int rc = stream->caught_up ? follow (stream, pass, error) : refresh (stream, pass, error);
  CRASH_POINT ("stream-taken");
  if (store_commit (pass->store, rc < 0 ? &ignored : error) < 0) {
    store_rollback (pass->store);
    rc = -1;
  }
  if (rc < 0)
    pass->end = SCAN_FAILED;
  return rc < 0 ? -1 : intake_unshown (pass, error);
}
