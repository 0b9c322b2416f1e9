/* Looking attributes up, and writing the schema documents of RFC 7643 section 7. */
#include <config.h>
#include "schema.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct attribute *
attribute_find (const struct attribute *attributes, const char *name, size_t length)
{
  for (; attributes != NULL && attributes->name != NULL; attributes++)
    if (strncasecmp (attributes->name, name, length) == 0 && attributes->name[length] == '\0')
      return attributes;
  return NULL;
}

const struct attribute *
core_attribute_find (const struct resource_type *type, const char *name, size_t length)
{
  const struct attribute *found = attribute_find (type->core->attributes, name, length);
  return found != NULL ? found : attribute_find (common_attributes, name, length);
}

const struct schema *
extension_find (const struct resource_type *type, const char *urn)
{
  for (const struct schema *const *at = type->extensions; *at != NULL; at++)
    if (strcasecmp ((*at)->id, urn) == 0)
      return *at;
  return NULL;
}

bool
word_listed (const char *words, const char *word)
{
  size_t length = strlen (word);
  for (const char *at = words; at != NULL && *at != '\0';) {
    size_t here = strcspn (at, " ");
    if (here == length && strncmp (at, word, length) == 0)
      return true;
    at += here + (at[here] == ' ');
  }
  return false;
}

static json_t *
word_array (const char *words)
{
  json_t *array = json_array ();
  for (const char *at = words; *at != '\0';) {
    size_t length = strcspn (at, " ");
    json_array_append_new (array, json_stringn (at, length));
    at += length + (at[length] == ' ');
  }
  return array;
}

static const char *
mutability (unsigned flags)
{
  return flags & READ_ONLY    ? "readOnly"
         : flags & WRITE_ONLY ? "writeOnly"
         : flags & IMMUTABLE  ? "immutable"
                              : "readWrite";
}

static json_t *attribute_documents (const struct attribute *attributes);

static json_t *
attribute_document (const struct attribute *attribute)
{
  static const char *const types[] = {"string",   "boolean",   "decimal", "integer",
                                      "dateTime", "reference", "complex"};
  unsigned flags = attribute->flags;
  const char *returned = flags & WRITE_ONLY ? "never" : flags & ALWAYS ? "always" : "default";
  json_t *one =
      json_pack ("{s:s, s:s, s:b, s:s, s:b, s:b, s:s, s:s, s:s}", "name", attribute->name, "type",
                 types[attribute->type], "multiValued", (flags & MULTI) != 0, "description",
                 attribute->description, "required", (flags & REQUIRED) != 0, "caseExact",
                 (flags & EXACT) != 0, "mutability", mutability (flags), "returned", returned,
                 "uniqueness", flags & UNIQUE ? "server" : "none");
  if (attribute->words != NULL)
    json_object_set_new (one,
                         attribute->type == TYPE_REFERENCE ? "referenceTypes" : "canonicalValues",
                         word_array (attribute->words));
  if (attribute->subs != NULL)
    json_object_set_new (one, "subAttributes", attribute_documents (attribute->subs));
  return one;
}

static json_t *
attribute_documents (const struct attribute *attributes)
{
  json_t *array = json_array ();
  for (; attributes->name != NULL; attributes++)
    json_array_append_new (array, attribute_document (attributes));
  return array;
}

json_t *
schema_document (const struct schema *schema)
{
  char location[200];
  snprintf (location, sizeof location, "/api/v2/scim/v2/schemas/%s", schema->id);
  return json_pack ("{s:[s], s:s, s:s, s:s, s:o, s:{s:s, s:s}}", "schemas", URN_CORE "Schema", "id",
                    schema->id, "name", schema->name, "description", schema->description,
                    "attributes", attribute_documents (schema->attributes), "meta", "resourceType",
                    "Schema", "location", location);
}
