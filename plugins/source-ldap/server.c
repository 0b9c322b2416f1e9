/* server.c: finds out what is at the other end: which server, where an entry's id, version and
 * time are, which naming context and schema. Asked once a connection, decided from what the
 * server and its first entries show, never from what a configuration believes. */
#include "ad.h"
#include "grade.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLES 5

static const char *const ids[] = { "entryUUID", "objectGUID", "nsUniqueId", "ipaUniqueID", "GUID" };
static const char *const tokens[] = { "entryCSN", "uSNChanged", "entryusn", "modifyTimestamp" };
/* Of the root DSE: what stays as long as the server stays what it is. */
static const char *const constant[] = { "objectClass", "namingContexts", "subschemaSubentry",
  "vendorName", "vendorVersion", "configContext", "supportedControl", "supportedExtension",
  "supportedFeatures" };
#define N_IDS    (sizeof ids / sizeof *ids)
#define N_TOKENS (sizeof tokens / sizeof *tokens)

struct samples {
  unsigned count, own_id, ids[N_IDS], tokens[N_TOKENS], modified, changed;
};

static bool
has_value (LDAP *ld, LDAPMessage *message, const char *attribute, const char *value)
{
  struct berval **values = ldap_get_values_len (ld, message, attribute);
  bool found = false;

  for (int i = 0; values && values[i] && !found; i++)
    found = !value || (values[i]->bv_len == strlen (value) &&
                       strncasecmp (values[i]->bv_val, value, values[i]->bv_len) == 0);
  ldap_value_free_len (values);
  return found;
}

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

  if (has_value (ld, root, "objectClass", "OpenLDAProotDSE"))
    return VENDOR_OPENLDAP;
  if (has_value (ld, root, "supportedCapabilities", "1.2.840.113556.1.4.800") ||
      has_value (ld, root, "supportedCapabilities", "1.2.840.113556.1.4.1851"))
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

static int
compare_values (const void *a, const void *b)
{
  const struct berval *const *x = a, *const *y = b;
  size_t len = (*x)->bv_len < (*y)->bv_len ? (*x)->bv_len : (*y)->bv_len;
  int order = memcmp ((*x)->bv_val, (*y)->bv_val, len);

  return order ? order : ((*x)->bv_len > (*y)->bv_len) - ((*x)->bv_len < (*y)->bv_len);
}

/* Another server, or one that was set up differently, has another root DSE. */
static void
fingerprint_root (struct session *session, LDAPMessage *root)
{
  struct text text = { 0 };

  for (size_t i = 0; i < sizeof constant / sizeof *constant; i++) {
    struct berval **values = ldap_get_values_len (session->ld, root, constant[i]);
    int n = ldap_count_values_len (values);

    if (n > 1)
      qsort (values, (size_t) n, sizeof *values, compare_values);
    text_print (&text, "%s\n", constant[i]);
    for (int v = 0; v < n; v++) {
      text_print (&text, "%u:", (unsigned) values[v]->bv_len);
      text_add (&text, values[v]->bv_val, values[v]->bv_len);
    }
    ldap_value_free_len (values);
  }
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
  if (session->vendor == VENDOR_AD)
    session->ds_service = first_value (ld, root, "dsServiceName");
  session->samba = is_samba (ld, root);
}

static int32_t
read_root (struct syncd_ctx *ctx, struct session *session)
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

static void
take_sample (struct session *session, LDAPMessage *message, struct samples *samples)
{
  LDAP *ld = session->ld;

  samples->count++;
  for (size_t i = 0; i < N_IDS; i++)
    samples->ids[i] += has_value (ld, message, ids[i], NULL);
  for (size_t i = 0; i < N_TOKENS; i++)
    samples->tokens[i] += has_value (ld, message, tokens[i], NULL);
  samples->modified += has_value (ld, message, "modifyTimestamp", NULL);
  samples->changed += has_value (ld, message, "whenChanged", NULL);
  if (session->instance->id_attribute)
    samples->own_id += has_value (ld, message, session->instance->id_attribute, NULL);
}

