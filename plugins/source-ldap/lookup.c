/* lookup.c: small questions that are answered at once: single values, "is there anybody".
 * They wait for the answer, slice by slice, and end on cancellation. */
#include "lookup.h"

#include <stdlib.h>
#include <string.h>

static void
take_values (struct session *session, LDAPMessage *message, const char *const *attributes,
             struct berval *values)
{
  for (size_t i = 0; attributes[i]; i++) {
    struct berval **found = ldap_get_values_len (session->ld, message, attributes[i]);

    if (found && found[0] && !values[i].bv_val)
      ber_dupbv (&values[i], found[0]);
    ldap_value_free_len (found);
  }
}

int32_t
lookup_values (struct syncd_ctx *ctx, struct session *session, const char *dn,
               const char *const *attributes, struct berval *ret_values)
{
  struct search search = { .session = session, .base = dn, .filter = "(objectClass=*)",
                           .attributes = attributes, .scope = LDAP_SCOPE_BASE,
                           .missing_ok = true };
  LDAPMessage *message = NULL;
  int32_t rc;

  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    take_values (session, message, attributes, ret_values);
    ldap_msgfree (message);
  }
  search_fini (&search);
  return rc < 0 ? rc : SYNCD_OK;
}

void
lookup_fini (struct berval *values, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    ber_memfree (values[i].bv_val);
    values[i] = (struct berval){ 0, NULL };
  }
}

/* A limit, or a reference, is no proof that nobody is there. */
int32_t
lookup_any (struct syncd_ctx *ctx, struct session *session, const char *dn, bool *ret_any)
{
  const char *attributes[] = { LDAP_NO_ATTRS, NULL };
  struct search search = { .session = session, .base = dn, .scope = LDAP_SCOPE_SUBTREE,
                           .filter = session->instance->filter, .attributes = attributes,
                           .size_limit = 1, .limit_ok = true, .missing_ok = true };
  LDAPMessage *message = NULL;
  int32_t rc;

  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY)
    ldap_msgfree (message);
  if (rc >= 0)
    *ret_any = search.entries > 0 || rc == SEARCH_PARTIAL;
  search_fini (&search);
  return rc < 0 ? rc : SYNCD_OK;
}
