/* ad.c: what the grades for Active Directory share.
 *
 * A domain controller is known by its invocation id, which changes when it is restored: its
 * numbers before and after have nothing to do with each other. */
#include "ad.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lookup.h"

#define SHOW_DELETED  "1.2.840.113556.1.4.417"
#define SHOW_RECYCLED "1.2.840.113556.1.4.2064" /* these and, with a recycle bin, older ones */

static char *
guid_of (const struct berval *value)
{
  char text[MAX_ID + 1];

  return value->bv_val && identity_text (ID_GUID_MIXED, value, text) ? strdup (text) : NULL;
}

int32_t
ad_identify (struct syncd_ctx *ctx, struct session *session)
{
  const char *const names[] = { "invocationId", "objectGUID", NULL };
  struct berval values[2] = { { 0, NULL }, { 0, NULL } };
  int32_t rc = SYNCD_OK;

  if (session->ds_service)
    rc = lookup_values (ctx, session, session->ds_service, names, values);
  session->server_id = guid_of (&values[0]);
  session->server_object = guid_of (&values[1]);
  lookup_fini (values, 2);
  if (rc == SYNCD_OK)
    rc = lookup_values (ctx, session, session->context, names + 1, values);
  session->context_id = guid_of (&values[0]);
  lookup_fini (values, 2);
  return rc;
}

/* ---- deleted objects ---- */

/* An account without rights is shown the container, no deleted object, and no error. So they
 * count as seen only once one was: sooner or later there is one in every domain. */
static int32_t
ask_deleted (struct syncd_ctx *ctx, struct session *session, const char *oid, bool *ret_refused)
{
  struct text base = { 0 };
  const char *attributes[] = { session->id_attribute, NULL };
  LDAPControl control = { (char *) oid, { 0, NULL }, 1 };
  struct search search = { .session = session, .filter = "(isDeleted=TRUE)",
                           .attributes = attributes, .scope = LDAP_SCOPE_ONELEVEL,
                           .size_limit = 1, .limit_ok = true, .missing_ok = true,
                           .probing = true, .control = &control };
  LDAPMessage *message = NULL;
  char id[MAX_ID + 1];
  int32_t rc;

  text_print (&base, "CN=Deleted Objects,%s", session->context);
  search.base = base.data;
  rc = base.failed ? error_memory (ctx) : SEARCH_ENTRY;
  while (rc == SEARCH_ENTRY &&
         (rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    session->deletes_seen = identity_of (session, message, id);
    ldap_msgfree (message);
  }
  *ret_refused = rc == SEARCH_REFUSED && search.code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION;
  search_fini (&search);
  text_fini (&base);
  return rc < 0 ? rc : SYNCD_OK;
}

/* A deleted object keeps its objectGUID; of other ids nothing is sure. */
int32_t
ad_probe_deleted (struct syncd_ctx *ctx, struct session *session)
{
  static const char *const controls[] = { SHOW_RECYCLED, SHOW_DELETED };
  bool refused = true;
  int32_t rc = SYNCD_OK;

  session->deletes_seen = false;
  if (strcasecmp (session->id_attribute, "objectGUID") != 0)
    return SYNCD_OK;
  for (size_t i = 0; i < 2 && refused && rc == SYNCD_OK; i++) {
    session->deleted_control = controls[i];
    rc = ask_deleted (ctx, session, controls[i], &refused);
  }
  return rc;
}

LDAPControl *
ad_show_deleted (const struct session *session)
{
  LDAPControl *control = NULL;

  if (ldap_control_create (session->deleted_control, 1, NULL, 0, &control) != LDAP_SUCCESS)
    return NULL;
  return control;
}
