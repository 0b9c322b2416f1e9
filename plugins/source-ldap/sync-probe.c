/* sync-probe.c: does the server offer the syncrepl grade for our base?
 *
 * supportedControl only says that the module is loaded, and a control that is not critical is
 * ignored without a word. So the base itself is asked with a critical control, and only an
 * answer that ends with the Sync Done control counts. Only OpenLDAP is asked: the same control
 * of 389 Directory Server loses changes. */
#include "sync.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NOBODY "(entryUUID=00000000-0000-0000-0000-000000000000)"

static void
set_why (struct session *session, const char *fmt, ...) SYNCD_PRINTF (2, 3);

static void
set_why (struct session *session, const char *fmt, ...)
{
  va_list args;

  va_start (args, fmt);
  vsnprintf (session->sync_why, sizeof session->sync_why, fmt, args);
  va_end (args);
}

/* What can be told without asking. */
static bool
possible (struct session *session)
{
  if (session->vendor == VENDOR_389)
    set_why (session, "Content Sync of 389 Directory Server loses changes and is never used");
  else if (session->vendor != VENDOR_OPENLDAP)
    set_why (session, "only OpenLDAP offers it");
  else if (strcasecmp (session->id_attribute, "entryUUID") != 0)
    set_why (session, "it knows entries by entryUUID, not by the id_attribute %s",
             session->id_attribute);
  else
    return true;
  return false;
}

static void
judge (struct session *session, const struct search *search, int32_t rc)
{
  struct berval cookie = { 0, NULL };
  bool deletes;

  if (rc == SEARCH_REFUSED)
    set_why (session, "%s: %s", search->why.data ? search->why.data : "refused",
             search->code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION
                 ? "the database of the base lacks the syncprov overlay"
                 : "the first question was refused");
  else if (rc != SEARCH_DONE || !sync_done_read (&search->done, &cookie, &deletes))
    set_why (session, "the server ignores the control");
  else
    session->sync_offered = true;
  ber_memfree (cookie.bv_val);
}

static int32_t
ask (struct syncd_ctx *ctx, struct session *session)
{
  const char *attributes[] = { LDAP_NO_ATTRS, NULL };
  struct search search = { .session = session, .base = session->instance->base, .filter = NOBODY,
                           .attributes = attributes, .scope = LDAP_SCOPE_BASE, .probing = true,
                           .control = sync_control (false, NULL) };
  LDAPMessage *message = NULL;
  int32_t rc;

  if (!search.control)
    return error_memory (ctx);
  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY ||
         rc == SEARCH_INFO)
    ldap_msgfree (message);
  if (rc >= 0)
    judge (session, &search, rc);
  ldap_control_free (search.control);
  search_fini (&search);
  return rc < 0 ? rc : SYNCD_OK;
}

static int32_t
step_down (struct syncd_ctx *ctx, const struct session *session)
{
  const struct instance *instance = session->instance;

  if (instance->changes == CHANGES_SYNCREPL)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "changes: syncrepl cannot work at %s: %s; use changes: "
                       "auto", session->endpoint->uri, session->sync_why);
  if (session->vendor == VENDOR_OPENLDAP)
    HOST->log (ctx, SYNCD_LOG_INFO, "%s: changes are not told by syncrepl, but found by %s: %s",
               session->endpoint->uri,
               changes_grade (session) == CHANGES_TIMESTAMP   ? "timestamp"
               : changes_grade (session) == CHANGES_INVENTORY ? "inventory"
                                                              : "reading everything",
               session->sync_why);
  return SYNCD_OK;
}

int32_t
sync_probe (struct syncd_ctx *ctx, struct session *session)
{
  enum changes asked = session->instance->changes;
  int32_t rc;

  if (asked != CHANGES_AUTO && asked != CHANGES_SYNCREPL)
    return SYNCD_OK;
  if (possible (session) && (rc = ask (ctx, session)))
    return rc;
  return session->sync_offered ? SYNCD_OK : step_down (ctx, session);
}
