/* PATCH: the message, and finding what an operation is about. patch_target.c does the change. */
#include <config.h>
#include "patch.h"
#include "patch_target.h"

#include <string.h>
#include <strings.h>

static bool
operation_check (const struct switches *switches, const json_t *operation, struct problem *problem)
{
  const char *key;
  json_t *value;
  const char *op = json_string_value (json_object_get (operation, "op"));
  if (op == NULL)
    return problem_set (problem, 400, "invalidSyntax", "an operation has no \"op\"");
  json_object_foreach ((json_t *)(uintptr_t)operation, key, value)
  {
    if (switches->strict_attributes && strcmp (key, "op") != 0 && strcmp (key, "path") != 0 &&
        strcmp (key, "value") != 0)
      return problem_set (problem, 400, "invalidSyntax", "an operation has no member \"%.60s\"",
                          key);
    if (strcmp (key, "path") == 0 && !json_is_string (value))
      return problem_set (problem, 400, "invalidPath", "\"path\" must be a string");
  }
  return true;
}

bool
patch_check (const struct switches *switches, const json_t *message, json_t **ret_operations,
             struct problem *problem)
{
  json_t *schemas = json_object_get (message, "schemas"), *operation;
  const char *urn = json_string_value (json_array_get (schemas, 0));
  json_t *operations = json_object_get (message, "Operations");
  size_t i;
  if (operations == NULL && !switches->strict_op)
    operations = json_object_get (message, "operations");
  if (!json_is_object (message))
    return problem_set (problem, 400, "invalidSyntax", "the body must be a JSON object");
  if (switches->strict_schemas &&
      (urn == NULL || json_array_size (schemas) != 1 || strcasecmp (urn, URN_PATCH) != 0))
    return problem_set (problem, 400, "invalidSyntax", "\"schemas\" must be [\"%s\"]", URN_PATCH);
  if (!json_is_array (operations) || json_array_size (operations) == 0)
    return problem_set (problem, 400, "invalidSyntax",
                        "\"Operations\" must be a list of operations");
  json_array_foreach (operations, i,
                      operation) if (!operation_check (switches, operation, problem)) return false;
  *ret_operations = operations;
  return true;
}

static bool
op_read (const struct switches *switches, const char *text, enum patch_op *ret_op,
         struct problem *problem)
{
  static const char *const words[] = {"add", "replace", "remove"};
  for (size_t i = 0; i < 3; i++)
    if ((switches->strict_op ? strcmp : strcasecmp) (text, words[i]) == 0) {
      *ret_op = (enum patch_op)i;
      return true;
    }
  return problem_set (problem, 400, "invalidSyntax",
                      "\"op\" is \"%.40s\"; it must be add, replace or remove, in lower case",
                      text);
}

static bool
apply_at (const struct switches *switches, const struct resource_type *type, json_t *document,
          enum patch_op op, const char *text, json_t *value, struct problem *problem)
{
  struct path path;
  if (!path_parse (type, text, &path, problem))
    return false;
  bool good = patch_target (switches, document, op, &path, value, problem);
  path_fini (&path);
  return good;
}

/* No path: every member of the value is an attribute. */
static bool
apply_members (const struct switches *switches, const struct resource_type *type, json_t *document,
               enum patch_op op, json_t *value, struct problem *problem)
{
  const char *key;
  json_t *member;
  if (!json_is_object (value))
    return problem_set (problem, 400, "invalidValue",
                        "without \"path\" the value must be a JSON object");
  json_object_foreach (value, key, member)
  {
    bool plain =
        extension_find (type, key) != NULL || core_attribute_find (type, key, strlen (key)) != NULL;
    if (strcasecmp (key, "schemas") == 0 ||
        (!plain && !switches->strict_attributes && strpbrk (key, ".:") == NULL))
      continue;
    if (!plain && switches->strict_paths)
      return problem_set (problem, 400, "invalidPath",
                          "no attribute is called \"%.100s\" in this schema", key);
    if (!apply_at (switches, type, document, op, key, member, problem))
      return false;
  }
  return true;
}

bool
patch_apply (const struct switches *switches, const struct resource_type *type, json_t *document,
             const json_t *operation, struct problem *problem)
{
  enum patch_op op = PATCH_ADD;
  const char *path = json_string_value (json_object_get (operation, "path"));
  json_t *value = json_object_get (operation, "value");
  if (!op_read (switches, json_string_value (json_object_get (operation, "op")), &op, problem))
    return false;
  if (op == PATCH_REMOVE && path == NULL)
    return problem_set (problem, 400, "noTarget", "remove needs a \"path\"");
  if (op != PATCH_REMOVE && value == NULL)
    return problem_set (problem, 400, "invalidValue", "the operation has no \"value\"");
  if (op != PATCH_REMOVE && json_is_null (value)) {
    if (switches->strict_paths || path == NULL)
      return problem_set (problem, 400, "invalidValue", "null is no value; use remove");
    op = PATCH_REMOVE;
    value = NULL;
  }
  if (path == NULL)
    return apply_members (switches, type, document, op, value, problem);
  return apply_at (switches, type, document, op, path, value, problem);
}
