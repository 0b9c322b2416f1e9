/* schema.c: the attributes that the directory knows, from its subschema. */
#include "source-ldap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SYNTAX "1.3.6.1.4.1.1466.115.121.1."

static void
take_types (struct schema *schema, struct berval **values)
{
  size_t n = 0;

  while (values && values[n])
    n++;
  schema->attributes = n ? calloc (n, sizeof *schema->attributes) : NULL;
  for (size_t i = 0; schema->attributes && i < n; i++) {
    const char *at;
    int code;
    LDAPAttributeType *type = ldap_str2attributetype (values[i]->bv_val, &code, &at,
                                                      LDAP_SCHEMA_ALLOW_ALL);

    if (type && type->at_oid)
      schema->attributes[schema->count++].type = type;
    else if (type)
      ldap_attributetype_free (type);
  }
}

static bool
is_named (const LDAPAttributeType *type, const char *name)
{
  for (size_t i = 0; type->at_names && type->at_names[i]; i++)
    if (strcasecmp (type->at_names[i], name) == 0)
      return true;
  return strcasecmp (type->at_oid, name) == 0;
}

const struct schema_attribute *
schema_find (const struct schema *schema, const char *name)
{
  for (size_t i = 0; i < schema->count; i++)
    if (is_named (schema->attributes[i].type, name))
      return &schema->attributes[i];
  return NULL;
}

/* A type without a syntax of its own has that of the type that it is derived from. */
static const char *
syntax_of (const struct schema *schema, const LDAPAttributeType *type)
{
  for (int depth = 0; depth < 8; depth++) {
    const struct schema_attribute *parent;

    if (type->at_syntax_oid || !type->at_sup_oid)
      break;
    if (!(parent = schema_find (schema, type->at_sup_oid)))
      break;
    type = parent->type;
  }
  return type->at_syntax_oid ? type->at_syntax_oid : "";
}

static void
classify (struct schema *schema)
{
  static const char *const binary[] = { "4", "5", "8", "9", "10", "23", "28", "40", "49" };

  for (size_t i = 0; i < schema->count; i++) {
    struct schema_attribute *attribute = &schema->attributes[i];
    const char *syntax = syntax_of (schema, attribute->type);
    const char *tail = strncmp (syntax, SYNTAX, strlen (SYNTAX)) == 0 ? syntax + strlen (SYNTAX)
                                                                      : "";

    attribute->multi = !attribute->type->at_single_value;
    attribute->reference = strcmp (tail, "12") == 0 || strcmp (tail, "34") == 0;
    for (size_t b = 0; b < sizeof binary / sizeof *binary; b++)
      attribute->binary = attribute->binary || strcmp (tail, binary[b]) == 0;
  }
}

int32_t
schema_read (struct syncd_ctx *ctx, struct session *session)
{
  const char *attributes[] = { "attributeTypes", NULL };
  struct search search = { .session = session, .base = session->subschema,
                           .filter = "(objectClass=*)", .attributes = attributes,
                           .scope = LDAP_SCOPE_BASE, .missing_ok = true };
  LDAPMessage *message = NULL;
  int32_t rc = SEARCH_NOT_FOUND;

  while (session->subschema &&
         (rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    struct berval **values = ldap_get_values_len (session->ld, message, "attributeTypes");

    if (!session->schema.attributes)
      take_types (&session->schema, values);
    ldap_value_free_len (values);
    ldap_msgfree (message);
  }
  search_fini (&search);
  if (rc < 0 && rc != SYNCD_E_FORBIDDEN)
    return rc;
  classify (&session->schema);
  if (!session->schema.count)
    HOST->log (ctx, SYNCD_LOG_WARNING, "%s shows no schema: attribute names in the filter cannot "
               "be checked", session->endpoint->uri);
  return SYNCD_OK;
}

void
schema_fini (struct schema *schema)
{
  for (size_t i = 0; i < schema->count; i++)
    ldap_attributetype_free (schema->attributes[i].type);
  free (schema->attributes);
  memset (schema, 0, sizeof *schema);
}

/* Edit distance without case, of names up to 63 bytes; swapped neighbours count as one. */
static unsigned
distance (const char *a, const char *b)
{
  unsigned rows[3][64], *old = rows[0], *last = rows[1], *now = rows[2], *spare;
  size_t a_len = strlen (a), b_len = strlen (b);

  if (a_len > 63 || b_len > 63)
    return 64;
  for (size_t j = 0; j <= b_len; j++)
    last[j] = (unsigned) j;
  for (size_t i = 1; i <= a_len; i++) {
    now[0] = (unsigned) i;
    for (size_t j = 1; j <= b_len; j++) {
      bool same = strncasecmp (a + i - 1, b + j - 1, 1) == 0;
      unsigned best = last[j - 1] + !same;

      best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
      best = last[j] + 1 < best ? last[j] + 1 : best;
      if (i > 1 && j > 1 && strncasecmp (a + i - 1, b + j - 2, 1) == 0 &&
          strncasecmp (a + i - 2, b + j - 1, 1) == 0 && old[j - 2] + 1 < best)
        best = old[j - 2] + 1;
      now[j] = best;
    }
    spare = old;
    old = last;
    last = now;
    now = spare;
  }
  return last[b_len];
}

const char *
schema_nearest (const struct schema *schema, const char *name)
{
  unsigned best = (unsigned) strlen (name) / 3 + 2;
  const char *nearest = NULL;

  for (size_t i = 0; i < schema->count; i++) {
    char **names = schema->attributes[i].type->at_names;

    for (size_t n = 0; names && names[n]; n++) {
      unsigned d = distance (name, names[n]);

      if (d < best) {
        best = d;
        nearest = names[n];
      }
    }
  }
  return nearest;
}

static void
attribute_json (const struct schema_attribute *attribute, struct text *text)
{
  char **names = attribute->type->at_names;

  text_print (text, "{\"name\":");
  text_json (text, names && names[0] ? names[0] : attribute->type->at_oid);
  text_print (text, ",\"multi\":%s,\"type\":\"%s\"", attribute->multi ? "true" : "false",
              attribute->reference ? "reference" : attribute->binary ? "binary" : "string");
  for (size_t i = 1; names && names[0] && names[i]; i++) {
    text_print (text, i == 1 ? ",\"aliases\":[" : ",");
    text_json (text, names[i]);
    if (!names[i + 1])
      text_add (text, "]", 1);
  }
  text_add (text, "}", 1);
}

int32_t
schema_json (struct syncd_ctx *ctx, void *data, struct syncd_buffer *buffer)
{
  struct session *session = data;
  struct text text = { 0 };
  int32_t rc = session_ensure (ctx, session);

  if (rc != SYNCD_OK || (rc = session_know (ctx, session)))
    return rc;
  if (!session->schema.count)
    return HOST->fail (ctx, SYNCD_E_UNSUPPORTED, "%s shows no schema", session->endpoint->uri);
  text_print (&text, "{\"attributes\":[");
  for (size_t i = 0; i < session->schema.count; i++) {
    if (i)
      text_add (&text, ",", 1);
    attribute_json (&session->schema.attributes[i], &text);
  }
  text_print (&text, "]}");
  rc = text.failed ? error_memory (ctx) : HOST->buffer_append (buffer, text.data, text.len);
  text_fini (&text);
  return rc;
}
