/* Which source and which sink: an entry of sources: or sinks:, or a plugin by its name. */
#include "config.h"
#include "config/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static bool
is_plugin_name (const char *name)
{
  size_t len = strlen (name);
  return len > 0 && len <= 64 && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static int
read_plugin_name (const struct node *entry, const char *section, struct endpoint *endpoint,
                  struct error *error)
{
  if (value_text (entry, "plugin", &endpoint->plugin, error) < 0)
    return -1;
  if (!endpoint->plugin)
    endpoint->plugin = mem_copy_text (endpoint->name);
  if (is_plugin_name (endpoint->plugin))
    return 0;
  const struct node *named = node_get (entry, "plugin");
  static const char want[] = "a plugin's name has small letters, digits and \"-\" alone";
  if (named)
    return node_error (named, error, "%s", want);
  if (entry)
    return node_key_error (entry, error, "\"%.100s\" names no plugin (%s); say which with plugin:",
                           endpoint->name, want);
  return error_config (error, "no \"%.100s\" under %s:, and no plugin can be called so (%s)",
                       endpoint->name, section, want);
}

static int
choose_among (const struct node *entries, const char *section, struct error *error)
{
  MEM_AUTO char *names = list_words ((const char *const *) entries->keys, entries->count);
  bool source = strcmp (section, "sources") == 0;
  return node_error (entries, error, "several %s here: choose with %s %s", section,
                     source ? "--source" : "--sink", names);
}

static int
check_entry (const struct node *entry, const char *section, const char *name, struct error *error)
{
  if (node_is_null (entry) || entry->kind == NODE_OBJECT)
    return 0;
  return node_error (entry, error, "%s.%.100s wants keys with values, this is %s", section, name,
                     node_kind_name (entry));
}

int
endpoint_choose (const struct node *root, const char *section, const char *wanted,
                 const char *fallback, struct endpoint *ret_endpoint, struct error *error)
{
  const struct node *entries = node_get (root, section);
  if (!node_is_null (entries) && entries->kind != NODE_OBJECT)
    return node_error (entries, error, "%s wants names with keys below them, this is %s", section,
                       node_kind_name (entries));
  size_t count = node_is_null (entries) ? 0 : entries->count;
  if (!wanted && count > 1)
    return choose_among (entries, section, error);
  const char *name = wanted ? wanted : count == 1 ? entries->keys[0] : fallback;
  const struct node *entry = count ? node_get (entries, name) : NULL;
  if (check_entry (entry, section, name, error) < 0)
    return -1;
  ret_endpoint->name = mem_copy_text (name);
  ret_endpoint->node = node_is_null (entry) ? NULL : entry;
  return read_plugin_name (ret_endpoint->node, section, ret_endpoint, error);
}
