/* Adding, replacing and removing at a path of a document. */
#include <config.h>
#include "patch_target.h"

#include <string.h>
#include <strings.h>

struct target {
  const struct switches *switches;
  const struct path *path;
  enum patch_op op;
  json_t *holder; /* the document or the extension */
  json_t *value;
  struct problem *problem;
};

static bool
no_target (const struct target *target)
{
  return problem_set (target->problem, 400, "noTarget",
                      "the path finds nothing in \"%s\" that could be changed",
                      target->path->attribute->name);
}

/* Merges the members of value into object. */
static bool
merge (const struct target *target, const struct attribute *subs, json_t *object, json_t *value)
{
  if (!json_is_object (value))
    return problem_set (target->problem, 400, "invalidValue", "the value must be a JSON object");
  json_t *copy = json_copy (value);
  bool good = object_check (target->switches, subs, NULL, copy, target->problem);
  if (good)
    json_object_update (object, copy);
  json_decref (copy);
  return good;
}

static bool
set_member (const struct target *target, const struct attribute *attribute, json_t *object)
{
  json_t *kept = NULL;
  if (attribute->flags & READ_ONLY)
    return problem_set (target->problem, 400, "mutability", "\"%s\" is read-only", attribute->name);
  if (!value_check (target->switches, attribute, target->value, &kept, target->problem))
    return false;
  if (kept == NULL)
    json_object_del (object, attribute->name);
  else
    json_object_set_new (object, attribute->name, kept);
  return true;
}

/* Only the newest of several primary values stays so. */
static void
primary_settle (json_t *list, const json_t *before)
{
  size_t i, primaries = 0;
  json_t *item;
  json_array_foreach (list, i, item) primaries += json_is_true (json_object_get (item, "primary"));
  json_array_foreach (list, i, item)
  {
    if (primaries > 1 && item == before)
      json_object_set_new (item, "primary", json_false ());
  }
}

static json_t *
primary_find (const json_t *list)
{
  for (size_t i = 0; i < json_array_size (list); i++)
    if (json_is_true (json_object_get (json_array_get (list, i), "primary")))
      return json_array_get (list, i);
  return NULL;
}

static bool
list_holds (const json_t *list, const json_t *item)
{
  for (size_t i = 0; i < json_array_size (list); i++)
    if (json_equal (json_array_get (list, i), item))
      return true;
  return false;
}

static bool
list_add_one (const struct target *target, json_t *list, json_t *value)
{
  json_t *kept = NULL;
  if (!item_check (target->switches, target->path->attribute, value, &kept, target->problem))
    return false;
  if (!list_holds (list, kept))
    json_array_append (list, kept);
  json_decref (kept);
  return true;
}

static json_t *
list_make (const struct target *target)
{
  json_t *list = json_object_get (target->holder, target->path->attribute->name);
  if (list == NULL) {
    list = json_array ();
    json_object_set_new (target->holder, target->path->attribute->name, list);
  }
  return list;
}

static bool
list_add (const struct target *target)
{
  json_t *list = list_make (target), *before = primary_find (list), *item;
  size_t i;
  bool good = true;
  if (!json_is_array (target->value)) {
    good = list_add_one (target, list, target->value);
  } else {
    json_array_foreach (target->value, i, item) good = good && list_add_one (target, list, item);
  }
  primary_settle (list, before);
  return good;
}

/* The item that a value filter describes: made of its "eq" comparisons. */
static void
item_describe (const struct filter *filter, const struct attribute *subs, json_t *item)
{
  if (filter->op == FILTER_AND) {
    item_describe (filter->left, subs, item);
    item_describe (filter->right, subs, item);
  }
  const struct attribute *sub =
      filter->op == FILTER_EQ ? attribute_find (subs, filter->attribute, strlen (filter->attribute))
                              : NULL;
  if (sub != NULL && json_is_boolean (filter->value) == (sub->type == TYPE_BOOLEAN) &&
      json_is_number (filter->value) == (sub->type == TYPE_DECIMAL))
    json_object_set (item, sub->name, filter->value);
}

static bool
item_set (const struct target *target, json_t *item)
{
  const struct path *path = target->path;
  if (path->sub != NULL)
    return set_member (target, path->sub, item);
  return merge (target, path->attribute->subs, item, target->value);
}

