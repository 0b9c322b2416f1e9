/* Which key of the file is which option. Dotted keys stand for objects inside objects:
 * "tls.ca_file" is  tls: {ca_file: …}. Pure. */
#include "config.h"
#include "config/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Is PATH an object that options live in? */
static bool
is_group (const struct syncd_config *config, const char *path)
{
  size_t len = strlen (path);
  for (size_t i = 0; i < config->count; i++) {
    const char *key = config->values[i].option.key;
    if (strncmp (key, path, len) == 0 && key[len] == '.')
      return true;
  }
  return false;
}

/* The secret whose KEY_file is PATH, or NULL. */
static struct option_value *
find_secret_of_file (const struct syncd_config *config, const char *path)
{
  size_t len = strlen (path);
  if (len < 6 || strcmp (path + len - 5, "_file") != 0)
    return NULL;
  MEM_AUTO char *key = mem_copy (path, len - 5);
  struct option_value *value = option_find (config, key);
  return value && (value->option.type & SYNCD_OPT_SECRET) ? value : NULL;
}

/* Says so, with the nearest known key, KEY_file of secrets included. */
static int
unknown_key (const struct syncd_config *config, const char *path, const struct node *node,
             struct error *error)
{
  const char **known = mem_new (config->count * 2, sizeof *known);
  char **file_keys = mem_new (config->count, sizeof *file_keys);
  size_t count = 0, file_count = 0;
  for (size_t i = 0; i < config->count; i++) {
    const struct syncd_option *option = &config->values[i].option;
    known[count++] = option->key;
    if (option->type & SYNCD_OPT_SECRET)
      known[count++] = file_keys[file_count++] = mem_format ("%s_file", option->key);
  }
  char *hint = nearest_hint (path, known, count);
  node_key_error (node, error, "unknown key %.100s of %s.%s%s%s", path, config->section,
                  config->name, hint, *hint ? "" : "; syncd plugins NAME lists the known ones");
  free (hint);
  value_free_texts (file_keys, file_count);
  free (known);
  return -1;
}

static int
place (const struct node **slot, const char *path, const struct node *node, struct error *error)
{
  if (*slot)
    return node_key_error (node, error, "%.100s is already given in line %d", path,
                           (*slot)->key_line);
  *slot = node;
  return 0;
}

static int
match_members (struct syncd_config *, const struct node *object, const char *prefix,
               struct error *);

static int
match_member (struct syncd_config *config, const char *path, const struct node *node,
              struct error *error)
{
  struct option_value *value = option_find (config, path);
  struct option_value *secret = value ? NULL : find_secret_of_file (config, path);
  if (!value && !secret && !is_group (config, path))
    return unknown_key (config, path, node, error);
  if (node_is_null (node))
    return 0;
  if (value)
    return place (&value->node, path, node, error);
  if (secret)
    return place (&secret->file_node, path, node, error);
  if (node->kind != NODE_OBJECT)
    return node_error (node, error, "%s wants keys with values, this is %s", path,
                       node_kind_name (node));
  return match_members (config, node, path, error);
}

static int
match_members (struct syncd_config *config, const struct node *object, const char *prefix,
               struct error *error)
{
  for (size_t i = 0; i < object->count; i++) {
    MEM_AUTO char *path = mem_format ("%s%s%s", prefix, *prefix ? "." : "", object->keys[i]);
    if (match_member (config, path, object->items[i], error) < 0)
      return -1;
  }
  return 0;
}

int
option_match (struct syncd_config *config, const struct node *object, struct error *error)
{
  return object ? match_members (config, object, "", error) : 0;
}
