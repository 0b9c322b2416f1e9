/* Checking documents against the attribute tables. Knows types, not the rules of single attributes
   (user_rules.c). */
#include <config.h>
#include "document.h"

#include <string.h>
#include <strings.h>

static bool
wrong_type (const struct attribute *attribute, const char *want, struct problem *problem)
{
  return problem_set (problem, 400, "invalidValue", "the value of \"%s\" must be %s",
                      attribute->name, want);
}

static bool
boolean_check (const struct switches *switches, const struct attribute *attribute, json_t *value,
               json_t **ret_value, struct problem *problem)
{
  const char *text = json_string_value (value);
  if (json_is_boolean (value))
    *ret_value = json_incref (value);
  else if (text == NULL || switches->strict_boolean)
    return wrong_type (attribute, "a JSON boolean", problem);
  else if (strcasecmp (text, "true") == 0)
    *ret_value = json_true ();
  else if (strcasecmp (text, "false") == 0)
    *ret_value = json_false ();
  else
    return wrong_type (attribute, "true or false", problem);
  return true;
}

bool
item_check (const struct switches *switches, const struct attribute *attribute, json_t *value,
            json_t **ret_value, struct problem *problem)
{
  bool good = true;
  switch (attribute->type) {
  case TYPE_BOOLEAN:
    return boolean_check (switches, attribute, value, ret_value, problem);
  case TYPE_DECIMAL:
    good = json_is_number (value) || wrong_type (attribute, "a number", problem);
    break;
  case TYPE_INTEGER:
    good = json_is_integer (value) || wrong_type (attribute, "an integer", problem);
    break;
  case TYPE_COMPLEX:
    good = (json_is_object (value) || wrong_type (attribute, "a JSON object", problem)) &&
           object_check (switches, attribute->subs, NULL, value, problem);
    break;
  default:
    good = json_is_string (value) || wrong_type (attribute, "a JSON string", problem);
    break;
  }
  if (good)
    *ret_value = json_incref (value);
  return good;
}

static bool
list_check (const struct switches *switches, const struct attribute *attribute, json_t *list,
            struct problem *problem)
{
  for (size_t i = 0; i < json_array_size (list); i++) {
    json_t *item = json_array_get (list, i), *kept = NULL;
    if (!item_check (switches, attribute, item, &kept, problem))
      return false;
    if (kept != item)
      json_array_set (list, i, kept);
    json_decref (kept);
  }
  return true;
}

bool
value_check (const struct switches *switches, const struct attribute *attribute, json_t *value,
             json_t **ret_value, struct problem *problem)
{
  bool empty = json_is_null (value) || (json_is_array (value) && json_array_size (value) == 0);
  if (empty && (json_is_null (value) || (attribute->flags & MULTI))) {
    *ret_value = NULL;
    return true;
  }
  if (!(attribute->flags & MULTI))
    return item_check (switches, attribute, value, ret_value, problem);
  if (!json_is_array (value))
    return wrong_type (attribute, "a JSON array", problem);
  if (!list_check (switches, attribute, value, problem))
    return false;
  *ret_value = json_incref (value);
  return true;
}

/* One member of an object. ret_name: as the schema writes it; ret_value: NULL drops the member. */
static bool
member_check (const struct switches *switches, const struct attribute *attributes,
              const struct resource_type *type, const char *key, json_t *value,
              const char **ret_name, json_t **ret_value, struct problem *problem)
{
  const struct schema *extension = type != NULL ? extension_find (type, key) : NULL;
  *ret_value = NULL;
  if (extension != NULL) {
    *ret_name = extension->id;
    if (!json_is_object (value) && !json_is_null (value))
      return problem_set (problem, 400, "invalidValue", "\"%s\" must be a JSON object", key);
    if (!object_check (switches, extension->attributes, NULL, value, problem))
      return false;
    *ret_value = json_object_size (value) > 0 ? json_incref (value) : NULL;
    return true;
  }
  const struct attribute *attribute = type != NULL ? core_attribute_find (type, key, strlen (key))
                                                   : attribute_find (attributes, key, strlen (key));
  *ret_name = attribute != NULL ? attribute->name : key;
  if (attribute == NULL)
    return !switches->strict_attributes ||
           problem_set (problem, 400, "invalidSyntax",
                        "no attribute is called \"%.100s\" in this schema", key);
  if (attribute->flags & READ_ONLY)
    return true;
  return value_check (switches, attribute, value, ret_value, problem);
}

bool
object_check (const struct switches *switches, const struct attribute *attributes,
              const struct resource_type *type, json_t *object, struct problem *problem)
{
  const char *key, *name;
  json_t *value, *kept;
  void *next;
  json_object_foreach_safe (object, next, key, value)
  {
    if (!member_check (switches, attributes, type, key, value, &name, &kept, problem))
      return false;
    bool renamed = strcmp (key, name) != 0;
    if (kept != NULL && renamed) { /* a member is added: walk anew */
      json_object_del (object, key);
      json_object_set_new (object, name, kept);
      return object_check (switches, attributes, type, object, problem);
    }
    if (kept == NULL)
      json_object_del (object, key);
    else if (kept != value)
      json_object_set (object, key, kept);
    json_decref (kept);
  }
  return true;
}

static bool
schemas_name (const json_t *schemas, const char *urn)
{
  for (size_t i = 0; i < json_array_size (schemas); i++) {
    const char *text = json_string_value (json_array_get (schemas, i));
    if (text != NULL && strcasecmp (text, urn) == 0)
      return true;
  }
  return false;
}

static bool
schemas_check (const struct resource_type *type, const json_t *document, struct problem *problem)
{
  const json_t *schemas = json_object_get (document, "schemas");
  if (!json_is_array (schemas) || !schemas_name (schemas, type->core->id))
    return problem_set (problem, 400, "invalidSyntax", "\"schemas\" must name %s", type->core->id);
  for (const struct schema *const *at = type->extensions; *at != NULL; at++)
    if (json_object_get (document, (*at)->id) != NULL && !schemas_name (schemas, (*at)->id))
      return problem_set (problem, 400, "invalidSyntax", "\"schemas\" does not name %s", (*at)->id);
  for (size_t i = 0; i < json_array_size (schemas); i++) {
    const char *urn = json_string_value (json_array_get (schemas, i));
    if (urn == NULL ||
        (strcasecmp (urn, type->core->id) != 0 && extension_find (type, urn) == NULL))
      return problem_set (problem, 400, "invalidSyntax", "a %s has no schema \"%.100s\"",
                          type->name, urn != NULL ? urn : "");
  }
  return true;
}

void
document_schemas (const struct resource_type *type, json_t *document)
{
  json_t *schemas = json_array ();
  json_array_append_new (schemas, json_string (type->core->id));
  for (const struct schema *const *at = type->extensions; *at != NULL; at++)
    if (json_object_size (json_object_get (document, (*at)->id)) > 0)
      json_array_append_new (schemas, json_string ((*at)->id));
    else
      json_object_del (document, (*at)->id);
  json_object_set_new (document, "schemas", schemas);
}

bool
document_check (const struct switches *switches, const struct resource_type *type, json_t *document,
                struct problem *problem)
{
  if (!json_is_object (document))
    return problem_set (problem, 400, "invalidSyntax", "the body must be a JSON object");
  if (switches->strict_schemas && !schemas_check (type, document, problem))
    return false;
  json_object_del (document, "schemas");
  return object_check (switches, type->core->attributes, type, document, problem);
}
