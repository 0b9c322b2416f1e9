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

void
json_table_fill (struct json_table *t, struct json object)
{
  struct json_walk w = json_begin (object);
  t->object = object;
  t->n = 0;
  while (t->n < JSON_TABLE_ROWS && w.object && json_next (&w, &t->keys[t->n], &t->values[t->n]))
    t->n++;
}

struct json
json_table_get (const struct json_table *t, const char *name)
{
  size_t len = strlen (name);
  for (size_t i = 0; i < t->n; i++)
    if (json_equals (t->keys[i], name, len, true))
      return t->values[i];
  return t->n < JSON_TABLE_ROWS ? (struct json){NULL, 0} : json_member_nocase (t->object, name, len);
}

/* Names of attributes have no escapes as a rule; where one has, or the table is full, the object
 * itself is asked. */
struct json
json_table_find (const struct json_table *t, struct json key)
{
  bool plain = json_kind (key) == JSON_STRING && memchr (key.at, '\\', key.len) == NULL;
  for (size_t i = 0; plain && i < t->n; i++)
    if (json_equals (t->keys[i], key.at + 1, key.len - 2, true))
      return t->values[i];
  return plain && t->n < JSON_TABLE_ROWS ? (struct json){NULL, 0}
                                         : json_member_like (t->object, key);
}
