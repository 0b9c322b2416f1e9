/* Typed values of the core's own keys, each checked where it stands. Pure. */
#include "config.h"
#include "config/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

int
value_known_keys (const struct node *object, const char *path, const char *const *known,
                  size_t known_count, struct error *error)
{
  const char *dot = *path ? "." : "";
  for (size_t i = 0; object && i < object->count; i++) {
    size_t k = 0;
    while (k < known_count && strcmp (object->keys[i], known[k]) != 0)
      k++;
    if (k < known_count)
      continue;
    MEM_AUTO char *hint = nearest_hint (object->keys[i], known, known_count);
    MEM_AUTO char *words = list_words (known, known_count);
    return node_key_error (object->items[i], error, "unknown key %s%s%.100s%s%s", path, dot,
                           object->keys[i], *hint ? hint : "; known here: ", *hint ? "" : words);
  }
  return 0;
}

int
value_object (const struct node *object, const char *path, const char *key,
              const char *const *known, size_t known_count, const struct node **ret_member,
              struct error *error)
{
  const struct node *member = node_get (object, key);
  if (node_is_null (member)) {
    *ret_member = NULL;
    return 0;
  }
  MEM_AUTO char *full = mem_format ("%s%s%s", path, *path ? "." : "", key);
  if (member->kind != NODE_OBJECT)
    return node_error (member, error, "%s wants keys with values, this is %s", full,
                       node_kind_name (member));
  if (value_known_keys (member, full, known, known_count, error) < 0)
    return -1;
  *ret_member = member;
  return 0;
}

/* The scalar KEY, NULL where it is not given. */
static int
scalar (const struct node *object, const char *key, const struct node **ret_node,
        struct error *error)
{
  const struct node *node = node_get (object, key);
  if (node_is_null (node)) {
    *ret_node = NULL;
    return 0;
  }
  if (node->kind != NODE_SCALAR)
    return node_error (node, error, "%s wants a single value, this is %s", key,
                       node_kind_name (node));
  *ret_node = node;
  return 0;
}

int
value_text (const struct node *object, const char *key, char **ret_text, struct error *error)
{
  const struct node *node = NULL;
  if (scalar (object, key, &node, error) < 0)
    return -1;
  if (!node)
    return 0;
  if (!*node->text)
    return node_error (node, error, "%s is empty", key);
  mem_set_text (ret_text, node->text);
  return 0;
}

int
value_bool (const struct node *object, const char *key, bool *ret_value, struct error *error)
{
  const struct node *node = NULL;
  if (scalar (object, key, &node, error) < 0)
    return -1;
  if (node && parse_bool (node->text, ret_value) < 0)
    return node_error (node, error, "%s wants true or false, not \"%.100s\"", key, node->text);
  return 0;
}

int
value_integer (const struct node *object, const char *key, int64_t min, int64_t max,
               int64_t *ret_number, struct error *error)
{
  const struct node *node = NULL;
  int64_t number = 0;
  if (scalar (object, key, &node, error) < 0)
    return -1;
  if (!node)
    return 0;
  if (parse_integer (node->text, &number) < 0 || number < min || number > max)
    return node_error (node, error,
                       "%s wants a whole number from %" PRId64 " to %" PRId64 ", not \"%.100s\"",
                       key, min, max, node->text);
  *ret_number = number;
  return 0;
}

int
value_word (const struct node *object, const char *key, const char *const *words, size_t count,
            int *ret_index, struct error *error)
{
  const struct node *node = NULL;
  if (scalar (object, key, &node, error) < 0)
    return -1;
  for (size_t i = 0; node && i < count; i++)
    if (strcmp (node->text, words[i]) == 0) {
      *ret_index = (int) i;
      return 0;
    }
  if (!node)
    return 0;
  MEM_AUTO char *hint = nearest_hint (node->text, words, count);
  MEM_AUTO char *list = list_words (words, count);
  return node_error (node, error, "%s is %s, not \"%.100s\"%s", key, list, node->text, hint);
}

/* Is TEXT one of the words in WORDS ("never auto")? */
static bool
is_word_of (const char *text, const char *words)
{
  bool is_word = strcmp (text, "never") == 0 || strcmp (text, "auto") == 0;
  return is_word && strstr (words, text) != NULL;
}

int
value_duration (const struct node *object, const char *key, const char *words, int64_t *ret_ms,
                struct error *error)
{
  const struct node *node = NULL;
  int64_t ms = 0;
  if (scalar (object, key, &node, error) < 0)
    return -1;
  if (!node)
    return 0;
  bool valid = settings_parse_duration (node->text, &ms) == 0
               && (ms > 0 || is_word_of (node->text, words));
  if (!valid)
    return node_error (node, error, "%s wants a time such as 30s, 5m, 12h or 7d%s%s%s, not \"%.100s\"",
                       key, *words ? " (or " : "", words, *words ? ")" : "", node->text);
  *ret_ms = ms;
  return 0;
}

void
value_free_texts (char **texts, size_t count)
{
  for (size_t i = 0; i < count; i++)
    free (texts[i]);
  free (texts);
}

static int
check_texts (const struct node *node, const char *key, struct error *error)
{
  if (node->kind == NODE_OBJECT)
    return node_error (node, error, "%s wants a list, this is an object", key);
  for (size_t i = 0; i < node->count; i++) {
    const struct node *item = node->items[i];
    if (item->kind != NODE_SCALAR || !*item->text || node_is_null (item))
      return node_error (item, error, "%s wants a list of single values, this one is %s", key,
                         item->kind == NODE_SCALAR ? "empty" : node_kind_name (item));
  }
  return 0;
}

int
value_texts (const struct node *object, const char *key, char ***ret_texts, size_t *ret_count,
             struct error *error)
{
  const struct node *node = node_get (object, key);
  if (node_is_null (node))
    return 0;
  if (check_texts (node, key, error) < 0)
    return -1;
  bool single = node->kind == NODE_SCALAR;
  size_t count = single ? 1 : node->count;
  char **texts = mem_new (count, sizeof *texts);
  for (size_t i = 0; i < count; i++)
    texts[i] = mem_copy_text (single ? node->text : node->items[i]->text);
  value_free_texts (*ret_texts, *ret_count);
  *ret_texts = texts;
  *ret_count = count;
  return 0;
}
