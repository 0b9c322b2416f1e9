/* Schemas of the sink, read from RFC 7643 section 7 documents; see schema.h.
 *
 * Only what the mapping asks for is kept. jansson does the reading; its objects do not leave
 * this file. */
#include "config.h"
#include "record/schema.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "util/mem.h"
#include "util/text.h"

#define CORE_USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define MAX_DEPTH 4

struct definition {
  char *urn;
  struct schema_attribute *attributes;
  size_t count;
};

struct schema {
  struct definition *definitions;
  size_t count;
  const struct schema_attribute **required;
  size_t required_count;
};

static const char *const rfc_core[] = {
  "userName", "name", "displayName", "nickName", "profileUrl", "title", "userType",
  "preferredLanguage", "locale", "timezone", "active", "password", "emails", "phoneNumbers",
  "ims", "photos", "addresses", "groups", "entitlements", "roles", "x509Certificates",
};

static enum schema_type
type_of (const char *word)
{
  static const struct {
    const char *word;
    enum schema_type type;
  } words[] = { { "boolean", SCHEMA_BOOLEAN },   { "decimal", SCHEMA_DECIMAL },
                { "integer", SCHEMA_INTEGER },   { "dateTime", SCHEMA_DATETIME },
                { "reference", SCHEMA_REFERENCE }, { "binary", SCHEMA_BINARY },
                { "complex", SCHEMA_COMPLEX } };
  for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
    if (text_equal_nocase (word, words[i].word))
      return words[i].type;
  return SCHEMA_STRING;
}

static bool
flag (const json_t *object, const char *key)
{
  return json_is_true (json_object_get (object, key));
}

static void
read_canonical (struct schema_attribute *attribute, const json_t *values)
{
  size_t i;
  json_t *value;
  attribute->canonical_values = mem_new (json_array_size (values) + 1, sizeof (char *));
  json_array_foreach (values, i, value)
    if (json_is_string (value))
      attribute->canonical_values[attribute->canonical_count++]
          = mem_copy_text (json_string_value (value));
}

static void
read_flags (struct schema_attribute *attribute, const json_t *object)
{
  const char *mutability = json_string_value (json_object_get (object, "mutability"));
  attribute->type = type_of (json_string_value (json_object_get (object, "type")));
  attribute->multi = flag (object, "multiValued");
  attribute->required = flag (object, "required");
  attribute->case_exact = flag (object, "caseExact");
  attribute->read_only = mutability && text_equal_nocase (mutability, "readOnly");
  attribute->write_only = mutability && text_equal_nocase (mutability, "writeOnly");
}

static int read_attributes (const char *urn, const json_t *array, int depth,
                            struct schema_attribute **ret_list, size_t *ret_count, struct error *);

static int
read_attribute (const char *urn, const json_t *object, int depth,
                struct schema_attribute *attribute, struct error *error)
{
  const char *name = json_string_value (json_object_get (object, "name"));
  if (!name || !*name)
    return error_set (error, "the sink's schema %s has an attribute without a name", urn);
  attribute->name = mem_copy_text (name);
  attribute->urn = mem_copy_text (urn);
  read_flags (attribute, object);
  read_canonical (attribute, json_object_get (object, "canonicalValues"));
  const json_t *subs = json_object_get (object, "subAttributes");
  if (json_array_size (subs) == 0)
    return 0;
  attribute->type = SCHEMA_COMPLEX;
  return read_attributes (urn, subs, depth + 1, &attribute->subs, &attribute->sub_count, error);
}

static int
read_attributes (const char *urn, const json_t *array, int depth, struct schema_attribute **ret_list,
                 size_t *ret_count, struct error *error)
{
  size_t i;
  json_t *object;
  if (depth > MAX_DEPTH)
    return error_set (error, "the sink's schema %s nests attributes too deeply", urn);
  *ret_list = mem_new (json_array_size (array) + 1, sizeof **ret_list);
  json_array_foreach (array, i, object)
    if (read_attribute (urn, object, depth, &(*ret_list)[(*ret_count)++], error) != 0)
      return -1;
  return 0;
}

static int
read_definition (struct schema *schema, const json_t *object, struct error *error)
{
  const char *urn = json_string_value (json_object_get (object, "id"));
  if (!urn)
    return error_set (error, "the sink sent a schema definition without an id");
  struct definition *definition = &schema->definitions[schema->count++];
  definition->urn = mem_copy_text (urn);
  return read_attributes (urn, json_object_get (object, "attributes"), 1, &definition->attributes,
                          &definition->count, error);
}

static const struct definition *
find_definition (const struct schema *schema, const char *urn)
{
  for (size_t i = 0; i < schema->count; i++)
    if (text_equal_nocase (schema->definitions[i].urn, urn ? urn : CORE_USER))
      return &schema->definitions[i];
  return NULL;
}

