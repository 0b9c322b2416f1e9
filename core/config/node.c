/* The configuration tree, and loading it; see node.h. */
#include "config.h"
#include "config/node.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"
#include "util/mem.h"
#include "util/text.h"

const struct node *
node_get (const struct node *object, const char *key)
{
  if (!object || object->kind != NODE_OBJECT)
    return NULL;
  for (size_t i = 0; i < object->count; i++)
    if (strcmp (object->keys[i], key) == 0)
      return object->items[i];
  return NULL;
}

void
node_append (struct node *node, char *key, struct node *item)
{
  if ((node->count & (node->count - 1)) == 0) { /* at 0, 1, 2, 4, 8, … */
    size_t size = node->count ? node->count * 2 : 1;
    node->items = mem_resize (node->items, size, sizeof *node->items);
    if (key)
      node->keys = mem_resize (node->keys, size, sizeof *node->keys);
  }
  if (key)
    node->keys[node->count] = key;
  node->items[node->count++] = item;
}

bool
node_is_null (const struct node *node)
{
  if (!node)
    return true;
  if (node->kind != NODE_SCALAR || !node->plain)
    return false;
  const char *text = node->text;
  return !*text || strcmp (text, "~") == 0 || text_equal_nocase (text, "null");
}

const char *
node_kind_name (const struct node *node)
{
  switch (node->kind) {
  case NODE_LIST:
    return "a list";
  case NODE_OBJECT:
    return "an object";
  default:
    return "a single value";
  }
}

static int
fail_at (const struct node *node, int line, int column, struct error *error, const char *fmt,
         va_list args)
{
  MEM_AUTO char *message = mem_vformat (fmt, args);
  return error_config (error, "%s:%d:%d: %s", node->file, line, column, message);
}

int
node_error (const struct node *node, struct error *error, const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  fail_at (node, node->line, node->column, error, fmt, args);
  va_end (args);
  return -1;
}

int
node_key_error (const struct node *node, struct error *error, const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  int line = node->key_line ? node->key_line : node->line;
  int column = node->key_line ? node->key_column : node->column;
  fail_at (node, line, column, error, fmt, args);
  va_end (args);
  return -1;
}

static void
free_tree (struct node *node)
{
  for (size_t i = 0; i < node->count; i++) {
    if (node->keys)
      free (node->keys[i]);
    free_tree (node->items[i]);
  }
  free (node->keys);
  free (node->items);
  mem_free_secret (node->text);
  free (node);
}

void
node_free (struct node *root)
{
  if (!root)
    return;
  char *file = root->file;
  free_tree (root);
  free (file);
}

void
node_discard (struct node *node)
{
  if (node)
    node->file = NULL;
  node_free (node);
}

static int
load_text (const char *name, const char *text, size_t len, bool ends, struct node **ret_root,
           struct error *error)
{
  struct node *root = NULL;
  if (len > CONFIG_MAX_BYTES)
    return error_config (error, "%s: a configuration has at most 1 MiB, this one is larger", name);
  if (yaml_read (name, text, len, &root, error) < 0)
    return -1;
  if (expand_tree (root, ends, error) < 0) {
    node_free (root);
    return -1;
  }
  *ret_root = root;
  return 0;
}

int
node_load_text (const char *name, const char *text, size_t len, struct node **ret_root,
                struct error *error)
{
  return load_text (name, text, len, true, ret_root, error);
}

#define READABLE \
  "; the user that syncd runs as must be able to read it (one that others can read holds no secrets)"

static int
load_file (const char *file, bool ends, struct node **ret_root, struct error *error)
{
  char *text = NULL;
  size_t len = 0;
  int failure = file_read (file, CONFIG_MAX_BYTES, &text, &len);
  if (failure == EFBIG)
    return error_config (error, "%s: a configuration has at most 1 MiB, this one is larger", file);
  if (failure)
    return error_config (error, "cannot read the configuration file %s: %s%s", file,
                         strerror (failure), failure == EACCES ? READABLE : "");
  int result = load_text (file, text, len, ends, ret_root, error);
  mem_wipe (text, len);
  free (text);
  return result;
}

int
node_load_file (const char *file, struct node **ret_root, struct error *error)
{
  return load_file (file, true, ret_root, error);
}

int
node_load_file_without_ends (const char *file, struct node **ret_root, struct error *error)
{
  return load_file (file, false, ret_root, error);
}
