/* usn-ad.c: uSNChanged of Active Directory, and what its other grades need as well.
 *
 * A domain controller is known by its invocation id, which changes when it is restored: its
 * numbers before and after have nothing to do with each other. */
#include "usn.h"

#include <stdio.h>
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

static LDAPControl *
show_deleted (const struct session *session)
{
  LDAPControl *control = NULL;

  if (ldap_control_create (session->deleted_control, 1, NULL, 0, &control) != LDAP_SUCCESS)
    return NULL;
  return control;
}

/* ---- the numbers ---- */

static bool
ad_possible (const struct session *session, struct text *why)
{
  if (!session->token_attribute || strcasecmp (session->token_attribute, "uSNChanged") != 0)
    text_print (why, "the entries show no uSNChanged: let the bind identity read it");
  else if (!session->server_id)
    text_print (why, "the bind identity cannot read the invocationId of the domain controller "
                "(%s), to which the numbers belong", session->ds_service ? session->ds_service
                                                                        : "no dsServiceName");
  else
    return true;
  return false;
}

static int32_t
ad_now (struct syncd_ctx *ctx, struct session *session, int64_t *ret_number,
        char ret_time[TIME_SIZE])
{
  const char *const names[] = { "highestCommittedUSN", "currentTime", NULL };
  struct berval values[2] = { { 0, NULL }, { 0, NULL } };
  char *end = NULL;
  int32_t rc = lookup_values (ctx, session, "", names, values);

  if (rc == SYNCD_OK) {
    *ret_number = values[0].bv_val ? strtoll (values[0].bv_val, &end, 10) : -1;
    if (!end || *end || *ret_number <= 0 || !values[1].bv_val || !time_read (&values[1], ret_time))
      rc = HOST->fail (ctx, SYNCD_E_PROTOCOL, "%s: the root DSE shows no highestCommittedUSN or "
                       "currentTime; changes: timestamp does without", session->endpoint->uri);
  }
  lookup_fini (values, 2);
  return rc;
}

static int32_t
ad_probe (struct syncd_ctx *ctx, struct session *session, struct text *why)
{
  (void) why;
  return ad_probe_deleted (ctx, session);
}

const struct usn_kind usn_ad = {
  .vendor = VENDOR_AD,
  .attribute = "uSNChanged",
  .possible = ad_possible,
  .probe = ad_probe,
  .now = ad_now,
  .deleted = show_deleted,
};
