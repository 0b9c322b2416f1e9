/* scim-compare: values and documents. Operations are in scim-compare-op.c. See scim-compare.h. */
#include <config.h>

#include "scim-compare-private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void
scim_compare_begin (struct scim_compare *c, const struct scim_rules *rules,
                    const struct json_table *account)
{
  c->rules = rules;
  c->account = account;
  c->missing = 0;
}

void
compare_missing (struct scim_compare *c, const char *path)
{
  for (size_t i = 0; i < c->missing && i < SCIM_COMPARE_MAX_PATHS; i++)
    if (strcmp (c->paths[i], path) == 0)
      return;
  if (c->missing < SCIM_COMPARE_MAX_PATHS)
    snprintf (c->paths[c->missing++], SCIM_COMPARE_PATH, "%s", path);
}

/* Adds to the path at OUT what fits of S; one byte is kept for the end. */
static size_t
put (char *out, size_t at, const char *s, size_t len)
{
  size_t room = SCIM_COMPARE_PATH - 1 - at;
  memcpy (out + at, s, len < room ? len : room);
  return at + (len < room ? len : room);
}

void
compare_join (char *out, const char *prefix, const char *dot, struct json key)
{
  char name[SCIM_COMPARE_PATH];
  size_t len = 0, before = strlen (prefix), between = before > 0 ? strlen (dot) : 0;
  json_text (key, name, sizeof name, &len);
  size_t n = put (out, 0, prefix, before);
  n = put (out, n, dot, between);
  n = put (out, n, name, len);
  out[n] = '\0';
  if (before + between + len >= SCIM_COMPARE_PATH)
    memcpy (out + SCIM_COMPARE_PATH - 4, "...", 4);
}

/* The same string after decoding: its escapes may differ. */
static bool
same_string (struct json a, struct json b)
{
  char small[1024];
  size_t len;
  if (a.len == b.len && memcmp (a.at, b.at, a.len) == 0)
    return true;
  return json_text (a, small, sizeof small, &len) && json_equals (b, small, len, false);
}

static bool
is_bool (struct json v)
{
  return json_kind (v) == JSON_TRUE || json_kind (v) == JSON_FALSE;
}

static bool
same_bool (bool sent, struct json v)
{
  if (is_bool (v))
    return (json_kind (v) == JSON_TRUE) == sent;
  return sent ? json_equals (v, "true", 4, true) : json_equals (v, "false", 5, true);
}

static bool
same_scalar (struct json sent, struct json got)
{
  double a, b;
  if (is_bool (sent))
    return same_bool (json_kind (sent) == JSON_TRUE, got);
  if (json_kind (sent) == JSON_NUMBER)
    return json_real (sent, &a) && json_real (got, &b) && a == b;
  return json_kind (sent) == JSON_STRING && json_kind (got) == JSON_STRING
         && same_string (sent, got);
}

/* The members of a complex value that a service sets as it likes. */
static bool
is_decoration (struct json key)
{
  return json_equals (key, "primary", 7, true) || json_equals (key, "display", 7, true)
         || json_equals (key, "$ref", 4, true);
}

static bool
same_complex (struct scim_compare *c, const char *path, struct json sent, struct json got)
{
  struct json_walk w = json_begin (sent);
  struct json key, value;
  while (json_next (&w, &key, &value)) {
    char sub[SCIM_COMPARE_PATH];
    struct json other = json_member_like (got, key);
    if (is_decoration (key) || same_scalar (value, other))
      continue;
    compare_join (sub, path, ".", key);
    if (!compare_same (c, sub, value, other, got))
      return false;
  }
  return true;
}

bool
compare_in_list (struct scim_compare *c, const char *path, struct json sent, struct json list)
{
  struct json_walk w = json_begin (list);
  struct json item;
  while (json_next (&w, NULL, &item))
    if (compare_same (c, path, sent, item, item))
      return true;
  return false;
}

/* Every item of SENT is in LIST. */
static bool
same_list (struct scim_compare *c, const char *path, struct json sent, struct json list)
{
  struct json_walk w = json_begin (sent);
  struct json item;
  while (json_next (&w, NULL, &item))
    if (!json_is_empty (item) && !compare_in_list (c, path, item, list))
      return false;
  return true;
}

bool
compare_same (struct scim_compare *c, const char *path, struct json sent, struct json got,
              struct json item)
{
  if (json_is_empty (sent) || c->rules->ignored (path))
    return true;
  if (json_kind (sent) == JSON_ARRAY)
    return json_kind (got) == JSON_ARRAY && same_list (c, path, sent, got);
  if (json_kind (sent) == JSON_OBJECT && json_kind (got) == JSON_OBJECT)
    return same_complex (c, path, sent, got);
  if (json_kind (got) == JSON_OBJECT && json_kind (sent) == JSON_STRING)
    return compare_same (c, path, sent, json_member_nocase (got, "value", 5), got);
  if (json_kind (sent) == JSON_OBJECT && json_kind (got) == JSON_STRING)
    return compare_same (c, path, json_member_nocase (sent, "value", 5), got, item);
  return same_scalar (sent, got)
         || (got.at != NULL && c->rules->same (path, sent, got, item, c->account->object));
}

/* emails[type eq "work"].value for an item with a type, else the list's path. */
static void
name_item (char *out, const char *path, struct json item)
{
  char type[64];
  int n = SCIM_COMPARE_PATH;
  if (json_text (json_member_nocase (item, "type", 4), type, sizeof type, NULL)
      && strchr (type, '"') == NULL)
    n = snprintf (out, SCIM_COMPARE_PATH, "%s[type eq \"%s\"].value", path, type);
  if (n >= SCIM_COMPARE_PATH)
    snprintf (out, SCIM_COMPARE_PATH, "%s", path);
}

void
compare_value (struct scim_compare *c, const char *path, struct json sent, struct json got)
{
  struct json_walk w = json_begin (sent);
  struct json item;
  if (compare_same (c, path, sent, got, (struct json){NULL, 0}))
    return;
  if (json_kind (sent) != JSON_ARRAY) {
    compare_missing (c, path);
    return;
  }
  while (json_next (&w, NULL, &item)) {
    char name[SCIM_COMPARE_PATH];
    name_item (name, path, item);
    if (!json_is_empty (item) && !compare_in_list (c, path, item, got))
      compare_missing (c, name);
  }
}

static bool
is_extension (struct json key, struct json value)
{
  return json_kind (value) == JSON_OBJECT && key.len > 6
         && strncasecmp (key.at + 1, "urn:", 4) == 0;
}

/* The attributes of one schema. Most are as they were sent: no path is made for those. */
static void
compare_schema (struct scim_compare *c, const char *urn, const struct json_table *sent,
                const struct json_table *got)
{
  struct json_rows rows = json_table_rows (sent);
  struct json key, value;
  while (json_rows_next (&rows, &key, &value)) {
    char path[SCIM_COMPARE_PATH];
    struct json other = json_table_find (got, key);
    if (same_scalar (value, other))
      continue;
    compare_join (path, urn, ":", key);
    if (is_extension (key, value)) {
      struct json_table part, table;
      json_table_fill (&part, value);
      json_table_fill (&table, other);
      compare_schema (c, path, &part, &table);
    } else
      compare_value (c, path, value, other);
  }
}

void
scim_compare_document (struct scim_compare *c, const struct json_table *sent)
{
  compare_schema (c, "", sent, c->account);
}
