/* Intake, the source's side: which read is made, and one scan from begin to end, its events taken
 * one by one, the state written in batches. What was not proven complete proves nobody's absence
 * (G3). Whom the source is asked for by id: asking.c. Main thread only. */
#include "config.h"

#include <string.h>

#include "pipeline/pass.h"
#include "pipeline/progress.h"
#include "pipeline/stream.h"
#include "util/crash.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/notify.h"

#define BATCH 1000       /* events a transaction */
#define WAIT_MS 500
#define TEXT_MAX ((size_t) 1 << 20)

int
intake_source_failed (struct pass *pass, int32_t code, const char *what, struct error *error)
{
  struct syncd_ctx *ctx = &pass->p->source_ctx;
  return error_set (error, "%s: %s: %s", ctx->who, what, host_failure (ctx, code));
}

/* A name is another one where a container was renamed, which changes no token. No token: the entry
 * did not change since the checkpoint. */
static bool
is_as_known (const struct pass *pass, const struct glance *glance)
{
  const struct entry *e = &pass->entry;
  const struct buffer *token = &e->token, *name = &e->name;
  return glance->mapping == pass->p->mapping_number
         && (token->len == 0 || store_glance_same (glance->token, glance->token_len,
                                                   buffer_text (token), token->len))
         && (name->len == 0 || store_glance_same (glance->name, glance->name_len,
                                                  buffer_text (name), name->len))
         && (glance->queued || glance->parked || glance->status == LINK_SYNCED);
}

/* An inventory shows ids, tokens and names: known and the same, or to be fetched; without a token
 * only where it was never delivered. */
static int
take_still_there (struct pass *pass, struct error *error)
{
  struct glance glance;
  const struct entry *e = &pass->entry;
  int found = store_glance (pass->store, buffer_text (&e->id), e->id.len, &glance, error);
  if (found < 0)
    return -1;
  bool same = found && is_as_known (pass, &glance);
  if (same)
    intake_mark_seen (pass, glance.row);
  else
    ids_add (&pass->changed, buffer_text (&e->id));
  if (same && !glance.queued && !glance.parked)
    pass->report->unchanged++;
  return 0;
}

/* A directory tells of everything that went, people or not: only who was delivered is asked for. */
static int
take_delete (struct pass *pass, struct error *error)
{
  struct glance glance;
  const struct buffer *id = &pass->entry.id;
  int found = store_glance (pass->store, buffer_text (id), id->len, &glance, error);
  if (found > 0)
    ids_add (&pass->deleted, buffer_text (id));
  return found < 0 ? -1 : 0;
}

int
intake_event (struct pass *pass, int32_t event, struct buffer *text, struct error *error)
{
  switch (event) {
  case SYNCD_SCAN_ENTRY:
    pass->report->read++;
    return intake_entry (pass, error);
  case SYNCD_SCAN_STILL_THERE:
    pass->report->read++;
    return take_still_there (pass, error);
  case SYNCD_SCAN_DELETE:
    return take_delete (pass, error);
  case SYNCD_SCAN_CHECKPOINT:
    if (pass->counting)
      return 0;
    buffer_reset (&pass->checkpoint);
    buffer_append (&pass->checkpoint, buffer_text (text), text->len);
    pass->has_checkpoint = true;
    return 0;
  case SYNCD_SCAN_RESET:
    memset (pass->seen, 0, (pass->seen_bits + 7) / 8);
    return 0;
  default:
    return 0;
  }
}

static bool
take_end (struct pass *pass, int32_t event, const struct buffer *text)
{
  if (event == SYNCD_SCAN_END_ALL)
    pass->end = SCAN_ALL;
  else if (event == SYNCD_SCAN_END_CHANGES)
    pass->end = SCAN_CHANGES;
  else if (event == SYNCD_SCAN_END_PARTIAL)
    pass->end = SCAN_PARTIAL;
  else
    return false;
  if (pass->end == SCAN_PARTIAL)
    mem_set_text (&pass->partial, buffer_text (text));
  return true;
}

static int
commit_batch (struct pass *pass, int *count, struct error *error)
{
  if (++*count % BATCH)
    return 0;
  progress_intake (pass);
  if (store_commit (pass->store, error) < 0)
    return -1;
  return store_begin (pass->store, error);
}

static int
read_events (struct pass *pass, void *scan, int32_t *ret_code, struct error *error)
{
  struct pipeline *p = pass->p;
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, TEXT_MAX);
  for (int count = 0;;) {
    notify_alive ();
    entry_reset (&pass->entry);
    buffer_reset (&text);
    int32_t event = p->source->source->scan_next (&p->source_ctx, scan, WAIT_MS,
                                                  host_entry (&pass->entry), host_buffer (&text));
    if (event < 0) {
      *ret_code = event;
      return intake_source_failed (pass, event, "the read broke off", error);
    }
    if (take_end (pass, event, &text))
      return 0;
    if (atomic_load (&p->cancelled))
      return error_set (error, "stopped while reading the source");
    if (intake_event (pass, event, &text, error) < 0 || commit_batch (pass, &count, error) < 0)
      return -1;
  }
}

