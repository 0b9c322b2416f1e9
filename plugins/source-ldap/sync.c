/* sync.c: a scan by the syncrepl grade (RFC 4533).
 *
 * Without a cookie the server shows everything. With one it either lists who is still there and
 * shows what changed (present phase: whoever was neither listed nor shown is gone), or lists who
 * is gone and shows what changed (delete phase). Nothing is complete before the server says
 * so with success and the Sync Done control. Cookies that come before that end are not kept. What
 * each message of the server means: sync-take.c. */
#include "scan.h"

static int32_t
fail_refused (struct syncd_ctx *ctx, struct scan *scan)
{
  const struct search *search = &scan->search;
  const char *why = search->why.data ? search->why.data : "refused";

  if (search->code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION)
    scan->session->broken = true; /* no longer what was found out: look again */
  else if (scan->sync.cookie.bv_val)
    return HOST->fail (ctx, SYNCD_E_CHECKPOINT, "%s does not go on from the last checkpoint: %s",
                       scan->session->endpoint->uri, why);
  return HOST->fail (ctx, SYNCD_E_UNREACHABLE, "%s: synchronizing \"%s\" was refused: %s",
                     scan->session->endpoint->uri, search->base, why);
}

static int32_t
give_checkpoint (struct syncd_ctx *ctx, struct scan *scan, struct syncd_buffer *buffer)
{
  struct sync *sync = &scan->sync;
  int32_t rc;

  sync->due = false;
  if (!sync_cookie_usable (&sync->latest)) {
    HOST->log (ctx, SYNCD_LOG_WARNING, "%s gives a cookie of a form that is not known: the next "
               "read starts from the last checkpoint", scan->session->endpoint->uri);
    return SYNCD_OK;
  }
  rc = sync_checkpoint_write (ctx, scan, &sync->latest, buffer);
  return rc == SYNCD_OK ? SYNCD_SCAN_CHECKPOINT : rc;
}

/* A present phase in a scan that follows ends it: absence can only be said at an end. The next
 * one begins with the checkpoint that was given. */
static int32_t
settle (struct scan *scan)
{
  struct sync *sync = &scan->sync;

  if (sync->absence)
    return SYNCD_SCAN_END_ALL;
  if (!sync->persist)
    return SYNCD_SCAN_END_CHANGES;
  sync->stage = SYNC_FOLLOW;
  scan->search.patient = true;
  return SYNCD_SCAN_CAUGHT_UP;
}

/* What is to be said before the next message is looked at; SYNCD_OK: nothing. */
static int32_t
say_pending (struct syncd_ctx *ctx, struct scan *scan, struct syncd_entry *entry,
             struct syncd_buffer *buffer)
{
  struct sync *sync = &scan->sync;
  int32_t rc = SYNCD_OK;

  if (sync->ids && (rc = sync_next_id (scan, entry)))
    return rc;
  if (sync->stage != SYNC_REFRESH && scan_incomplete (scan))
    return scan_end_partial (ctx, scan, buffer);
  if (sync->due && (rc = give_checkpoint (ctx, scan, buffer)))
    return rc;
  if (sync->stage == SYNC_SETTLE)
    return settle (scan);
  return sync->stage == SYNC_OVER ? SYNCD_SCAN_END_CHANGES : SYNCD_OK;
}

/* SYNCD_OK: nothing to be said at once. */
static int32_t
take (struct syncd_ctx *ctx, struct scan *scan, int32_t what, LDAPMessage *message,
      struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  switch (what) {
  case SEARCH_ENTRY:
    what = sync_take_entry (ctx, scan, message, entry);
    ldap_msgfree (message);
    return what == SYNCD_E_NOT_FOUND ? SYNCD_SCAN_IDLE : what;
  case SEARCH_INFO:
    what = sync_take_info (ctx, scan, message);
    ldap_msgfree (message);
    return what;
  case SEARCH_DONE:
    return sync_take_done (ctx, scan);
  case SEARCH_IDLE:
    return SYNCD_SCAN_IDLE;
  case SEARCH_PARTIAL:
    return scan_end_partial (ctx, scan, buffer);
  case SEARCH_REFUSED:
    return fail_refused (ctx, scan);
  default:
    return what;
  }
}

static int32_t
next_message (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
              LDAPMessage **ret_message)
{
  struct sync *sync = &scan->sync;
  int32_t held = sync->held;

  if (!held)
    return search_next (ctx, &scan->search, max_wait_ms, ret_message);
  *ret_message = sync->held_message;
  sync->held = 0;
  sync->held_message = NULL;
  return held;
}

int32_t
sync_next (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
           struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  LDAPMessage *message = NULL;
  int32_t rc;

  do {
    if ((rc = say_pending (ctx, scan, entry, buffer)))
      return rc;
    rc = next_message (ctx, scan, max_wait_ms, &message);
    rc = take (ctx, scan, rc, message, entry, buffer);
  } while (rc == SYNCD_OK);
  return rc;
}

/* "Nothing changed", in due form: all that a server may say whom we only presume to know. */
static bool
nothing_changed (const struct scan *scan)
{
  struct berval cookie = { 0, NULL };
  bool deletes = false;

  if (scan->sync.held == SEARCH_DONE && !sync_done_read (&scan->search.done, &cookie, &deletes))
    deletes = false;
  ber_memfree (cookie.bv_val);
  return deletes && !scan->search.references;
}

/* Looks at the first message: a server that cannot go on from the cookie says so at once. */
static int32_t
first_look (struct syncd_ctx *ctx, struct scan *scan)
{
  struct sync *sync = &scan->sync;
  int32_t rc = search_next (ctx, &scan->search, UINT32_MAX, &sync->held_message);

  if (rc < 0)
    return rc;
  sync->held = rc;
  if (scan->session->presumed && !nothing_changed (scan))
    return SYNC_LOOK_CLOSER;
  return rc == SEARCH_REFUSED ? fail_refused (ctx, scan) : SYNCD_OK;
}

int32_t
sync_begin (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data)
{
  struct sync *sync = &scan->sync;
  int32_t rc = data ? sync_checkpoint_read (ctx, scan, data, &sync->cookie) : SYNCD_OK;

  if (rc != SYNCD_OK)
    return rc;
  sync->persist = scan->asked == SYNCD_MODE_WATCH;
  sync->control = sync_control (sync->persist, &sync->cookie);
  if (!sync->control)
    return error_memory (ctx);
  scan->stage = SCAN_CHANGES; /* everything is read in the same way */
  scan->search.control = sync->control;
  scan->search.page_size = 0;
  return data ? first_look (ctx, scan) : SYNCD_OK;
}

void
sync_fini (struct scan *scan)
{
  struct sync *sync = &scan->sync;

  ldap_msgfree (sync->held_message);
  ber_bvarray_free (sync->ids);
  ber_memfree (sync->cookie.bv_val);
  ber_memfree (sync->latest.bv_val);
  ldap_control_free (sync->control);
}
