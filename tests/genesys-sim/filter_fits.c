/* Whether an object fits a filter. */
#include <config.h>
#include "filter.h"

#include <string.h>
#include <strings.h>

static bool
text_fits (enum filter_op op, const char *have, const char *want, bool exact)
{
  size_t have_length = strlen (have), want_length = strlen (want);
  int (*compare) (const char *, const char *, size_t) = exact ? strncmp : strncasecmp;
  int order = exact ? strcmp (have, want) : strcasecmp (have, want);
  switch (op) {
  case FILTER_EQ:
    return order == 0;
  case FILTER_NE:
    return order != 0;
  case FILTER_GT:
    return order > 0;
  case FILTER_GE:
    return order >= 0;
  case FILTER_LT:
    return order < 0;
  case FILTER_LE:
    return order <= 0;
  case FILTER_SW:
    return compare (have, want, want_length) == 0;
  case FILTER_EW:
    return have_length >= want_length &&
           compare (have + have_length - want_length, want, want_length) == 0;
  default:
    for (; have_length >= want_length; have++, have_length--)
      if (compare (have, want, want_length) == 0)
        return true;
    return false;
  }
}

/* Whether one plain value fits; a list does when one of its items does. */
static bool
value_fits (const struct filter *filter, const json_t *have, bool exact)
{
  size_t i;
  json_t *item;
  if (filter->op == FILTER_PR)
    return have != NULL && !json_is_null (have);
  if (have == NULL)
    return filter->op == FILTER_NE;
  if (json_is_object (have))
    return value_fits (filter, json_object_get (have, "value"), exact);
  json_array_foreach ((json_t *)(uintptr_t)have, i,
                      item) if (value_fits (filter, item, exact)) return true;
  if (json_is_array (have))
    return false;
  if (json_is_string (have) && json_is_string (filter->value))
    return text_fits (filter->op, json_string_value (have), json_string_value (filter->value),
                      exact);
  if (json_is_string (filter->value) && json_is_boolean (have))
    return filter->op == FILTER_EQ && strcasecmp (json_string_value (filter->value),
                                                  json_is_true (have) ? "true" : "false") == 0;
  bool equal = json_is_number (have) && json_is_number (filter->value)
                   ? json_number_value (have) == json_number_value (filter->value)
                   : json_equal (have, filter->value);
  return filter->op == FILTER_EQ ? equal : filter->op == FILTER_NE ? !equal : false;
}

/* The part of object that path means; sub-attributes of lists become a list (a new reference). */
static json_t *
path_get (const struct path *path, const json_t *object)
{
  json_t *value = (json_t *)(uintptr_t)object;
  if (path->extension != NULL)
    value = json_object_get (value, path->extension->id);
  if (path->attribute != NULL)
    value = json_object_get (value, path->attribute->name);
  if (path->sub == NULL || !json_is_array (value))
    return json_incref (path->sub != NULL ? json_object_get (value, path->sub->name) : value);
  json_t *list = json_array (), *item;
  size_t i;
  json_array_foreach (value, i, item)
  {
    json_t *part = json_object_get (item, path->sub->name);
    if (part != NULL)
      json_array_append (list, part);
  }
  return list;
}

static bool
resource_fits (const struct filter *filter, const json_t *object, const struct resource_type *type)
{
  struct path path;
  struct problem problem;
  size_t i;
  json_t *item;
  if (!path_parse (type, filter->attribute, &path, &problem))
    return false;
  json_t *have = path_get (&path, object);
  bool fits = false;
  if (filter->op == FILTER_VALUE) {
    json_array_foreach (have, i, item) fits =
        fits || filter_fits (filter->left, item, path.attribute->subs, NULL);
  } else {
    const struct attribute *last = path.sub != NULL ? path.sub : path.attribute;
    fits = value_fits (filter, have, last != NULL && (last->flags & EXACT));
  }
  json_decref (have);
  path_fini (&path);
  return fits;
}

bool
filter_fits (const struct filter *filter, const json_t *object, const struct attribute *attributes,
             const struct resource_type *type)
{
  if (filter->op == FILTER_AND)
    return filter_fits (filter->left, object, attributes, type) &&
           filter_fits (filter->right, object, attributes, type);
  if (filter->op == FILTER_OR)
    return filter_fits (filter->left, object, attributes, type) ||
           filter_fits (filter->right, object, attributes, type);
  if (filter->op == FILTER_NOT)
    return !filter_fits (filter->left, object, attributes, type);
  if (type != NULL)
    return resource_fits (filter, object, type);
  const struct attribute *attribute =
      attribute_find (attributes, filter->attribute, strlen (filter->attribute));
  return attribute != NULL && value_fits (filter, json_object_get (object, attribute->name),
                                          (attribute->flags & EXACT) != 0);
}