static int32_t
read_samples (struct syncd_ctx *ctx, struct session *session, struct samples *samples)
{
  const struct instance *instance = session->instance;
  const char *attributes[N_IDS + N_TOKENS + 3] = { NULL };
  struct search search = { .session = session, .base = instance->base, .scope = instance->scope,
                           .filter = instance->filter, .attributes = attributes,
                           .size_limit = SAMPLES, .limit_ok = true, .missing_ok = true };
  LDAPMessage *message = NULL;
  size_t n = 0;
  int32_t rc;

  for (size_t i = 0; i < N_IDS; i++)
    attributes[n++] = ids[i];
  for (size_t i = 0; i < N_TOKENS; i++)
    attributes[n++] = tokens[i];
  attributes[n++] = "whenChanged";
  attributes[n] = instance->id_attribute;
  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    take_sample (session, message, samples);
    ldap_msgfree (message);
  }
  if (rc == SEARCH_PARTIAL && search.why.data)
    HOST->log (ctx, SYNCD_LOG_WARNING, "a first look ended early: %s", search.why.data);
  search_fini (&search);
  if (rc == SEARCH_NOT_FOUND)
    return HOST->fail (ctx, SYNCD_E_NOT_FOUND, "%s: base \"%s\" does not exist at %s, or the bind "
                       "identity may not see it", instance->name, instance->base,
                       session->endpoint->uri);
  return rc < 0 ? rc : SYNCD_OK;
}

/* What a server of that kind has, for when there is no entry yet to look at. */
static void
assume (struct session *session, struct samples *samples)
{
  samples->count = 1;
  samples->ids[session->vendor == VENDOR_AD ? 1 : session->vendor == VENDOR_389 ? 2 : 0] = 1;
  samples->tokens[session->vendor == VENDOR_OPENLDAP ? 0 : session->vendor == VENDOR_AD ? 1 : 3] = 1;
  samples->modified = 1;
  samples->changed = session->vendor == VENDOR_AD;
  samples->own_id = 1;
}

static int32_t
choose_id (struct syncd_ctx *ctx, struct session *session, const struct samples *samples)
{
  const char *chosen = session->instance->id_attribute;

  if (chosen && !samples->own_id)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "id_attribute: none of the first %u entries shows "
                       "\"%s\": check its name, and that the bind identity may read it",
                       samples->count, chosen);
  for (size_t i = 0; !chosen && i < N_IDS; i++)
    if (samples->ids[i] == samples->count)
      chosen = ids[i];
  if (!chosen)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "the entries show no stable id (entryUUID, objectGUID, "
                       "nsUniqueId…): let the bind identity read it, or set id_attribute");
  session->id_attribute = strdup (chosen);
  session->id_form = identity_form (chosen);
  return session->id_attribute ? SYNCD_OK : error_memory (ctx);
}

/* AD makes modifyTimestamp up while answering and cannot search for it; whenChanged it can. */
static int32_t
choose (struct syncd_ctx *ctx, struct session *session, const struct samples *samples)
{
  session->token_attribute = session->time_attribute = NULL;
  for (size_t i = 0; !session->token_attribute && i < N_TOKENS; i++)
    if (samples->tokens[i] == samples->count)
      session->token_attribute = tokens[i];
  if (session->vendor == VENDOR_AD && samples->changed == samples->count)
    session->time_attribute = "whenChanged";
  else if (session->vendor != VENDOR_AD && samples->modified == samples->count)
    session->time_attribute = "modifyTimestamp";
  return choose_id (ctx, session, samples);
}

int32_t
server_look_closer (struct syncd_ctx *ctx, struct session *session)
{
  struct samples samples = { 0 };
  int32_t rc;

  if ((rc = session->vendor == VENDOR_AD ? ad_identify (ctx, session) : SYNCD_OK) ||
      (rc = schema_read (ctx, session)) || (rc = filter_check_schema (ctx, session)) ||
      (rc = read_samples (ctx, session, &samples)))
    return rc;
  if (!samples.count)
    assume (session, &samples);
  if ((rc = choose (ctx, session, &samples)) || (rc = grades_choose (ctx, session)))
    return rc;
  recall_keep (ctx, session);
  return SYNCD_OK;
}

int32_t
server_discover (struct syncd_ctx *ctx, struct session *session)
{
  int32_t rc = read_root (ctx, session);

  if (rc != SYNCD_OK || recall_presume (ctx, session))
    return rc;
  return server_look_closer (ctx, session);
}

void
server_forget (struct session *session)
{
  free (session->context);
  free (session->subschema);
  free (session->server_id);
  free (session->ds_service);
  free (session->server_object);
  free (session->context_id);
  free (session->id_attribute);
  free (session->numbers_of);
  session->numbers_of = NULL;
  session->context = session->subschema = session->server_id = session->id_attribute = NULL;
  session->ds_service = session->server_object = session->context_id = NULL;
  session->deletes_seen = false;
  grades_forget (session);
  session->presumed = false;
  session->root_fingerprint[0] = '\0';
  schema_fini (&session->schema);
}
