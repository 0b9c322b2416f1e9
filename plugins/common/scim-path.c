/* scim-path: see scim-path.h. Pure. */
#include <config.h>

#include "scim-path.h"

#include <string.h>
#include <strings.h>

#define CORE_URN "urn:ietf:params:scim:schemas:core:2.0:"

bool
scim_part_is (struct scim_part p, const char *name)
{
  return p.at != NULL && strlen (name) == p.len && strncasecmp (p.at, name, p.len) == 0;
}

/* After the URN's colon; the resource types' own URNs end in a name that is no attribute. */
static const char *
split_urn (const char *path, size_t head, struct scim_path *ret)
{
  const char *colon = NULL;
  for (size_t i = 0; i < head; i++)
    if (path[i] == ':')
      colon = path + i;
  if (strncasecmp (path, "urn:", 4) != 0 || colon == NULL)
    return path;
  struct scim_part last = {colon + 1, head - (size_t) (colon + 1 - path)};
  bool whole = scim_part_is (last, "User") || scim_part_is (last, "Group");
  ret->urn = (struct scim_part){path, whole ? head : (size_t) (colon - path)};
  if (strncasecmp (path, CORE_URN, sizeof CORE_URN - 1) == 0)
    ret->urn = (struct scim_part){NULL, 0};
  return whole ? path + head : colon + 1;
}

/* [name eq value] */
static const char *
take_filter (const char *p, struct scim_path *ret)
{
  const char *close = strrchr (p, ']');
  size_t name = strcspn (p + 1, " ]");
  if (close == NULL || strncasecmp (p + 1 + name, " eq ", 4) != 0)
    return NULL;
  const char *value = p + 1 + name + 4;
  ret->filter_attribute = (struct scim_part){p + 1, name};
  if (value >= close || !json_check (value, (size_t) (close - value), &ret->filter_value))
    return NULL;
  return close + 1;
}

bool
scim_path_parse (const char *path, struct scim_path *ret)
{
  memset (ret, 0, sizeof *ret);
  const char *p = split_urn (path, strcspn (path, "["), ret);
  size_t n = strcspn (p, ".[");
  if (n > 0)
    ret->attribute = (struct scim_part){p, n};
  p += n;
  if (*p == '[' && (n == 0 || (p = take_filter (p, ret)) == NULL))
    return false;
  if (*p == '.' && p[1] != '\0' && strpbrk (p + 1, ".[]") == NULL) {
    ret->sub = (struct scim_part){p + 1, strlen (p + 1)};
    p += strlen (p);
  }
  return *p == '\0';
}
