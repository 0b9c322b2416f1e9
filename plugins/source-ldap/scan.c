/* scan.c: a scan: everything, the inventory of ids and tokens, or what changed, by the grade. How its
 * search of our base is read: scan-read.c. */
#include "scan.h"

#include <stdlib.h>
#include <string.h>

#include "grade.h"

static int32_t
check_mode (struct syncd_ctx *ctx, const struct session *session, uint32_t mode)
{
  if (session->scanning)
    return HOST->fail (ctx, SYNCD_E_INTERNAL, "a session does one scan at a time");
  if (mode == SYNCD_MODE_EVERYTHING ||
      (mode == SYNCD_MODE_INVENTORY && session->token_attribute) ||
      (mode == SYNCD_MODE_CHANGES && session->grade->changes) ||
      (mode == SYNCD_MODE_WATCH && session->grade->follows))
    return SYNCD_OK;
  return HOST->fail (ctx, SYNCD_E_UNSUPPORTED, "%s: this directory is not read in that way (%s)",
                     session->instance->name,
                     mode == SYNCD_MODE_WATCH       ? "following changes"
                     : mode == SYNCD_MODE_INVENTORY ? "inventory: its entries show no version"
                                                    : "changes since a checkpoint");
}

static void
list_everybody (struct scan *scan)
{
  const struct instance *instance = scan->session->instance;

  scan->filter.len = 0;
  text_print (&scan->filter, "%s", instance->filter);
  scan_ask (scan, instance->page_size);
  scan->stage = SCAN_LISTING;
  scan->absence = true;
}

void
scan_turn (struct syncd_ctx *ctx, struct scan *scan, const char *why)
{
  HOST->log (ctx, SYNCD_LOG_INFO, "%s: everybody is read: %s", scan->session->endpoint->uri, why);
  scan->mode = SYNCD_MODE_EVERYTHING;
  list_everybody (scan);
}

/* What the grade wants besides the listing: DATA is the datum of the checkpoint. */
static int32_t
begin_grade (struct syncd_ctx *ctx, struct scan *scan, const struct syncd_scan_request *request)
{
  bool goes_on = request->mode != SYNCD_MODE_EVERYTHING && request->checkpoint;
  struct berval data = { 0, NULL };
  int32_t rc = SYNCD_OK;

  if (request->mode == SYNCD_MODE_INVENTORY)
    return SYNCD_OK;
  if (goes_on)
    rc = checkpoint_read (ctx, scan, request->checkpoint, request->checkpoint_len, &data);
  if (rc == SYNCD_OK && scan->grade->begin)
    rc = scan->grade->begin (ctx, scan, goes_on ? &data : NULL);
  return rc;
}

/* Does the mapping use what no version tells of? */
static bool
inventory_compares (struct syncd_ctx *ctx, const struct scan *scan,
                    const struct syncd_scan_request *request)
{
  const char *blind = scan->mode == SYNCD_MODE_INVENTORY ? versions_blind (scan->session, request)
                                                         : NULL;

  if (blind)
    HOST->log (ctx, SYNCD_LOG_INFO, "%s changes without a new version of its entry: this inventory "
               "compares all that the mapping uses", blind);
  return blind != NULL;
}

static int32_t
scan_prepare (struct syncd_ctx *ctx, struct scan *scan, const struct syncd_scan_request *request)
{
  struct syncd_scan_request own = *request;
  int32_t rc;

  checkpoint_fingerprint (scan->session, request, scan->fingerprint);
  scan->compares = inventory_compares (ctx, scan, request);
  if (scan->mode == SYNCD_MODE_INVENTORY && !scan->compares)
    own.attribute_count = 0;
  rc = wanted_init (ctx, scan->session, &own, &scan->wanted);
  if (rc != SYNCD_OK)
    return rc;
  scan->wanted.bare = scan->mode == SYNCD_MODE_INVENTORY && !scan->compares;
  list_everybody (scan);
  scan->started_ms = now_ms ();
  rc = begin_grade (ctx, scan, request);
  return rc == SYNCD_OK && scan->filter.failed ? error_memory (ctx) : rc;
}

