/* SCIM PATCH operations; see scim-patch.h. */
#include "scim-patch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "syncd/plugin.h"

#define CORE_USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define PART_MAX 256

struct path {
  char urn[PART_MAX], attribute[PART_MAX], sub[PART_MAX]; /* "" where absent */
  char key[PART_MAX], value[PART_MAX];                    /* [key eq value] */
  int filtered;
};

/* ---- paths ---- */

static int
put (char *to, const char *from, size_t len)
{
  if (!len || len >= PART_MAX)
    return -1;
  memcpy (to, from, len);
  to[len] = '\0';
  return 0;
}

/* "key eq value]": the value is a JSON scalar. Returns what follows the bracket. */
static const char *
read_filter (const char *at, struct path *path)
{
  size_t len = strcspn (at, " ]");
  if (put (path->key, at, len) || strncasecmp (at + len, " eq ", 4))
    return NULL;
  at += len + 4;
  if (*at == '"') {
    const char *end = ++at;
    while (*end && *end != '"')
      end += *end == '\\' && end[1] ? 2 : 1;
    if (!*end || (end > at && put (path->value, at, (size_t) (end - at))))
      return NULL;
    at = end + 1;
  } else {
    len = strcspn (at, "]");
    if (put (path->value, at, len))
      return NULL;
    at += len;
  }
  path->filtered = 1;
  return *at == ']' ? at + 1 : NULL;
}

static const char *
read_urn (const char *text, struct path *path)
{
  if (strncasecmp (text, "urn:", 4))
    return text;
  const char *end = strpbrk (text, "[\"");
  size_t len = end ? (size_t) (end - text) : strlen (text);
  while (len && text[len - 1] != ':')
    len--;
  return put (path->urn, text, len - 1) ? NULL : text + len;
}

static int
read_path (const char *text, struct path *path)
{
  memset (path, 0, sizeof *path);
  if (!(text = read_urn (text, path)))
    return -1;
  size_t len = strcspn (text, ".[");
  if (put (path->attribute, text, len))
    return -1;
  text += len;
  if (*text == '[' && !(text = read_filter (text + 1, path)))
    return -1;
  if (*text == '.')
    return put (path->sub, text + 1, strlen (text + 1));
  return *text ? -1 : 0;
}

void
scim_attribute (const char *path, char *name, size_t size)
{
  struct path parts;
  snprintf (name, size, "%s", read_path (path, &parts) ? "" : parts.attribute);
}

/* ---- members, whose names have no case ---- */

static const char *
spelling (json_t *object, const char *name)
{
  const char *key;
  json_t *value;
  json_object_foreach (object, key, value)
    if (!strcasecmp (key, name))
      return key;
  return name;
}

json_t *
scim_get (json_t *object, const char *name)
{
  return json_object_get (object, spelling (object, name));
}

/* Takes VALUE over. */
static void
set (json_t *object, const char *name, json_t *value)
{
  char key[PART_MAX * 2];
  snprintf (key, sizeof key, "%s", spelling (object, name));
  json_object_set_new (object, key, value);
}

static void
del (json_t *object, const char *name)
{
  char key[PART_MAX * 2];
  snprintf (key, sizeof key, "%s", spelling (object, name));
  json_object_del (object, key);
}

static void
merge (json_t *object, json_t *values)
{
  const char *key;
  json_t *value;
  json_object_foreach (values, key, value)
    set (object, key, json_deep_copy (value));
}

/* ---- operations ---- */

static void
add_items (json_t *array, json_t *value)
{
  json_t *item;
  size_t i;
  if (!json_is_array (value)) {
    json_array_append_new (array, json_deep_copy (value));
    return;
  }
  json_array_foreach (value, i, item)
    json_array_append_new (array, json_deep_copy (item));
}

static void
change_member (json_t *object, uint32_t op, const char *name, json_t *value)
{
  json_t *old = scim_get (object, name);
  if (op == SYNCD_OP_REMOVE)
    del (object, name);
  else if (op == SYNCD_OP_ADD && json_is_array (old))
    add_items (old, value);
  else if (op == SYNCD_OP_ADD && json_is_object (old) && json_is_object (value))
    merge (old, value);
  else
    set (object, name, json_deep_copy (value));
}