/* The RFC's own documents call only userName required; id, schemas and meta are the server's. */
static bool
is_asked_for (const struct schema_attribute *attribute)
{
  return attribute->required && !attribute->read_only
         && !text_equal_nocase (attribute->name, "schemas");
}

static void
note_required (struct schema *schema)
{
  const struct definition *core = find_definition (schema, NULL);
  size_t count = core ? core->count : 0;
  schema->required = mem_new (count + 1, sizeof *schema->required);
  for (size_t i = 0; i < count; i++)
    if (is_asked_for (&core->attributes[i]))
      schema->required[schema->required_count++] = &core->attributes[i];
}

static int
read_definitions (struct schema *schema, const json_t *root, struct error *error)
{
  const json_t *array = json_is_object (root) ? json_object_get (root, "Resources") : root;
  size_t i;
  json_t *object;
  if (!json_is_array (array))
    return error_set (error, "the sink's schemas are no list of definitions");
  schema->definitions = mem_new (json_array_size (array) + 1, sizeof *schema->definitions);
  json_array_foreach (array, i, object)
    if (read_definition (schema, object, error) != 0)
      return -1;
  note_required (schema);
  return 0;
}

int
schema_parse (const char *json, size_t len, struct schema **ret_schema, struct error *error)
{
  json_error_t where;
  json_t *root = json_loadb (json, len, JSON_REJECT_DUPLICATES, &where);
  if (!root)
    return error_set (error, "the sink's schemas are not valid JSON: %s (line %d)", where.text,
                      where.line);
  struct schema *schema = mem_new (1, sizeof *schema);
  int status = read_definitions (schema, root, error);
  json_decref (root);
  if (status != 0)
    schema_free (schema);
  else
    *ret_schema = schema;
  return status;
}

static void
free_attributes (struct schema_attribute *list, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < list[i].canonical_count; j++)
      free (list[i].canonical_values[j]);
    free (list[i].canonical_values);
    free_attributes (list[i].subs, list[i].sub_count);
    free (list[i].name);
    free (list[i].urn);
  }
  free (list);
}

void
schema_free (struct schema *schema)
{
  if (!schema)
    return;
  for (size_t i = 0; i < schema->count; i++) {
    free_attributes (schema->definitions[i].attributes, schema->definitions[i].count);
    free (schema->definitions[i].urn);
  }
  free (schema->definitions);
  free (schema->required);
  free (schema);
}

bool
schema_has_urn (const struct schema *schema, const char *urn)
{
  return find_definition (schema, urn) != NULL;
}

const char *
schema_nearest_urn (const struct schema *schema, const char *urn)
{
  MEM_AUTO const char **urns = mem_new (schema->count + 1, sizeof *urns);
  for (size_t i = 0; i < schema->count; i++)
    urns[i] = schema->definitions[i].urn;
  return text_nearest (urn, urns, schema->count);
}

static const struct schema_attribute *
find_attribute (const struct schema_attribute *list, size_t count, const char *name)
{
  for (size_t i = 0; i < count; i++)
    if (text_equal_nocase (list[i].name, name))
      return &list[i];
  return NULL;
}

const struct schema_attribute *
schema_find (const struct schema *schema, const char *urn, const char *name)
{
  const struct definition *definition = find_definition (schema, urn);
  return definition ? find_attribute (definition->attributes, definition->count, name) : NULL;
}

const struct schema_attribute *
schema_sub (const struct schema_attribute *attribute, const char *name)
{
  return find_attribute (attribute->subs, attribute->sub_count, name);
}

size_t
schema_required_count (const struct schema *schema)
{
  return schema->required_count;
}

const struct schema_attribute *
schema_required (const struct schema *schema, size_t i)
{
  return schema->required[i];
}

static const char *
nearest_of (const struct schema_attribute *list, size_t count, const char *name)
{
  MEM_AUTO const char **names = mem_new (count + 1, sizeof *names);
  for (size_t i = 0; i < count; i++)
    names[i] = list[i].name;
  return text_nearest (name, names, count);
}

const char *
schema_nearest (const struct schema *schema, const char *urn, const char *name)
{
  const struct definition *definition = find_definition (schema, urn);
  return definition ? nearest_of (definition->attributes, definition->count, name) : NULL;
}

const char *
schema_nearest_sub (const struct schema_attribute *attribute, const char *name)
{
  return nearest_of (attribute->subs, attribute->sub_count, name);
}

bool
schema_is_rfc_core (const char *name)
{
  for (size_t i = 0; i < sizeof rfc_core / sizeof *rfc_core; i++)
    if (text_equal_nocase (rfc_core[i], name))
      return true;
  return false;
}

const char *
schema_nearest_rfc_core (const char *name)
{
  return text_nearest (name, rfc_core, sizeof rfc_core / sizeof *rfc_core);
}
