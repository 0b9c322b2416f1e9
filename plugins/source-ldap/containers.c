/* containers.c: entries that have others below them.
 *
 * Renaming or moving a container changes the name and maybe the scope of all that is below it, and
 * none of these entries: only the container shows that it changed. */
#include "containers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lookup.h"

static const char *const classes[] = {
  "organizationalUnit", "organization", "container", "nsContainer", "domain", "dcObject",
  "locality", "country",
};

bool
containers_is (LDAP *ld, LDAPMessage *message)
{
  struct berval **values = ldap_get_values_len (ld, message, "objectClass");
  bool is = false;

  for (size_t v = 0; values && values[v] && !is; v++)
    for (size_t i = 0; i < sizeof classes / sizeof *classes && !is; i++)
      is = values[v]->bv_len == strlen (classes[i]) &&
           strncasecmp (values[v]->bv_val, classes[i], values[v]->bv_len) == 0;
  ldap_value_free_len (values);
  return is;
}

/* The top of the tree is not renamed, but written to by the server itself. */
bool
containers_is_top (const struct session *session, const char *dn)
{
  struct berval value, context;
  struct text key = { 0 }, context_key = { 0 };
  bool is;

  ber_str2bv (dn, 0, 0, &value);
  ber_str2bv (session->context, 0, 0, &context);
  dn_key (&value, true, &key);
  dn_key (&context, true, &context_key);
  is = key.len == context_key.len && key.len && memcmp (key.data, context_key.data, key.len) == 0;
  text_fini (&key);
  text_fini (&context_key);
  return is;
}

static void
add_filter (struct text *filter)
{
  text_print (filter, "(|");
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
    text_print (filter, "(objectClass=%s)", classes[i]);
  text_print (filter, ")");
}

int32_t
containers_any (struct syncd_ctx *ctx, struct session *session, const struct text *dns,
                bool *ret_any)
{
  int32_t rc = SYNCD_OK;
  bool any = false;

  for (size_t at = 0; at < dns->len && !any && rc == SYNCD_OK; at += strlen (dns->data + at) + 1)
    rc = lookup_any (ctx, session, dns->data + at, &any);
  if (rc == SYNCD_OK)
    *ret_any = any;
  return rc;
}

/* ---- which of these ids are containers? ---- */

static int32_t
find_dns (struct syncd_ctx *ctx, struct session *session, const char *filter, struct text *dns)
{
  const char *attributes[] = { LDAP_NO_ATTRS, NULL };
  struct search search = { .session = session, .base = session->context, .filter = filter,
                           .scope = LDAP_SCOPE_SUBTREE, .attributes = attributes,
                           .missing_ok = true };
  LDAPMessage *message = NULL;
  int32_t rc;

  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    char *dn = ldap_get_dn (session->ld, message);

    if (dn)
      text_add (dns, dn, strlen (dn) + 1);
    ldap_memfree (dn);
    ldap_msgfree (message);
  }
  search_fini (&search);
  return rc < 0 ? rc : SYNCD_OK;
}

/* A batch off the front of IDS: the DNs of those that are containers. */
static int32_t
take_batch (struct syncd_ctx *ctx, struct session *session, const char **ids, const char *end,
            struct text *dns)
{
  struct text filter = { 0 };
  int32_t rc;

  text_print (&filter, "(&");
  add_filter (&filter);
  text_print (&filter, "(|");
  for (size_t i = 0; i < MAX_GET && *ids < end; i++) {
    identity_filter (session, *ids, &filter);
    *ids += strlen (*ids) + 1;
  }
  text_print (&filter, "))");
  rc = filter.failed ? error_memory (ctx) : find_dns (ctx, session, filter.data, dns);
  text_fini (&filter);
  return rc == SYNCD_OK && dns->failed ? error_memory (ctx) : rc;
}

int32_t
containers_any_of (struct syncd_ctx *ctx, struct session *session, const struct text *ids,
                   bool *ret_any)
{
  const char *at = ids->data, *end = at + ids->len;
  struct text dns = { 0 };
  bool any = false;
  int32_t rc = SYNCD_OK;

  while (at < end && !any && rc == SYNCD_OK) {
    dns.len = 0;
    rc = take_batch (ctx, session, &at, end, &dns);
    if (rc == SYNCD_OK)
      rc = containers_any (ctx, session, &dns, &any);
  }
  text_fini (&dns);
  if (rc == SYNCD_OK)
    *ret_any = any;
  return rc;
}

/* Without pages, for containers are few: where a limit cuts the answer off, more containers than
 * necessary will look changed. */
int32_t
containers_newest (struct syncd_ctx *ctx, struct session *session, char newest[TIME_SIZE])
{
  const char *attributes[] = { session->time_attribute, NULL };
  struct text filter = { 0 };
  struct search search = { .session = session, .base = session->context,
                           .scope = LDAP_SCOPE_SUBTREE, .attributes = attributes,
                           .missing_ok = true, .probing = true };
  char time[TIME_SIZE];
  LDAPMessage *message = NULL;
  int32_t rc;

  add_filter (&filter);
  search.filter = filter.data;
  rc = filter.failed ? error_memory (ctx) : SYNCD_OK;
  while (rc == SYNCD_OK && (rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    time_of (session, message, time);
    if (strcmp (time, newest) > 0)
      memcpy (newest, time, TIME_SIZE);
    ldap_msgfree (message);
    rc = SYNCD_OK;
  }
  search_fini (&search);
  text_fini (&filter);
  return rc < 0 ? rc : SYNCD_OK;
}