static void
scan_free (struct scan *scan)
{
  sync_fini (scan);
  delta_fini (&scan->delta);
  changelog_fini (scan);
  dirsync_fini (scan);
  usn_389_fini (scan);
  search_fini (&scan->search);
  wanted_fini (&scan->wanted);
  text_fini (&scan->filter);
  free (scan->first_nameless);
  free (scan);
}

/* What is done for what was asked: there may be nothing to go on from. */
static uint32_t
mode_of (const struct grade *grade, const struct syncd_scan_request *request)
{
  if (request->mode == SYNCD_MODE_CHANGES && !request->checkpoint)
    return SYNCD_MODE_EVERYTHING;
  if (request->mode == SYNCD_MODE_CHANGES && grade->inventories)
    return SYNCD_MODE_INVENTORY;
  return request->mode;
}

static int32_t
begin (struct syncd_ctx *ctx, struct session *session, const struct syncd_scan_request *request,
       void **ret_scan)
{
  struct scan *scan;
  int32_t rc;

  scan = calloc (1, sizeof *scan);
  if (!scan)
    return error_memory (ctx);
  scan->session = scan->search.session = session;
  scan->grade = session->grade;
  scan->asked = request->mode;
  scan->mode = mode_of (scan->grade, request);
  rc = scan_prepare (ctx, scan, request);
  if (rc != SYNCD_OK) {
    scan_free (scan);
    return rc;
  }
  session->scanning = true;
  *ret_scan = scan;
  return SYNCD_OK;
}

int32_t
scan_begin (struct syncd_ctx *ctx, void *data, const struct syncd_scan_request *request,
            void **ret_scan)
{
  struct session *session = data;
  bool goes_on = request->mode == SYNCD_MODE_CHANGES && request->checkpoint;
  int32_t rc;

  if ((rc = check_mode (ctx, session, request->mode)) || (rc = session_ensure (ctx, session)) ||
      (!goes_on && (rc = session_know (ctx, session))))
    return rc;
  rc = begin (ctx, session, request, ret_scan);
  if (rc != SYNC_LOOK_CLOSER)
    return rc;
  rc = session_know (ctx, session);
  return rc == SYNCD_OK ? begin (ctx, session, request, ret_scan) : rc;
}

void
scan_end (struct syncd_ctx *ctx, void *data)
{
  struct scan *scan = data;

  (void) ctx;
  scan->session->scanning = false;
  scan_free (scan);
}

static int32_t
give_checkpoint (struct syncd_ctx *ctx, struct scan *scan, struct syncd_buffer *buffer)
{
  struct text data = { 0 };
  int32_t rc = SYNCD_OK;

  scan->marked = true;
  if (scan->asked != SYNCD_MODE_INVENTORY && scan->grade->mark && scan->grade->mark (scan, &data)) {
    rc = data.failed ? error_memory (ctx)
                     : checkpoint_write (ctx, scan, data.data ? data.data : "", buffer);
    rc = rc == SYNCD_OK ? SYNCD_SCAN_CHECKPOINT : rc;
  }
  text_fini (&data);
  return rc;
}

int32_t
scan_next (struct syncd_ctx *ctx, void *data, uint32_t max_wait_ms, struct syncd_entry *entry,
           struct syncd_buffer *buffer)
{
  struct scan *scan = data;
  int32_t rc = SYNCD_OK;

  /* What changed may turn into everybody: then there is a listing after it. */
  if (scan->stage == SCAN_CHANGES)
    rc = scan->grade->next (ctx, scan, max_wait_ms, entry, buffer);
  if (rc == 0 && scan->stage == SCAN_LISTING)
    rc = scan_list (ctx, scan, max_wait_ms, entry, buffer);
  if (rc != 0)
    return rc;
  scan->stage = SCAN_SETTLED;
  if (!scan->marked && (rc = give_checkpoint (ctx, scan, buffer)))
    return rc;
  return scan->absence ? SYNCD_SCAN_END_ALL : SYNCD_SCAN_END_CHANGES;
}
