/* json-table: looking up members by the names of others. See json-scan.h. */
#include <config.h>

#include "json-scan.h"

#include <string.h>

struct json
json_member_like (struct json object, struct json key)
{
  char name[256];
  size_t len = 0;
  if (json_kind (key) != JSON_STRING || key.len < 2)
    return (struct json){NULL, 0};
  if (memchr (key.at, '\\', key.len) == NULL)
    return json_member_nocase (object, key.at + 1, key.len - 2);
  if (!json_text (key, name, sizeof name, &len))
    return (struct json){NULL, 0};
  return json_member_nocase (object, name, len);
}

static uint32_t
tag (const char *name, size_t len)
{
  unsigned char first = len > 0 ? (unsigned char) name[0] : 0;
  unsigned char last = len > 0 ? (unsigned char) name[len - 1] : 0;
  return (uint32_t) len << 16 | (first | 0x20u) << 8 | (last | 0x20u);
}

#define TAG_ESCAPED UINT32_MAX /* a key that is to be decoded first: it may be any name */

void
json_table_note (struct json_table *t, struct json key, struct json value)
{
  if (t->n == JSON_TABLE_ROWS)
    return;
  bool plain = key.len >= 2 && memchr (key.at, '\\', key.len) == NULL;
  t->tags[t->n] = plain ? tag (key.at + 1, key.len - 2) : TAG_ESCAPED;
  t->keys[t->n] = key;
  t->values[t->n++] = value;
}

void
json_table_fill (struct json_table *t, struct json object)
{
  struct json_walk w = json_begin (object);
  struct json key, value;
  t->object = object;
  t->n = 0;
  while (t->n < JSON_TABLE_ROWS && w.object && json_next (&w, &key, &value))
    json_table_note (t, key, value);
}

struct json_rows
json_table_rows (const struct json_table *t)
{
  struct json_rows rows = {t, 0, {{NULL, 0}, false}};
  if (t->n == JSON_TABLE_ROWS)
    rows.walk = json_begin (t->object);
  return rows;
}

bool
json_rows_next (struct json_rows *rows, struct json *ret_key, struct json *ret_value)
{
  if (rows->table->n == JSON_TABLE_ROWS)
    return rows->walk.object && json_next (&rows->walk, ret_key, ret_value);
  if (rows->i == rows->table->n)
    return false;
  *ret_key = rows->table->keys[rows->i];
  *ret_value = rows->table->values[rows->i++];
  return true;
}

static struct json
find (const struct json_table *t, const char *name, size_t len)
{
  uint32_t wanted = tag (name, len);
  for (size_t i = 0; i < t->n; i++)
    if ((t->tags[i] == wanted || t->tags[i] == TAG_ESCAPED)
        && json_equals (t->keys[i], name, len, true))
      return t->values[i];
  return t->n < JSON_TABLE_ROWS ? (struct json){NULL, 0} : json_member_nocase (t->object, name, len);
}

struct json
json_table_get (const struct json_table *t, const char *name)
{
  return find (t, name, strlen (name));
}

/* Names of attributes have no escapes as a rule; where one has, the object itself is asked. */
struct json
json_table_find (const struct json_table *t, struct json key)
{
  bool plain = json_kind (key) == JSON_STRING && memchr (key.at, '\\', key.len) == NULL;
  return plain ? find (t, key.at + 1, key.len - 2) : json_member_like (t->object, key);
}
