/* Attribute paths of PATCH, of projections and of filters: [URN:]attribute[filter].sub */
#include <config.h>
#include "filter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The URN of schema in front of text; the rest begins after its colon, or is empty. */
static bool
urn_leads (const char *text, const char *urn, const char **ret_rest)
{
  size_t length = strlen (urn);
  if (strncasecmp (text, urn, length) != 0 || (text[length] != ':' && text[length] != '\0'))
    return false;
  *ret_rest = text + length + (text[length] == ':');
  return true;
}

static bool
path_schema (const struct resource_type *type, const char **text, struct path *path,
             struct problem *problem)
{
  if (strncasecmp (*text, "urn:", 4) != 0)
    return true;
  for (const struct schema *const *at = type->extensions; *at != NULL; at++)
    if (urn_leads (*text, (*at)->id, text)) {
      path->extension = *at;
      return true;
    }
  if (urn_leads (*text, type->core->id, text) && **text != '\0')
    return true;
  return problem_set (problem, 400, "invalidPath", "no schema of %s in the path \"%.200s\"",
                      type->name, *text);
}

static bool
path_filter (const char *text, size_t length, struct path *path, struct problem *problem)
{
  char *inside = mem_copy_n (text, length);
  path->filter = filter_parse (inside, false, problem);
  free (inside);
  return path->filter != NULL;
}

static const char *
filter_end (const char *text)
{
  bool quoted = false;
  for (; *text != '\0' && (quoted || *text != ']'); text++)
    if (*text == '"')
      quoted = !quoted;
    else if (*text == '\\' && quoted && text[1] != '\0')
      text++;
  return *text == ']' ? text : NULL;
}

static bool
path_rest (const char *text, const char *whole, struct path *path, struct problem *problem)
{
  if (*text == '[') {
    const char *end = filter_end (text);
    if (end == NULL || !(path->attribute->flags & MULTI) || path->attribute->subs == NULL)
      return problem_set (problem, 400, "invalidPath", "the value filter in \"%.200s\" is wrong",
                          whole);
    if (!path_filter (text + 1, (size_t)(end - text - 1), path, problem))
      return false;
    text = end + 1;
  }
  if (*text == '.' && path->attribute->subs != NULL) {
    path->sub = attribute_find (path->attribute->subs, text + 1, strlen (text + 1));
    text += path->sub != NULL ? strlen (text) : 0;
  }
  if (*text == '\0')
    return true;
  return problem_set (problem, 400, "invalidPath",
                      "nothing is at \"%.100s\" in the path \"%.200s\"", text, whole);
}

bool
path_parse (const struct resource_type *type, const char *text, struct path *ret_path,
            struct problem *problem)
{
  struct path path = {0};
  const char *whole = text;
  if (!path_schema (type, &text, &path, problem))
    return false;
  if (*text == '\0' && path.extension != NULL) {
    *ret_path = path;
    return true;
  }
  size_t length = strcspn (text, "[.");
  path.attribute = path.extension != NULL
                       ? attribute_find (path.extension->attributes, text, length)
                       : core_attribute_find (type, text, length);
  if (path.attribute == NULL)
    return problem_set (problem, 400, "invalidPath", "%s has no attribute \"%.200s\"", type->name,
                        whole);
  if (!path_rest (text + length, whole, &path, problem)) {
    path_fini (&path);
    return false;
  }
  *ret_path = path;
  return true;
}

void
path_fini (struct path *path)
{
  filter_free (path->filter);
  path->filter = NULL;
}
