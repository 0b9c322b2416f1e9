/* driver-change: changes of the driver's commands, as a plugin sees them. See driver-host.h. */
#include <config.h>

#include "driver-host.h"

#include <stdlib.h>
#include <string.h>

static uint32_t
word_number (const char *word, const char *const *words)
{
  for (uint32_t i = 0; word != NULL && words[i] != NULL; i++)
    if (strcmp (word, words[i]) == 0)
      return i + 1;
  return 0;
}

int
driver_change_init (struct syncd_change *c, json_t *json)
{
  static const char *const ops[] = {"add", "replace", "remove", NULL};
  json_t *list = json_object_get (json, "operations"), *item;
  size_t i;
  memset (c, 0, sizeof *c);
  c->json = json;
  if (json_object_get (json, "document") != NULL)
    c->document = json_dumps (json_object_get (json, "document"),
                              JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
  c->count = json_array_size (list);
  c->operations = calloc (c->count + 1, sizeof *c->operations);
  c->values = calloc (c->count + 1, sizeof *c->values);
  json_array_foreach (list, i, item)
  {
    struct syncd_operation *o = &c->operations[i];
    json_t *value = json_object_get (item, "value");
    o->struct_size = sizeof *o;
    o->op = word_number (json_string_value (json_object_get (item, "op")), ops);
    o->path = json_string_value (json_object_get (item, "path"));
    o->value = c->values[i] =
        value != NULL ? json_dumps (value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    o->value_len = o->value != NULL ? strlen (o->value) : 0;
  }
  return json_is_object (json);
}

void
driver_change_fini (struct syncd_change *c)
{
  for (size_t i = 0; i < c->count; i++)
    free (c->values[i]);
  free (c->values);
  free (c->operations);
  free (c->document);
}

uint32_t
driver_change_kind (const struct syncd_change *c)
{
  static const char *const kinds[] = {"create", "update", "delete", NULL};
  return word_number (json_string_value (json_object_get (c->json, "kind")), kinds);
}

const char *
driver_change_type (const struct syncd_change *c)
{
  const char *type = json_string_value (json_object_get (c->json, "type"));
  return type != NULL ? type : "User";
}

const char *
driver_change_entry (const struct syncd_change *c)
{
  return json_string_value (json_object_get (c->json, "entry"));
}

const char *
driver_change_account (const struct syncd_change *c)
{
  return json_string_value (json_object_get (c->json, "account"));
}

const char *
driver_change_version (const struct syncd_change *c)
{
  return json_string_value (json_object_get (c->json, "version"));
}

const char *
driver_change_document (const struct syncd_change *c, size_t *ret_len)
{
  *ret_len = c->document != NULL ? strlen (c->document) : 0;
  return c->document;
}

size_t
driver_change_operation_count (const struct syncd_change *c)
{
  return c->count;
}

const struct syncd_operation *
driver_change_operation (const struct syncd_change *c, size_t i)
{
  return &c->operations[i];
}
