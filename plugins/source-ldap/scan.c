/* scan.c: a scan: everything, what changed, or the inventory of ids and tokens. */
#include "scan.h"

#include <stdlib.h>
#include <string.h>

static int32_t
check_mode (struct syncd_ctx *ctx, const struct session *session, uint32_t mode)
{
  if (session->scanning)
    return HOST->fail (ctx, SYNCD_E_INTERNAL, "a session does one scan at a time");
  if (mode == SYNCD_MODE_EVERYTHING)
    return SYNCD_OK;
  if (mode == SYNCD_MODE_INVENTORY && session->token_attribute)
    return SYNCD_OK;
  if (changes_grade (session) == CHANGES_SYNCREPL)
    if (mode == SYNCD_MODE_CHANGES || mode == SYNCD_MODE_WATCH)
      return SYNCD_OK;
  if (mode == SYNCD_MODE_CHANGES && changes_grade (session) != CHANGES_FULL)
    return SYNCD_OK;
  return HOST->fail (ctx, SYNCD_E_UNSUPPORTED, "%s: this directory is not read in that way (%s)",
                     session->instance->name,
                     mode == SYNCD_MODE_WATCH       ? "following changes"
                     : mode == SYNCD_MODE_INVENTORY ? "inventory: its entries show no version"
                                                    : "changes since a checkpoint");
}

/* (&(user's filter)(modifyTimestamp>=newest less the overlap)) */
static void
make_filter (struct scan *scan)
{
  const struct session *session = scan->session;
  char since[TIME_SIZE];

  if (scan->mode != SYNCD_MODE_CHANGES || scan->syncing) {
    text_print (&scan->filter, "%s", session->instance->filter);
    return;
  }
  memcpy (since, scan->newest, TIME_SIZE);
  time_move (since, -OVERLAP_SECONDS);
  text_print (&scan->filter, "(&%s(%s>=%.14s%s))", session->instance->filter,
              session->time_attribute, since, session->vendor == VENDOR_AD ? ".0Z" : "Z");
}

/* The checkpoint of the grades that have no search of their own; by inventory, the scan
 * becomes one. */
static int32_t
take_checkpoint (struct syncd_ctx *ctx, struct scan *scan, const struct syncd_scan_request *request)
{
  int32_t rc;

  if (scan->mode != SYNCD_MODE_CHANGES || scan->syncing)
    return SYNCD_OK;
  if (changes_grade (scan->session) == CHANGES_TIMESTAMP)
    return checkpoint_read (ctx, scan->fingerprint, request->checkpoint, request->checkpoint_len,
                            scan->newest);
  rc = inventory_read (ctx, scan->session, scan->fingerprint, request->checkpoint,
                       request->checkpoint_len);
  scan->mode = SYNCD_MODE_INVENTORY;
  return rc;
}

static int32_t
scan_prepare (struct syncd_ctx *ctx, struct scan *scan, const struct syncd_scan_request *request)
{
  struct syncd_scan_request own = *request;
  int32_t rc;

  checkpoint_fingerprint (scan->session, request, scan->fingerprint);
  rc = take_checkpoint (ctx, scan, request);
  if (rc != SYNCD_OK)
    return rc;
  if (scan->mode == SYNCD_MODE_INVENTORY)
    own.attribute_count = 0;
  make_filter (scan);
  rc = wanted_init (ctx, scan->session, &own, &scan->wanted);
  return rc == SYNCD_OK && scan->filter.failed ? error_memory (ctx) : rc;
}

static void
search_prepare (struct scan *scan)
{
  const struct instance *instance = scan->session->instance;

  scan->search = (struct search){
    .session = scan->session,
    .base = instance->base,
    .scope = instance->scope,
    .filter = scan->filter.data,
    .attributes = (const char *const *) scan->wanted.request,
    .page_size = instance->page_size,
  };
  scan->started_ms = now_ms ();
}

static void
scan_free (struct scan *scan)
{
  sync_fini (scan);
  search_fini (&scan->search);
  wanted_fini (&scan->wanted);
  text_fini (&scan->filter);
  free (scan->first_nameless);
  free (scan);
}

int32_t
scan_begin (struct syncd_ctx *ctx, void *data, const struct syncd_scan_request *request,
            void **ret_scan)
{
  struct session *session = data;
  struct scan *scan;
  int32_t rc;

  if ((rc = check_mode (ctx, session, request->mode)) || (rc = session_ensure (ctx, session)))
    return rc;
  scan = calloc (1, sizeof *scan);
  if (!scan)
    return error_memory (ctx);
  scan->session = scan->search.session = session;
  scan->asked = scan->mode = request->mode;
  scan->syncing = request->mode != SYNCD_MODE_INVENTORY &&
                  changes_grade (session) == CHANGES_SYNCREPL;
  if (scan->mode == SYNCD_MODE_CHANGES && !request->checkpoint)
    scan->mode = SYNCD_MODE_EVERYTHING;
  rc = scan_prepare (ctx, scan, request);
  if (rc == SYNCD_OK) {
    search_prepare (scan);
    rc = scan->syncing ? sync_begin (ctx, scan, request) : SYNCD_OK;
  }
  if (rc != SYNCD_OK) {
    scan_free (scan);
    return rc;
  }
  session->scanning = true;
  *ret_scan = scan;
  return SYNCD_OK;
}

void
scan_end (struct syncd_ctx *ctx, void *data)
{
  struct scan *scan = data;

  (void) ctx;
  scan->session->scanning = false;
  scan_free (scan);
}