/* What was read before a failure is kept: it is true, only not complete (G1). */
static int
read_and_commit (struct pass *pass, void *scan, int32_t *ret_code, struct error *error)
{
  struct error ignored;
  if (store_begin (pass->store, error) < 0)
    return -1;
  int rc = read_events (pass, scan, ret_code, error);
  CRASH_POINT ("read");
  if (store_commit (pass->store, rc < 0 ? &ignored : error) < 0) {
    store_rollback (pass->store);
    rc = -1;
  }
  return rc;
}

static int32_t
begin (struct pass *pass, uint32_t mode, const struct buffer *checkpoint, void **ret_scan)
{
  struct syncd_scan_request request = pipeline_scan_request (pass->p, mode);
  if (mode == SYNCD_MODE_CHANGES) {
    request.checkpoint = buffer_text (checkpoint);
    request.checkpoint_len = checkpoint->len;
  }
  return pass->p->source->source->scan_begin (&pass->p->source_ctx, pass->p->source_session,
                                              &request, ret_scan);
}

int
intake_scan (struct pass *pass, uint32_t mode, const struct buffer *checkpoint, int32_t *ret_code,
             struct error *error)
{
  void *handle = NULL;
  *ret_code = begin (pass, mode, checkpoint, &handle);
  if (*ret_code < 0)
    return intake_source_failed (pass, *ret_code, "the read cannot begin", error);
  int rc = read_and_commit (pass, handle, ret_code, error);
  pass->p->source->source->scan_end (&pass->p->source_ctx, handle);
  return rc;
}

/* What was shown so far stays true, but says nothing about who is gone. */
static void
forget_scan (struct pass *pass)
{
  if (pass->seen)
    memset (pass->seen, 0, (pass->seen_bits + 7) / 8);
  ids_fini (&pass->deleted);
  ids_fini (&pass->changed);
  pass->has_checkpoint = false;
  pass->report->read = pass->report->unchanged = 0;
  pass->report->mode = "full";
}

static int
scan (struct pass *pass, uint32_t mode, const struct buffer *checkpoint, struct error *error)
{
  int32_t code;
  int rc = intake_scan (pass, mode, checkpoint, &code, error);
  if (rc == 0 || code != SYNCD_E_CHECKPOINT || mode != SYNCD_MODE_CHANGES)
    return rc;
  log_info ("the checkpoint is not continued, everything is read: %s", error->text);
  forget_scan (pass);
  if (pipeline_describe_source (pass->p, error) < 0 || pipeline_check_identity (pass->p, error) < 0
      || opening_compare_ends (pass, error) < 0) /* another server may have answered */
    return -1;
  return intake_scan (pass, SYNCD_MODE_EVERYTHING, NULL, &code, error);
}

/* Is there a checkpoint, and was it made with this mapping, source and scope? */
static bool
trusted_checkpoint (struct pass *pass, struct buffer *checkpoint)
{
  BUFFER_AUTO struct buffer mapping;
  buffer_init (&mapping, 256);
  if (pass->options->full || pass->scope_changed
      || store_get_fact (pass->store, "checkpoint", checkpoint) != 1
      || store_get_fact (pass->store, "checkpoint_mapping", &mapping) != 1)
    return false;
  if (strcmp (buffer_text (&mapping), mapping_version (pass->p->mapping)) == 0)
    return true;
  log_info ("the mapping changed: everything is read");
  return false;
}

/* The queue alone is brought on its way. */
static int
take_nothing (struct pass *pass)
{
  pass->report->mode = "queue";
  pass->end = SCAN_CHANGES;
  return 0;
}

int
intake_run (struct pass *pass, struct error *error)
{
  BUFFER_AUTO struct buffer checkpoint;
  buffer_init (&checkpoint, TEXT_MAX);
  if (pass->options->only)
    return intake_only (pass, error);
  if (pass->options->queue_only)
    return take_nothing (pass);
  if (pass->options->stream)
    return stream_take_in (pass->options->stream, pass, error);
  if (pass->options->beside && !inventory_full_overdue (pass->p, pass->started_ms))
    return inventory_take (pass, error);
  bool changes = trusted_checkpoint (pass, &checkpoint)
                 && !inventory_full_overdue (pass->p, pass->started_ms);
  pass->report->mode = changes ? "changes" : "full";
  if (scan (pass, changes ? SYNCD_MODE_CHANGES : SYNCD_MODE_EVERYTHING, &checkpoint, error) < 0
      || intake_unshown (pass, error) < 0)
    return -1;
  return inventory_needed (pass) ? inventory_take (pass, error) : 0;
}