static int
item_matches (json_t *item, const struct path *path)
{
  json_t *value = scim_get (item, path->key);
  if (json_is_boolean (value))
    return !strcmp (path->value, json_is_true (value) ? "true" : "false");
  return json_is_string (value) && !strcasecmp (json_string_value (value), path->value);
}

static json_t *
add_matching (json_t *holder, const struct path *path)
{
  json_t *array = scim_get (holder, path->attribute);
  if (!json_is_array (array)) {
    array = json_array ();
    set (holder, path->attribute, array);
  }
  json_t *item = json_pack ("{s:s}", path->key, path->value);
  json_array_append_new (array, item);
  return item;
}

static void
change_item (json_t *array, size_t i, uint32_t op, const struct path *path, json_t *value)
{
  json_t *item = json_array_get (array, i);
  if (*path->sub)
    change_member (item, op, path->sub, value);
  else if (op == SYNCD_OP_REMOVE)
    json_array_remove (array, i);
  else if (op == SYNCD_OP_REPLACE)
    json_array_set_new (array, i, json_deep_copy (value));
  else
    merge (item, value);
}

static int
change_filtered (json_t *holder, uint32_t op, const struct path *path, json_t *value,
                 const char **ret_why)
{
  json_t *array = scim_get (holder, path->attribute);
  int found = 0;
  for (size_t i = json_array_size (array); i > 0; i--) {
    if (!item_matches (json_array_get (array, i - 1), path))
      continue;
    found = 1;
    change_item (array, i - 1, op, path, value);
  }
  if (json_is_array (array) && !json_array_size (array))
    del (holder, path->attribute);
  if (found || op == SYNCD_OP_REMOVE)
    return 0;
  if (op == SYNCD_OP_ADD) {
    json_t *item = add_matching (holder, path);
    if (*path->sub)
      change_member (item, op, path->sub, value);
    else
      merge (item, value);
    return 0;
  }
  *ret_why = "noTarget";
  return -1;
}

static void
change_sub (json_t *holder, uint32_t op, const struct path *path, json_t *value)
{
  json_t *object = scim_get (holder, path->attribute);
  for (size_t i = 0; i < json_array_size (object); i++)
    change_member (json_array_get (object, i), op, path->sub, value);
  if (json_is_array (object) || (!object && op == SYNCD_OP_REMOVE))
    return;
  if (!json_is_object (object)) {
    object = json_object ();
    set (holder, path->attribute, object);
  }
  change_member (object, op, path->sub, value);
  if (!json_object_size (object))
    del (holder, path->attribute);
}

/* The document itself, or the extension's object in it. */
static json_t *
holder_of (json_t *document, const struct path *path)
{
  if (!*path->urn || !strcasecmp (path->urn, CORE_USER))
    return document;
  json_t *extension = scim_get (document, path->urn);
  if (!json_is_object (extension)) {
    extension = json_object ();
    set (document, path->urn, extension);
  }
  return extension;
}

static int
is_extension (json_t *document, const char *path)
{
  size_t len = strlen (path);
  return !strncasecmp (path, "urn:", 4)
         && (scim_get (document, path) || (len > 5 && !strcasecmp (path + len - 5, ":User")));
}

int
scim_patch (json_t *document, uint32_t op, const char *path, json_t *value, const char **ret_why)
{
  struct path parts;
  if (op != SYNCD_OP_REMOVE && !value) {
    *ret_why = "invalidValue";
    return -1;
  }
  if (!path || !*path) {
    merge (document, value);
    return 0;
  }
  if (is_extension (document, path)) {
    change_member (document, op, path, value);
    return 0;
  }
  if (read_path (path, &parts)) {
    *ret_why = "invalidPath";
    return -1;
  }
  json_t *holder = holder_of (document, &parts);
  if (parts.filtered)
    return change_filtered (holder, op, &parts, value, ret_why);
  if (*parts.sub)
    change_sub (holder, op, &parts, value);
  else
    change_member (holder, op, parts.attribute, value);
  if (holder != document && !json_object_size (holder))
    del (document, parts.urn);
  return 0;
}
