/* root.c: what the root DSE tells of a server: whose it is, its naming context, where its schema is,
 * and a fingerprint by which the same server is known again. */
#include "source-ldap.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXTS_SHOWN 8

/* What stays as long as the server stays what it is. */
static const char *const constant[] = { "objectClass", "namingContexts", "subschemaSubentry",
  "vendorName", "vendorVersion", "configContext", "supportedControl", "supportedExtension",
  "supportedFeatures" };

static char *
first_value (LDAP *ld, LDAPMessage *message, const char *attribute)
{
  struct berval **values = ldap_get_values_len (ld, message, attribute);
  char *text = values && values[0] ? strndup (values[0]->bv_val, values[0]->bv_len) : NULL;

  ldap_value_free_len (values);
  return text;
}

static bool
starts_with (const char *text, const char *start)
{
  return text && strncasecmp (text, start, strlen (start)) == 0;
}

static enum vendor
vendor_of (LDAP *ld, LDAPMessage *root)
{
  char *version;
  enum vendor vendor = VENDOR_OTHER;

  if (values_has (ld, root, "objectClass", "OpenLDAProotDSE"))
    return VENDOR_OPENLDAP;
  if (values_has (ld, root, "supportedCapabilities", "1.2.840.113556.1.4.800") ||
      values_has (ld, root, "supportedCapabilities", "1.2.840.113556.1.4.1851"))
    return VENDOR_AD;
  version = first_value (ld, root, "vendorVersion");
  if (starts_with (version, "389-Directory"))
    vendor = VENDOR_389;
  free (version);
  return vendor;
}

static bool
below (const char *dn, const char *context)
{
  struct berval dn_value, context_value;
  struct text key = { 0 }, context_key = { 0 };
  bool is;

  ber_str2bv (dn, 0, 0, &dn_value);
  ber_str2bv (context, 0, 0, &context_value);
  dn_key (&dn_value, true, &key);
  dn_key (&context_value, true, &context_key);
  is = dn_key_below (key.data ? key.data : "", context_key.data ? context_key.data : "",
                     LDAP_SCOPE_SUBTREE);
  text_fini (&key);
  text_fini (&context_key);
  return is;
}

/* The longest naming context above the base; the base itself where the server names none. */
static char *
context_of (LDAP *ld, LDAPMessage *root, const char *base)
{
  struct berval **values = root ? ldap_get_values_len (ld, root, "namingContexts") : NULL;
  char *best = NULL;

  for (int i = 0; values && values[i]; i++) {
    char *context = strndup (values[i]->bv_val, values[i]->bv_len);

    if (context && *context && below (base, context) &&
        (!best || strlen (context) > strlen (best))) {
      free (best);
      best = context;
    } else
      free (context);
  }
  ldap_value_free_len (values);
  return best ? best : strdup (base);
}

static char *
list_contexts (LDAP *ld, LDAPMessage *root)
{
  struct berval **values = ldap_get_values_len (ld, root, "namingContexts");
  int n = ldap_count_values_len (values);
  struct text list = { 0 };

  for (int i = 0; i < n && i < CONTEXTS_SHOWN; i++)
    if (values[i]->bv_len) /* a global catalogue's root has no name */
      text_print (&list, "%s\"%.*s\"", list.len ? ", " : "", (int) values[i]->bv_len,
                  values[i]->bv_val);
  if (n > CONTEXTS_SHOWN)
    text_print (&list, " and %d more", n - CONTEXTS_SHOWN);
  ldap_value_free_len (values);
  return list.data;
}

void
root_add_contexts (const struct session *session, struct text *text)
{
  if (session->contexts)
    text_print (text, "; this server holds %s: base has to be such a DN, or one below it",
                session->contexts);
}

static int
compare_values (const void *a, const void *b)
{
  const struct berval *const *x = a, *const *y = b;
  size_t len = (*x)->bv_len < (*y)->bv_len ? (*x)->bv_len : (*y)->bv_len;
  int order = memcmp ((*x)->bv_val, (*y)->bv_val, len);

  return order ? order : ((*x)->bv_len > (*y)->bv_len) - ((*x)->bv_len < (*y)->bv_len);
}

/* Its values in one order, whatever order they came in. */
static void
print_attribute (LDAP *ld, LDAPMessage *root, const char *attribute, struct text *text)
{
  struct berval **values = ldap_get_values_len (ld, root, attribute);
  int n = ldap_count_values_len (values);

  if (n > 1)
    qsort (values, (size_t) n, sizeof *values, compare_values);
  text_print (text, "%s\n", attribute);
  for (int v = 0; v < n; v++) {
    text_print (text, "%u:", (unsigned) values[v]->bv_len);
    text_add (text, values[v]->bv_val, values[v]->bv_len);
  }
  ldap_value_free_len (values);
}

/* Another server, or one that was set up differently, has another root DSE. */
static void
fingerprint_root (struct session *session, LDAPMessage *root)
{
  struct text text = { 0 };

  for (size_t i = 0; i < sizeof constant / sizeof *constant; i++)
    print_attribute (session->ld, root, constant[i], &text);
  text_fingerprint (&text, session->root_fingerprint);
  text_fini (&text);
}

static bool
is_samba (LDAP *ld, LDAPMessage *root)
{
  char *name = first_value (ld, root, "vendorName");
  bool is = starts_with (name, "Samba");

  free (name);
  return is;
}

static void
take_root (struct session *session, LDAPMessage *root)
{
  LDAP *ld = session->ld;

  fingerprint_root (session, root);
  session->vendor = vendor_of (ld, root);
  session->subschema = first_value (ld, root, "subschemaSubentry");
  session->context = context_of (ld, root, session->instance->base);
  session->contexts = list_contexts (ld, root);
  if (session->vendor == VENDOR_AD)
    session->ds_service = first_value (ld, root, "dsServiceName");
  session->samba = is_samba (ld, root);
}

int32_t
root_read (struct syncd_ctx *ctx, struct session *session)
{
  const char *attributes[] = { "objectClass", "supportedCapabilities", "namingContexts",
                         "subschemaSubentry", "vendorVersion", "dsServiceName", "vendorName",
                         "configContext", "supportedControl", "supportedExtension",
                         "supportedFeatures", NULL };
  struct search search = { .session = session, .base = "", .filter = "(objectClass=*)",
                           .attributes = attributes, .scope = LDAP_SCOPE_BASE, .missing_ok = true };
  LDAPMessage *message = NULL;
  int32_t rc;

  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    if (!session->context)
      take_root (session, message);
    ldap_msgfree (message);
  }
  search_fini (&search);
  if (rc < 0)
    return rc;
  if (!session->context)
    session->context = context_of (NULL, NULL, session->instance->base);
  return session->context ? SYNCD_OK : error_memory (ctx);
}