static bool
list_set_matching (const struct target *target)
{
  const struct path *path = target->path;
  json_t *list = json_object_get (target->holder, path->attribute->name), *item;
  json_t *before = primary_find (list);
  size_t i, hits = 0;
  json_array_foreach (list, i, item)
  {
    if (path->filter != NULL && !filter_fits (path->filter, item, path->attribute->subs, NULL))
      continue;
    hits++;
    if (!item_set (target, item))
      return false;
  }
  if (hits == 0 && path->filter != NULL && target->switches->value_path_creates) {
    list = list_make (target);
    json_array_append_new (list, item = json_object ());
    item_describe (path->filter, path->attribute->subs, item);
    hits++;
    if (!item_set (target, item))
      return false;
  }
  primary_settle (list, before);
  return hits > 0 || no_target (target);
}

static bool
list_remove_matching (const struct target *target)
{
  const struct path *path = target->path;
  json_t *list = json_object_get (target->holder, path->attribute->name);
  size_t hits = 0;
  for (size_t i = json_array_size (list); i-- > 0;) {
    json_t *item = json_array_get (list, i);
    if (path->filter != NULL && !filter_fits (path->filter, item, path->attribute->subs, NULL))
      continue;
    hits++;
    if (path->sub != NULL)
      json_object_del (item, path->sub->name);
    else
      json_array_remove (list, i);
  }
  if (hits > 0 && json_array_size (list) == 0)
    json_object_del (target->holder, path->attribute->name);
  return hits > 0 || no_target (target);
}

/* Entra's way: remove, the path of a list, and a list of values. */
static bool
list_remove_values (const struct target *target)
{
  json_t *list = json_object_get (target->holder, target->path->attribute->name), *gone;
  size_t at;
  if (target->switches->strict_members || !json_is_array (target->value))
    return problem_set (target->problem, 400, "invalidSyntax",
                        "remove takes no \"value\"; name it in the path: %s[value eq \"…\"]",
                        target->path->attribute->name);
  json_array_foreach (target->value, at, gone)
  {
    json_t *value = json_object_get (gone, "value");
    for (size_t i = json_array_size (list); value != NULL && i-- > 0;)
      if (json_equal (json_object_get (json_array_get (list, i), "value"), value))
        json_array_remove (list, i);
  }
  return true;
}

static bool
remove_at (const struct target *target)
{
  const struct path *path = target->path;
  const struct attribute *last = path->sub != NULL ? path->sub : path->attribute;
  if ((last->flags & REQUIRED) && !(path->filter != NULL && path->sub == NULL))
    return problem_set (target->problem, 400, "mutability", "\"%s\" is required", last->name);
  if (target->value != NULL)
    return list_remove_values (target);
  if (path->filter != NULL || (path->sub != NULL && (path->attribute->flags & MULTI)))
    return list_remove_matching (target);
  if (path->sub != NULL)
    json_object_del (json_object_get (target->holder, path->attribute->name), path->sub->name);
  else
    json_object_del (target->holder, path->attribute->name);
  return true;
}

static bool
set_complex (const struct target *target)
{
  const struct path *path = target->path;
  json_t *object = json_object_get (target->holder, path->attribute->name);
  if (object == NULL) {
    object = json_object ();
    json_object_set_new (target->holder, path->attribute->name, object);
  }
  return path->sub != NULL ? set_member (target, path->sub, object)
                           : merge (target, path->attribute->subs, object, target->value);
}

static bool
set_at (const struct target *target)
{
  const struct path *path = target->path;
  bool multi = (path->attribute->flags & MULTI) != 0;
  if (multi && (path->filter != NULL || path->sub != NULL))
    return list_set_matching (target);
  if (multi && target->op == PATCH_ADD)
    return list_add (target);
  if (!multi && path->attribute->type == TYPE_COMPLEX)
    return set_complex (target);
  return set_member (target, path->attribute, target->holder);
}

/* The whole of an extension. */
static bool
extension_at (const struct target *target, json_t *document)
{
  const struct schema *extension = target->path->extension;
  if (target->op == PATCH_REMOVE) {
    json_object_del (document, extension->id);
    return true;
  }
  return merge (target, extension->attributes, target->holder, target->value);
}

bool
patch_target (const struct switches *switches, json_t *document, enum patch_op op,
              const struct path *path, json_t *value, struct problem *problem)
{
  struct target target = {switches, path, op, document, value, problem};
  if (path->extension != NULL) {
    target.holder = json_object_get (document, path->extension->id);
    if (target.holder == NULL) {
      target.holder = json_object ();
      json_object_set_new (document, path->extension->id, target.holder);
    }
  }
  if (path->attribute == NULL)
    return extension_at (&target, document);
  if (path->attribute->flags & READ_ONLY || strcmp (path->attribute->name, "schemas") == 0)
    return problem_set (problem, 400, "mutability", "\"%s\" is read-only", path->attribute->name);
  return op == PATCH_REMOVE ? remove_at (&target) : set_at (&target);
}
