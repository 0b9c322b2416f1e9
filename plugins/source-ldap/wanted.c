/* wanted.c: which attribute of an answer is which attribute of the request.
 *
 * Made once for a scan: a hash table from lower-case descriptions (with aliases and OIDs from
 * the schema) to indexes, so that an answer's names are looked up without any allocation. */
#include "source-ldap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static uint32_t
hash_name (const char *name, size_t len)
{
  uint32_t hash = 2166136261u;

  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char) name[i];

    hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
  }
  return hash;
}

static uint8_t
expires_of (const char *name)
{
  static const char *const dates[] = { "krbPrincipalExpiration", "loginExpirationTime", "pwdEndTime",
                                       "ds-pwp-account-expiration-time" };

  if (strcasecmp (name, "accountExpires") == 0)
    return EXPIRES_FILE_TIME;
  for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
    if (strcasecmp (name, dates[i]) == 0)
      return EXPIRES_GENERALIZED;
  return 0;
}

static bool
wanted_grow (struct wanted *wanted, size_t names)
{
  size_t size = 64;

  while (size < names * 2)
    size *= 2;
  wanted->names = calloc (size, sizeof *wanted->names);
  wanted->mask = size - 1;
  return wanted->names != NULL;
}

static bool
add_name (struct wanted *wanted, const char *name, size_t len, const char *options, int32_t index,
          uint32_t flags)
{
  struct text full = { 0 };
  size_t at;

  text_add (&full, name, len);
  text_print (&full, "%s", options);
  if (full.failed) {
    text_fini (&full);
    return false;
  }
  for (at = hash_name (full.data, full.len) & wanted->mask; wanted->names[at].name;
       at = (at + 1) & wanted->mask)
    if (wanted->names[at].index == index && strcasecmp (wanted->names[at].name, full.data) == 0) {
      text_fini (&full);
      return true;
    }
  wanted->names[at] = (struct wanted_name){
    .name = full.data,
    .len = full.len,
    .hash = hash_name (full.data, full.len),
    .index = index,
    .reference = (flags & SYNCD_ATTRIBUTE_REFERENCE) != 0,
    .expires = index >= 0 ? expires_of (full.data) : 0,
  };
  return true;
}

/* NAME and, for a name that the schema knows, its other names and its OID. */
static bool
add_names (struct wanted *wanted, const struct session *session, const char *name, int32_t index,
           uint32_t flags)
{
  size_t len = strcspn (name, ";");
  char *plain = strndup (name, len);
  const struct schema_attribute *known = plain ? schema_find (&session->schema, plain) : NULL;
  bool ok = plain && add_name (wanted, name, len, name + len, index, flags);

  if (ok && known) {
    char **names = known->type->at_names;

    ok = add_name (wanted, known->type->at_oid, strlen (known->type->at_oid), name + len, index,
                   flags);
    for (size_t i = 0; ok && names && names[i]; i++)
      ok = add_name (wanted, names[i], strlen (names[i]), name + len, index, flags);
  }
  free (plain);
  return ok;
}

static size_t
count_names (const struct session *session, const struct syncd_scan_request *request)
{
  size_t n = 16;

  for (size_t i = 0; i < request->attribute_count; i++) {
    const struct schema_attribute *known = schema_find (&session->schema,
                                                        request->attributes[i]->name);

    n += 3;
    for (char **names = known ? known->type->at_names : NULL; names && *names; names++)
      n++;
  }
  return n + request->attribute_count * 8; /* names with options are not found above */
}

static void
ask_for (struct wanted *wanted, const char *name)
{
  size_t n = 0;

  for (; wanted->request[n]; n++)
    if (strcasecmp (wanted->request[n], name) == 0)
      return;
  wanted->request[n] = strdup (name);
}

static bool
add_own (struct wanted *wanted, const struct session *session)
{
  ask_for (wanted, session->id_attribute);
  if (session->token_attribute)
    ask_for (wanted, session->token_attribute);
  if (session->time_attribute)
    ask_for (wanted, session->time_attribute);
  return add_names (wanted, session, session->id_attribute, WANTED_ID, 0) &&
         (!session->token_attribute ||
          add_names (wanted, session, session->token_attribute, WANTED_TOKEN, 0)) &&
         (!session->time_attribute ||
          add_names (wanted, session, session->time_attribute, WANTED_TIME, 0));
}

static bool
is_named (const struct wanted_name *at, const char *name, size_t len, uint32_t hash)
{
  return at->hash == hash && at->len == len && strncasecmp (at->name, name, len) == 0;
}

/* All are in the table: those of one name follow one another in it. */
static void
link_same (struct wanted *wanted)
{
  for (size_t i = 0; i <= wanted->mask; i++) {
    struct wanted_name *from = &wanted->names[i];
    size_t at = (i + 1) & wanted->mask;

    while (from->name && !from->same && wanted->names[at].name && at != (from->hash & wanted->mask)) {
      if (is_named (&wanted->names[at], from->name, from->len, from->hash))
        from->same = &wanted->names[at];
      at = (at + 1) & wanted->mask;
    }
  }
}

int32_t
wanted_init (struct syncd_ctx *ctx, struct session *session,
             const struct syncd_scan_request *request, struct wanted *ret_wanted)
{
  struct wanted wanted = { 0 };
  bool ok = wanted_grow (&wanted, count_names (session, request));

  wanted.request = calloc (request->attribute_count + 4, sizeof *wanted.request);
  ok = ok && wanted.request && add_own (&wanted, session);
  for (size_t i = 0; ok && i < request->attribute_count; i++) {
    const struct syncd_attribute *attribute = request->attributes[i];

    ask_for (&wanted, attribute->name);
    ok = add_names (&wanted, session, attribute->name, (int32_t) i, attribute->flags);
  }
  if (!ok) {
    wanted_fini (&wanted);
    return error_memory (ctx);
  }
  link_same (&wanted);
  *ret_wanted = wanted;
  return SYNCD_OK;
}

void
wanted_fini (struct wanted *wanted)
{
  for (size_t i = 0; wanted->names && i <= wanted->mask; i++)
    free (wanted->names[i].name);
  for (size_t i = 0; wanted->request && wanted->request[i]; i++)
    free (wanted->request[i]);
  free (wanted->names);
  free (wanted->request);
  free (wanted->found);
  text_fini (&wanted->scratch);
  memset (wanted, 0, sizeof *wanted);
}

const struct wanted_name *
wanted_find (const struct wanted *wanted, const struct berval *name)
{
  uint32_t hash = hash_name (name->bv_val, name->bv_len);

  for (size_t at = hash & wanted->mask; wanted->names[at].name; at = (at + 1) & wanted->mask)
    if (is_named (&wanted->names[at], name->bv_val, name->bv_len, hash))
      return &wanted->names[at];
  return NULL;
}

/* Length of the option that ends the name, with its semicolon; 0: none. */
static size_t
last_option (const struct berval *name)
{
  for (size_t i = name->bv_len; i > 0; i--)
    if (name->bv_val[i - 1] == ';')
      return name->bv_len - i + 1;
  return 0;
}

bool
wanted_cut_options (struct berval *name)
{
  bool more = false;
  size_t len;

  while ((len = last_option (name))) {
    const char *option = name->bv_val + name->bv_len - len;

    if (len >= 7 && strncasecmp (option, ";range=", 7) == 0)
      more = more || option[len - 1] != '*';
    else if (len != 7 || strncasecmp (option, ";binary", 7) != 0)
      break;
    name->bv_len -= len;
  }
  return more;
}