static void
note_nameless (struct scan *scan, LDAPMessage *message)
{
  scan->nameless++;
  if (!scan->first_nameless) {
    char *dn = ldap_get_dn (scan->session->ld, message);

    scan->first_nameless = dn ? strdup (dn) : NULL;
    ldap_memfree (dn);
  }
}

int32_t
scan_take_entry (struct syncd_ctx *ctx, struct scan *scan, LDAPMessage *message,
                 struct syncd_entry *entry)
{
  struct facts facts;
  int32_t rc = values_give (ctx, scan->session, &scan->wanted, message, entry, &facts);

  if (rc != SYNCD_OK)
    return rc;
  if (!facts.id_len) {
    note_nameless (scan, message);
    return 0;
  }
  scan->timeless = scan->timeless || !facts.time[0];
  if (strcmp (facts.time, scan->newest) > 0)
    memcpy (scan->newest, facts.time, TIME_SIZE);
  return scan->mode == SYNCD_MODE_INVENTORY ? SYNCD_SCAN_STILL_THERE : SYNCD_SCAN_ENTRY;
}

int32_t
scan_end_partial (struct syncd_ctx *ctx, struct scan *scan, struct syncd_buffer *buffer)
{
  const struct search *search = &scan->search;
  struct text why = { 0 };
  int32_t rc;

  if (search->why.len)
    text_add (&why, search->why.data, search->why.len);
  else if (scan->nameless)
    text_print (&why, "%llu entries show no usable %s (one is %s): let the bind identity read it, "
                "or set id_attribute", (unsigned long long) scan->nameless,
                scan->session->id_attribute, scan->first_nameless ? scan->first_nameless : "?");
  else
    text_print (&why, "%llu references to other servers were not followed (one is %s): name those "
                "servers as sources of their own, or set referrals: ignore",
                (unsigned long long) search->references,
                search->reference ? search->reference : "?");
  rc = why.failed ? error_memory (ctx) : HOST->buffer_append (buffer, why.data, why.len);
  text_fini (&why);
  return rc == SYNCD_OK ? SYNCD_SCAN_END_PARTIAL : rc;
}

bool
scan_incomplete (const struct scan *scan)
{
  return scan->nameless ||
         (scan->search.references && !scan->session->instance->referrals_ignored);
}

static bool
checkpoint_due (const struct scan *scan)
{
  enum changes grade = changes_grade (scan->session);

  return !scan->complete && scan->asked != SYNCD_MODE_INVENTORY &&
         (grade == CHANGES_INVENTORY || (grade == CHANGES_TIMESTAMP && !scan->timeless));
}

/* What changed while we read has a time from the scan's start on: the bound goes back by the
 * scan's length, rounded up. */
static int32_t
give_checkpoint (struct syncd_ctx *ctx, struct scan *scan, struct syncd_buffer *buffer)
{
  char bound[TIME_SIZE] = "19700101000000Z";
  int32_t rc;

  scan->complete = true;
  if (changes_grade (scan->session) == CHANGES_INVENTORY) {
    rc = inventory_write (ctx, scan->session, scan->fingerprint, buffer);
    return rc == SYNCD_OK ? SYNCD_SCAN_CHECKPOINT : rc;
  }
  if (scan->newest[0]) {
    memcpy (bound, scan->newest, TIME_SIZE);
    time_move (bound, -((now_ms () - scan->started_ms) / 1000 + 1));
  }
  rc = checkpoint_write (ctx, scan->fingerprint, bound, buffer);
  return rc == SYNCD_OK ? SYNCD_SCAN_CHECKPOINT : rc;
}

static int32_t
finish (struct syncd_ctx *ctx, struct scan *scan, struct syncd_buffer *buffer)
{
  const struct search *search = &scan->search;

  if (scan_incomplete (scan))
    return scan_end_partial (ctx, scan, buffer);
  if (checkpoint_due (scan))
    return give_checkpoint (ctx, scan, buffer);
  if (search->references && !scan->complete)
    HOST->log (ctx, SYNCD_LOG_INFO, "%llu references to other servers were ignored",
               (unsigned long long) search->references);
  return scan->mode == SYNCD_MODE_CHANGES ? SYNCD_SCAN_END_CHANGES : SYNCD_SCAN_END_ALL;
}

int32_t
scan_next (struct syncd_ctx *ctx, void *data, uint32_t max_wait_ms, struct syncd_entry *entry,
           struct syncd_buffer *text)
{
  struct scan *scan = data;
  LDAPMessage *message = NULL;
  int32_t rc;

  if (scan->syncing)
    return sync_next (ctx, scan, max_wait_ms, entry, text);
  for (;;) {
    if (scan->search.ended)
      return finish (ctx, scan, text);
    rc = search_next (ctx, &scan->search, max_wait_ms, &message);
    if (rc == SEARCH_ENTRY) {
      rc = scan_take_entry (ctx, scan, message, entry);
      ldap_msgfree (message);
      if (rc == 0)
        continue;
      return rc == SYNCD_E_NOT_FOUND ? SYNCD_SCAN_IDLE : rc; /* it went away while we read */
    }
    if (rc == SEARCH_IDLE)
      return SYNCD_SCAN_IDLE;
    if (rc == SEARCH_PARTIAL)
      return scan_end_partial (ctx, scan, text);
    if (rc < 0)
      return rc;
  }
}
