/* Leaves of a document that came from the sink. jansson reads it; its numbers and strings are
 * written anew in the canonical form, so that they can be compared with ours. */
#include "config.h"
#include "map/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "util/json.h"
#include "util/mem.h"
#include "util/text.h"

#define DEPTH_MAX 8

/* Keys are compared without case (RFC 7643 section 2.1). */
static const json_t *
get (const json_t *object, const char *key)
{
  const json_t *exact = json_object_get (object, key);
  const char *name;
  json_t *value;
  if (exact || !json_is_object (object))
    return exact;
  json_object_foreach ((json_t *) object, name, value)
    if (text_equal_nocase (name, key))
      return value;
  return NULL;
}

static int
compare_texts (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void put_json (struct buffer *out, const json_t *value, int depth);

static void
put_json_object (struct buffer *out, const json_t *object, int depth)
{
  const char **keys = mem_new (json_object_size (object) + 1, sizeof *keys), *key;
  size_t count = 0;
  json_t *value;
  bool first = true;
  json_object_foreach ((json_t *) object, key, value)
    keys[count++] = key;
  qsort (keys, count, sizeof *keys, compare_texts);
  buffer_append_char (out, '{');
  for (size_t i = 0; i < count; i++) {
    json_put_key (out, keys[i], &first);
    put_json (out, json_object_get (object, keys[i]), depth + 1);
  }
  buffer_append_char (out, '}');
  free (keys);
}

static void
put_json_array (struct buffer *out, const json_t *array, int depth)
{
  size_t i;
  json_t *value;
  buffer_append_char (out, '[');
  json_array_foreach (array, i, value) {
    if (i)
      buffer_append_char (out, ',');
    put_json (out, value, depth + 1);
  }
  buffer_append_char (out, ']');
}

static void
put_json (struct buffer *out, const json_t *value, int depth)
{
  if (depth > DEPTH_MAX || json_is_null (value))
    buffer_append_text (out, "null");
  else if (json_is_object (value))
    put_json_object (out, value, depth);
  else if (json_is_array (value))
    put_json_array (out, value, depth);
  else if (json_is_string (value))
    json_put_string (out, json_string_value (value), json_string_length (value));
  else if (json_is_integer (value))
    json_put_integer (out, json_integer_value (value));
  else if (json_is_real (value))
    convert_put_decimal (json_real_value (value), out);
  else
    buffer_append_text (out, json_is_true (value) ? "true" : "false");
}

/* Of an item only the members that the mapping names. */
static void
put_members (struct buffer *out, const json_t *item, const struct item_rule *rule)
{
  bool first = true;
  buffer_append_char (out, '{');
  for (size_t i = 0; i < rule->count; i++) {
    const json_t *value = get (item, rule->members[i].key);
    if (!value || json_is_null (value))
      continue;
    json_put_key (out, rule->members[i].key, &first);
    put_json (out, value, 1);
  }
  buffer_append_char (out, '}');
}

static bool
has_type (const json_t *item, const char *word)
{
  const char *type = json_string_value (get (item, "type"));
  return type && text_equal_nocase (type, word);
}

struct reader {
  const struct mapping *mapping;
  struct leaves *leaves;
  struct buffer text;
};

static void
keep (struct reader *reader, size_t leaf)
{
  leaves_set (reader->leaves, leaf, buffer_text (&reader->text), reader->text.len);
}

static void
read_scalar (struct reader *reader, size_t leaf, const json_t *value)
{
  if (!value || json_is_null (value) || json_is_object (value))
    return;
  if (json_is_string (value) && json_string_length (value) == 0)
    return;
  buffer_reset (&reader->text);
  const char *word = json_string_value (value);
  if (word && reader->mapping->leaves[leaf].type == SCHEMA_BOOLEAN
      && (text_equal_nocase (word, "true") || text_equal_nocase (word, "false")))
    buffer_append_text (&reader->text, text_equal_nocase (word, "true") ? "true" : "false");
  else
    put_json (&reader->text, value, 1);
  keep (reader, leaf);
}

static void
read_typed (struct reader *reader, size_t leaf, const json_t *list)
{
  const struct leaf_rule *rule = &reader->mapping->rules[leaf];
  size_t i;
  json_t *item;
  json_array_foreach (list, i, item) {
    if (!has_type (item, rule->type_word))
      continue;
    buffer_reset (&reader->text);
    put_members (&reader->text, item, &rule->items[0]);
    keep (reader, leaf);
    return;
  }
}

/* Names of all members that any of the list's items is made of. */
static const struct item_rule *
widest (const struct leaf_rule *rule, struct item_rule *merged)
{
  size_t room = 0;
  for (size_t i = 0; i < rule->item_count; i++)
    room += rule->items[i].count;
  merged->members = mem_new (room + 1, sizeof *merged->members);
  for (size_t i = 0; i < rule->item_count; i++)
    for (size_t j = 0; j < rule->items[i].count; j++) {
      size_t at = 0, k = 0;
      const char *key = rule->items[i].members[j].key;
      if (!key)
        continue;
      while (at < merged->count && strcmp (merged->members[at].key, key) < 0)
        at++;
      if (at < merged->count && strcmp (merged->members[at].key, key) == 0)
        continue;
      for (k = merged->count++; k > at; k--)
        merged->members[k] = merged->members[k - 1];
      merged->members[at].key = rule->items[i].members[j].key;
    }
  return merged;
}

static void
read_list (struct reader *reader, size_t leaf, const json_t *list)
{
  struct item_rule merged = { .count = 0 };
  size_t i;
  json_t *item;
  if (json_array_size (list) == 0)
    return;
  widest (&reader->mapping->rules[leaf], &merged);
  buffer_reset (&reader->text);
  buffer_append_char (&reader->text, '[');
  json_array_foreach (list, i, item) {
    if (i)
      buffer_append_char (&reader->text, ',');
    if (json_is_object (item) && merged.count)
      put_members (&reader->text, item, &merged);
    else
      put_json (&reader->text, item, 1);
  }
  buffer_append_char (&reader->text, ']');
  keep (reader, leaf);
  free (merged.members);
}

static void
read_shape (struct reader *reader, const struct shape *shape, const json_t *object)
{
  for (size_t i = 0; i < shape->count; i++) {
    const struct shape *child = &shape->children[i];
    const json_t *value = get (object, child->key);
    if (child->kind == SHAPE_OBJECT)
      read_shape (reader, child, value);
    else if (child->kind == SHAPE_ITEMS)
      for (size_t j = 0; j < child->leaf_count; j++)
        read_typed (reader, child->leaves[j], value);
    else if (child->kind == SHAPE_LEAF && reader->mapping->leaves[child->leaf].kind == LEAF_LIST)
      read_list (reader, child->leaf, value);
    else if (child->kind == SHAPE_LEAF)
      read_scalar (reader, child->leaf, value);
  }
}

int
map_leaves_of (const struct mapping *mapping, const char *json, size_t len, struct leaves *ret_leaves)
{
  struct reader reader = { .mapping = mapping, .leaves = ret_leaves };
  json_t *root = json_loadb (json, len, JSON_ALLOW_NUL, NULL);
  leaves_reset (ret_leaves);
  if (!json_is_object (root)) {
    json_decref (root);
    return -1;
  }
  buffer_init (&reader.text, MAP_JSON_MAX);
  read_shape (&reader, &mapping->root, root);
  buffer_fini (&reader.text);
  json_decref (root);
  return 0;
}
