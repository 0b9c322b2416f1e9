/* sync-take.c: what each message of a synchronization (RFC 4533) means for the scan: entries, ids, the
 * end of the refresh, and cookies. */
#include "scan.h"

static int32_t
fail_protocol (struct syncd_ctx *ctx, const struct scan *scan, const char *what)
{
  return HOST->fail (ctx, SYNCD_E_PROTOCOL, "%s: the server's synchronization of \"%s\" cannot be "
                     "followed: %s; changes: timestamp does without it",
                     scan->session->endpoint->uri, scan->search.base, what);
}

static void
take_cookie (struct scan *scan, struct berval *cookie)
{
  struct sync *sync = &scan->sync;

  if (!cookie->bv_val)
    return;
  ber_memfree (sync->latest.bv_val);
  sync->latest = *cookie;
  sync->due = true;
  *cookie = (struct berval){ 0, NULL };
}

static int32_t
give_id (struct scan *scan, const struct berval *id, int32_t event, struct syncd_entry *entry)
{
  char text[SYNC_ID_LEN + 1];

  sync_id_text (id, text);
  HOST->entry_set_id (entry, text, SYNC_ID_LEN);
  scan->sync.shown++;
  return event;
}

int32_t
sync_take_entry (struct syncd_ctx *ctx, struct scan *scan, LDAPMessage *message,
                 struct syncd_entry *entry)
{
  struct sync_state state;
  int32_t rc;

  if (!sync_state_read (scan->session->ld, message, &state))
    return fail_protocol (ctx, scan, "an entry comes without a valid Sync State control");
  if (state.state == SYNC_STATE_DELETE)
    rc = give_id (scan, &state.id, SYNCD_SCAN_DELETE, entry);
  else if (state.state == SYNC_STATE_PRESENT)
    rc = give_id (scan, &state.id, SYNCD_SCAN_STILL_THERE, entry);
  else {
    scan->sync.shown++;
    rc = scan_take_entry (ctx, scan, message, entry);
  }
  if (scan->sync.stage == SYNC_FOLLOW)
    take_cookie (scan, &state.cookie);
  sync_state_fini (&state);
  return rc;
}

int32_t
sync_next_id (struct scan *scan, struct syncd_entry *entry)
{
  struct sync *sync = &scan->sync;
  const struct berval *id = &sync->ids[sync->next_id++];

  if (id->bv_val)
    return give_id (scan, id, sync->ids_event, entry);
  ber_bvarray_free (sync->ids);
  sync->ids = NULL;
  return SYNCD_OK;
}

/* ---- the end of the refresh ---- */

/* "Changed, and no cookie": the server took ours for none, and would never tell of a delete. */
static int32_t
end_refresh (struct syncd_ctx *ctx, struct scan *scan, struct berval *cookie, bool present)
{
  struct sync *sync = &scan->sync;

  if (sync->cookie.bv_val && !cookie->bv_val && sync->shown && !sync->persist)
    return HOST->fail (ctx, SYNCD_E_CHECKPOINT, "%s does not know the last checkpoint and showed "
                       "everything instead of what changed", scan->session->endpoint->uri);
  sync->absence = sync->absence || present || !sync->cookie.bv_val;
  sync->stage = SYNC_SETTLE;
  take_cookie (scan, cookie);
  return SYNCD_OK;
}

int32_t
sync_take_done (struct syncd_ctx *ctx, struct scan *scan)
{
  struct sync *sync = &scan->sync;
  struct berval cookie = { 0, NULL };
  bool deletes;
  int32_t rc = SYNCD_OK;

  if (!sync_done_read (&scan->search.done, &cookie, &deletes))
    return fail_protocol (ctx, scan, "it ends without a valid Sync Done control");
  if (sync->stage == SYNC_REFRESH)
    rc = end_refresh (ctx, scan, &cookie, !deletes);
  else {
    take_cookie (scan, &cookie);
    sync->stage = SYNC_OVER;
  }
  sync->persist = false;
  ber_memfree (cookie.bv_val);
  return rc;
}

/* ---- intermediate messages ---- */

static int32_t
take_phase (struct syncd_ctx *ctx, struct scan *scan, struct sync_info *info)
{
  bool present = info->kind == INFO_PRESENT;

  if (scan->sync.stage != SYNC_REFRESH)
    return fail_protocol (ctx, scan, "a phase of the refresh ends after the refresh");
  if (info->done && scan->sync.persist)
    return end_refresh (ctx, scan, &info->cookie, present);
  scan->sync.absence = scan->sync.absence || present;
  return SYNCD_OK;
}

static int32_t
take_kind (struct syncd_ctx *ctx, struct scan *scan, struct sync_info *info)
{
  struct sync *sync = &scan->sync;

  if (info->kind == INFO_DELETE || info->kind == INFO_PRESENT)
    return take_phase (ctx, scan, info);
  if (info->kind == INFO_IDS) {
    sync->ids = info->ids;
    sync->next_id = 0;
    sync->ids_event = info->deletes ? SYNCD_SCAN_DELETE : SYNCD_SCAN_STILL_THERE;
    info->ids = NULL;
  }
  if (sync->stage == SYNC_FOLLOW)
    take_cookie (scan, &info->cookie);
  return SYNCD_OK;
}

int32_t
sync_take_info (struct syncd_ctx *ctx, struct scan *scan, LDAPMessage *message)
{
  struct sync_info info;
  int32_t rc;

  if (!sync_info_read (scan->session->ld, message, &info))
    return fail_protocol (ctx, scan, "an intermediate message is not of RFC 4533's form");
  rc = take_kind (ctx, scan, &info);
  sync_info_fini (&info);
  return rc;
}
