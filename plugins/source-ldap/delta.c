/* delta.c: the two-query delta.
 *
 * A search for what changed that also asks for our filter and base cannot see who left them. So a
 * second one asks for the ids of whatever changed in the naming context; an id that the first one
 * did not show is a candidate for having left, and no more than that: the host asks for it.
 * Memory is bounded: where more changed than is worth remembering, everybody is read. */
#include "delta.h"

#include <stdlib.h>
#include <string.h>

#include "containers.h"
#include "scan.h"

int32_t
delta_begin (struct syncd_ctx *ctx, struct scan *scan, const char *term)
{
  struct delta *delta = &scan->delta;

  text_print (&delta->term, "%s", term);
  scan->filter.len = 0;
  text_print (&scan->filter, "(&%s%s)", scan->session->instance->filter, term);
  delta->on = true;
  scan->stage = SCAN_CHANGES;
  scan->absence = false;
  return delta->term.failed || scan->filter.failed ? error_memory (ctx) : SYNCD_OK;
}

void
delta_note (struct scan *scan, const char *id)
{
  struct delta *delta = &scan->delta;

  if (delta->on && scan->stage == SCAN_CHANGES && !idset_add (&delta->shown, id))
    delta->full = true;
}

void
delta_fini (struct delta *delta)
{
  search_fini (&delta->search);
  idset_fini (&delta->shown);
  text_fini (&delta->term);
  text_fini (&delta->containers);
  if (delta->control)
    ldap_control_free (delta->control);
}

/* ---- query B ---- */

static void
begin_compare (struct scan *scan, const char *base)
{
  const struct session *session = scan->session;
  struct delta *delta = &scan->delta;

  delta->attributes[0] = session->id_attribute;
  delta->attributes[1] = "objectClass";
  delta->attributes[2] = session->time_attribute;
  search_fini (&delta->search);
  delta->search = (struct search){
    .session = scan->session,
    .base = base,
    .scope = LDAP_SCOPE_SUBTREE,
    .filter = delta->term.data,
    .attributes = delta->attributes,
    .page_size = session->instance->page_size,
    .control = delta->control,
    .missing_ok = true,
    .probing = delta->forgiving,
  };
  delta->stage = DELTA_COMPARE;
}

static void
note_container (struct scan *scan, LDAPMessage *message, const char *time)
{
  struct delta *delta = &scan->delta;
  char *dn;

  if (time[0] && strcmp (time, delta->newest) > 0)
    memcpy (delta->newest, time, TIME_SIZE);
  if (delta->since[0] && strcmp (time, delta->since) <= 0)
    return;
  dn = ldap_get_dn (scan->session->ld, message);
  if (dn && !containers_is_top (scan->session, dn) && delta->container_count++ < MAX_CONTAINERS)
    text_add (&delta->containers, dn, strlen (dn) + 1);
  ldap_memfree (dn);
}

/* SYNCD_SCAN_DELETE for an id that query A did not show, else 0. */
static int32_t
compare (struct scan *scan, LDAPMessage *message, struct syncd_entry *entry)
{
  const struct session *session = scan->session;
  char id[MAX_ID + 1], time[TIME_SIZE];

  time_of (session, message, time);
  if (strcmp (time, scan->newest) > 0)
    memcpy (scan->newest, time, TIME_SIZE);
  if (containers_is (session->ld, message))
    note_container (scan, message, time);
  if (!identity_of (session, message, id) || idset_has (&scan->delta.shown, id))
    return 0;
  HOST->entry_set_id (entry, id, strlen (id));
  return SYNCD_SCAN_DELETE;
}

/* Query B saw less than everything. */
static int32_t
end_blind (struct syncd_ctx *ctx, struct scan *scan, struct syncd_buffer *buffer)
{
  const struct search *search = &scan->delta.search;

  if (!scan->delta.forgiving)
    return scan_end_early (ctx, search, buffer);
  HOST->log (ctx, SYNCD_LOG_WARNING, "%s: who left the filter or the base is not told (%s): the "
             "next inventory finds them", scan->session->endpoint->uri,
             search->why.data ? search->why.data : "refused");
  scan->delta.stage = DELTA_CONTAINERS;
  return 0;
}

static int32_t
next_compare (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
              struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  struct delta *delta = &scan->delta;
  LDAPMessage *message = NULL;
  int32_t rc;

  for (;;) {
    rc = search_next (ctx, &delta->search, max_wait_ms, &message);
    switch (rc) {
    case SEARCH_ENTRY:
      rc = compare (scan, message, entry);
      ldap_msgfree (message);
      if (rc)
        return rc;
      break;
    case SEARCH_IDLE:
      return SYNCD_SCAN_IDLE;
    case SEARCH_DONE:
      delta->stage = DELTA_CONTAINERS;
      return 0;
    case SEARCH_NOT_FOUND: /* the top of the tree may be hidden from us: our part is not */
      if (delta->search.base == scan->session->instance->base)
        return end_blind (ctx, scan, buffer);
      begin_compare (scan, scan->session->instance->base);
      break;
    default:
      return rc < 0 ? rc : end_blind (ctx, scan, buffer);
    }
  }
}

/* ---- containers ---- */

static int32_t
next_container (struct syncd_ctx *ctx, struct scan *scan)
{
  const struct delta *delta = &scan->delta;
  bool any = delta->container_count > MAX_CONTAINERS;
  int32_t rc = delta->containers.failed ? error_memory (ctx) : SYNCD_OK;

  if (rc == SYNCD_OK && !any)
    rc = containers_any (ctx, scan->session, &delta->containers, &any);
  if (rc == SYNCD_OK && any)
    scan_turn (ctx, scan, "a container of people changed, which may be a new name for them all");
  return rc;
}

int32_t
delta_next (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
            struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  struct delta *delta = &scan->delta;
  int32_t rc = 0;

  if (delta->full) {
    scan_turn (ctx, scan, "more changed than is worth comparing");
    return 0;
  }
  if (delta->stage == DELTA_SHOW) {
    rc = scan_list (ctx, scan, max_wait_ms, entry, buffer);
    if (rc == 0)
      begin_compare (scan, scan->session->context);
  }
  if (rc == 0 && delta->stage == DELTA_COMPARE)
    rc = next_compare (ctx, scan, max_wait_ms, entry, buffer);
  if (rc == 0 && delta->stage == DELTA_CONTAINERS)
    rc = next_container (ctx, scan);
  return rc;
}
