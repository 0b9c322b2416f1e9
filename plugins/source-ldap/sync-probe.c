/* sync-probe.c: does the server offer the syncrepl grade for our base?
 *
 * supportedControl only says that the module is loaded, and a control that is not critical is
 * ignored without a word. So the base itself is asked with a critical control, and only an
 * answer that ends with the Sync Done control counts. Only OpenLDAP is asked: the same control
 * of 389 Directory Server loses changes. */
#include "grade.h"
#include "scan.h"

#include <strings.h>

#define NOBODY "(entryUUID=00000000-0000-0000-0000-000000000000)"

/* What can be told without asking. */
static bool
sync_possible (const struct session *session, struct text *why)
{
  if (session->vendor == VENDOR_389)
    text_print (why, "Content Sync of 389 Directory Server loses changes and is never used");
  else if (session->vendor == VENDOR_OPENLDAP &&
           strcasecmp (session->id_attribute, "entryUUID") != 0)
    text_print (why, "it knows entries by entryUUID, not by the id_attribute %s",
                session->id_attribute);
  else
    return session->vendor == VENDOR_OPENLDAP;
  return false;
}

static void
judge (const struct search *search, int32_t rc, struct text *why)
{
  struct berval cookie = { 0, NULL };
  bool deletes;

  if (rc == SEARCH_REFUSED)
    text_print (why, "%s: %s", search->why.data ? search->why.data : "refused",
                search->code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION
                    ? "the database of the base lacks the syncprov overlay"
                    : "the first question was refused");
  else if (rc != SEARCH_DONE || !sync_done_read (&search->done, &cookie, &deletes))
    text_print (why, "the server ignores the control");
  ber_memfree (cookie.bv_val);
}

static int32_t
sync_probe (struct syncd_ctx *ctx, struct session *session, struct text *why)
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
    judge (&search, rc, why);
  ldap_control_free (search.control);
  search_fini (&search);
  return rc < 0 ? rc : SYNCD_OK;
}

static void
sync_because (const struct session *session, struct text *text)
{
  (void) session;
  text_print (text, "the server answers the synchronization request (RFC 4533) for this base");
}

const struct grade grade_syncrepl = {
  .is = CHANGES_SYNCREPL,
  .name = "syncrepl",
  .vendors = VENDOR_BIT (VENDOR_OPENLDAP),
  .blind = "\"renamed containers\",\"memberOf\",\"changed access rights\"",
  .changes = true,
  .follows = true,
  .data = "cookie",
  .possible = sync_possible,
  .probe = sync_probe,
  .because = sync_because,
  .begin = sync_begin,
  .next = sync_next,
};
