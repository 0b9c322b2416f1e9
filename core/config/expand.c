/* ${NAME} of the environment in the configuration's values.
 *
 * Two steps, measure and write, so that no copy of a secret is left in memory that grew.
 * Keys are names and are not touched; under mapping: ${…} is an expression. Main thread only. */
#include "config.h"
#include "config/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

struct expansion {
  struct node *node;
  char *out;             /* NULL: only measuring */
  size_t len;
  bool from_environment; /* a variable gave some of the text */
  struct error *error;
};

static void
put (struct expansion *expansion, const char *bytes, size_t len)
{
  if (expansion->out)
    memcpy (expansion->out + expansion->len, bytes, len);
  expansion->len += len;
}

static size_t
name_length (const char *text)
{
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  size_t first = strspn (text, letters);
  return first ? strspn (text, more) : 0;
}

/* INSIDE is what stands between "${" and "}". */
static int
put_variable (struct expansion *expansion, const char *inside, size_t len)
{
  size_t name_len = name_length (inside);
  const char *rest = inside + name_len;
  bool has_default = name_len && strncmp (rest, ":-", 2) == 0;
  if (name_len == 0 || (rest != inside + len && !has_default))
    return node_error (expansion->node, expansion->error,
                       "${…} is neither ${NAME} nor ${NAME:-default}; write $${ for the text ${");
  MEM_AUTO char *name = mem_copy (inside, name_len);
  const char *value = getenv (name);
  if (value && (*value || !has_default)) {
    put (expansion, value, strlen (value));
    expansion->from_environment = true;
    return 0;
  }
  if (!has_default)
    return node_error (expansion->node, expansion->error,
                       "the environment variable %s is not set; set it, or write ${%s:-default}",
                       name, name);
  put (expansion, rest + 2, len - name_len - 2);
  return 0;
}

static int
expand_text (struct expansion *expansion, const char *text)
{
  while (*text) {
    const char *dollar = strchr (text, '$');
    size_t plain = dollar ? (size_t) (dollar - text) : strlen (text);
    put (expansion, text, plain);
    text += plain;
    if (strncmp (text, "$${", 3) == 0) {
      put (expansion, "${", 2);
      text += 3;
    } else if (strncmp (text, "${", 2) == 0) {
      const char *end = strchr (text, '}');
      if (!end)
        return node_error (expansion->node, expansion->error,
                           "${ without its }; write $${ for the text ${");
      if (put_variable (expansion, text + 2, (size_t) (end - text - 2)) < 0)
        return -1;
      text = end + 1;
    } else if (*text) {
      put (expansion, text++, 1);
    }
  }
  return 0;
}

static int
expand_scalar (struct node *node, size_t *room, struct error *error)
{
  if (!strstr (node->text, "${"))
    return 0;
  struct expansion expansion = {.node = node, .error = error};
  if (expand_text (&expansion, node->text) < 0)
    return -1;
  if (expansion.len > *room)
    return node_error (node, error, "with its ${…} the configuration is larger than 1 MiB");
  *room -= expansion.len;
  expansion.out = mem_new (expansion.len + 1, 1);
  expansion.len = 0;
  expand_text (&expansion, node->text);
  mem_free_secret (node->text);
  node->text = expansion.out;
  node->from_environment = expansion.from_environment;
  return 0;
}

static int
expand_node (struct node *node, size_t *room, struct error *error)
{
  if (node->kind == NODE_SCALAR)
    return expand_scalar (node, room, error);
  for (size_t i = 0; i < node->count; i++)
    if (expand_node (node->items[i], room, error) < 0)
      return -1;
  return 0;
}

static bool
is_end (const char *key)
{
  return strcmp (key, "sources") == 0 || strcmp (key, "sinks") == 0;
}

int
expand_tree (struct node *root, bool ends, struct error *error)
{
  size_t room = CONFIG_MAX_BYTES;
  for (size_t i = 0; i < root->count; i++)
    if (strcmp (root->keys[i], "mapping") != 0 && (ends || !is_end (root->keys[i]))
        && expand_node (root->items[i], &room, error) < 0)
      return -1;
  return 0;
}
