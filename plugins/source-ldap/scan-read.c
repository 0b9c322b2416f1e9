/* scan-read.c: what a scan asks of our base, and its answer, entry by entry.
 *
 * The answer is everything only where each entry showed its id and no part of the tree is another
 * server's: else the scan ends as a partial one, which proves nobody's absence. */
#include "scan.h"

#include <stdlib.h>
#include <string.h>

void
scan_ask (struct scan *scan, int page_size)
{
  const struct instance *instance = scan->session->instance;

  search_fini (&scan->search);
  scan->search = (struct search){
    .session = scan->session,
    .base = instance->base,
    .scope = instance->scope,
    .filter = scan->filter.data,
    .attributes = (const char *const *) scan->wanted.request,
    .page_size = page_size,
  };
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
  delta_note (scan, facts.id);
  scan->timeless = scan->timeless || !facts.time[0];
  if (strcmp (facts.time, scan->newest) > 0)
    memcpy (scan->newest, facts.time, TIME_SIZE);
  return scan->mode == SYNCD_MODE_INVENTORY && !scan->compares ? SYNCD_SCAN_STILL_THERE
                                                               : SYNCD_SCAN_ENTRY;
}

static int32_t
end_partial (struct syncd_ctx *ctx, struct text *why, struct syncd_buffer *buffer)
{
  int32_t rc = why->failed ? error_memory (ctx) : HOST->buffer_append (buffer, why->data, why->len);

  text_fini (why);
  return rc == SYNCD_OK ? SYNCD_SCAN_END_PARTIAL : rc;
}

int32_t
scan_end_early (struct syncd_ctx *ctx, const struct search *search, struct syncd_buffer *buffer)
{
  struct text why = { 0 };

  if (search->why.len)
    text_add (&why, search->why.data, search->why.len);
  else
    text_print (&why, "%llu %s not followed (one is %s): name those servers as sources of their own, "
                "or set referrals: ignore", (unsigned long long) search->references,
                search->references == 1 ? "reference to another server was"
                                        : "references to other servers were",
                search->reference ? search->reference : "?");
  return end_partial (ctx, &why, buffer);
}

int32_t
scan_end_partial (struct syncd_ctx *ctx, struct scan *scan, struct syncd_buffer *buffer)
{
  struct text why = { 0 };

  if (scan->search.why.len || !scan->nameless)
    return scan_end_early (ctx, &scan->search, buffer);
  text_print (&why, "%llu %s no usable %s (one is %s): let the bind identity read it, or set "
              "id_attribute", (unsigned long long) scan->nameless,
              scan->nameless == 1 ? "entry shows" : "entries show", scan->session->id_attribute,
              scan->first_nameless ? scan->first_nameless : "?");
  return end_partial (ctx, &why, buffer);
}

bool
scan_incomplete (const struct scan *scan)
{
  return scan->nameless ||
         (scan->search.references && !scan->session->instance->referrals_ignored);
}

int32_t
scan_read (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
           int32_t (*take) (struct syncd_ctx *ctx, struct scan *scan, void *data,
                            LDAPMessage *message, struct syncd_entry *entry),
           void *data, struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  LDAPMessage *message = NULL;
  int32_t rc;

  while (!scan->search.ended) {
    rc = search_next (ctx, &scan->search, max_wait_ms, &message);
    if (rc == SEARCH_ENTRY) {
      rc = take (ctx, scan, data, message, entry);
      ldap_msgfree (message);
      if (rc == 0)
        continue;
      return rc == SYNCD_E_NOT_FOUND ? SYNCD_SCAN_IDLE : rc; /* it went away while we read */
    }
    if (rc == SEARCH_IDLE)
      return SYNCD_SCAN_IDLE;
    if (rc == SEARCH_PARTIAL)
      return scan_end_partial (ctx, scan, buffer);
    if (rc < 0)
      return rc;
  }
  return scan_incomplete (scan) ? scan_end_partial (ctx, scan, buffer) : 0;
}

static int32_t
take_any (struct syncd_ctx *ctx, struct scan *scan, void *data, LDAPMessage *message,
          struct syncd_entry *entry)
{
  (void) data;
  return scan_take_entry (ctx, scan, message, entry);
}

int32_t
scan_list (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
           struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  int32_t rc;

  scan->search.filter = scan->filter.data;
  rc = scan_read (ctx, scan, max_wait_ms, take_any, NULL, entry, buffer);
  if (rc == 0 && scan->search.references)
    HOST->log (ctx, SYNCD_LOG_INFO, "references to other servers were ignored: %llu",
               (unsigned long long) scan->search.references);
  return rc;
}
