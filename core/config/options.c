/* A plugin's options, from the file, the environment and their defaults; see options.h. */
#include "config.h"
#include "config/options.h"

#include <stdlib.h>
#include <string.h>

#include "config/internal.h"
#include "util/mem.h"

#define HOST_OPTION(key, type, default_value, words, help)                                         \
  {                                                                                                \
    key, type, 0, default_value, words, NULL, help                                                 \
  }

/* INT with words: the word is taken beside a number, and reads as 0. */
static const struct syncd_option host_owned[] = {
    HOST_OPTION ("plugin", SYNCD_OPT_STRING, NULL, NULL,
                 "plugin behind this name, where it is called differently"),
    HOST_OPTION ("timeout", SYNCD_OPT_DURATION, "30s", NULL,
                 "how long one request may take (30s for a source, 20s for a sink)"),
    HOST_OPTION ("sessions", SYNCD_OPT_INT, "auto", "auto", "requests in flight at once"),
    HOST_OPTION ("proxy", SYNCD_OPT_URI, NULL, NULL, "proxy for HTTP requests"),
    HOST_OPTION ("requests_per_minute", SYNCD_OPT_INT, "auto", "auto",
                 "most requests a minute; auto: what the service allows"),
    HOST_OPTION ("allow_plaintext", SYNCD_OPT_BOOL, "false", NULL,
                 "allow connections without TLS to other machines"),
};

const struct syncd_option *
options_host_owned (size_t *ret_count)
{
  *ret_count = COUNT (host_owned);
  return host_owned;
}

struct option_value *
option_find (const struct syncd_config *config, const char *key)
{
  for (size_t i = 0; i < config->count; i++)
    if (strcmp (config->values[i].option.key, key) == 0)
      return &config->values[i];
  return NULL;
}

/* One more option. A plugin that declares a host-owned one gives it a default and a help of
 * its own; what it means stays the host's. */
static void
declare (struct syncd_config *config, const struct syncd_option *option, bool is_host_owned)
{
  struct option_value *known = option_find (config, option->key);
  if (!known) {
    known = &config->values[config->count++];
    known->option = *option;
    known->host_owned = is_host_owned;
    return;
  }
  if (option->default_value)
    known->option.default_value = option->default_value;
  if (option->environment)
    known->option.environment = option->environment;
  if (option->help)
    known->option.help = option->help;
}

static void
declare_all (struct syncd_config *config, const struct syncd_plugin *plugin)
{
  size_t stride = plugin->option_size;
  size_t known = stride < sizeof (struct syncd_option) ? stride : sizeof (struct syncd_option);
  config->values =
      mem_new (COUNT (host_owned) + plugin->option_count, sizeof *config->values);
  for (size_t i = 0; i < COUNT (host_owned); i++)
    declare (config, &host_owned[i], true);
  if (plugin->kind == SYNCD_KIND_SINK)
    option_find (config, "timeout")->option.default_value = "20s";
  for (size_t i = 0; i < plugin->option_count; i++) {
    struct syncd_option option = {0};
    memcpy (&option, (const char *) plugin->options + i * stride, known);
    if (option.key)
      declare (config, &option, false);
  }
}

/* Refuses TEXT where the option's type does not take it; the first text's number is kept. */
static int
check_text (struct option_value *value, const struct node *place, const char *text,
            struct error *error)
{
  int64_t number = 0;
  MEM_AUTO char *why = NULL;
  if (option_parse (&value->option, text, &number, &why) < 0)
    return node_error (place, error, "%s wants %s", value->option.key, why);
  if (value->count == 0)
    value->number = number;
  return 0;
}

static int
take_scalar (struct option_value *value, const char *key, const struct node *node,
             struct error *error)
{
  if (node->kind != NODE_SCALAR || node_is_null (node))
    return node_error (node, error, "%s wants single values, this one is %s", value->option.key,
                       node_is_null (node) ? "empty" : node_kind_name (node));
  if (check_text (value, node, node->text, error) < 0)
    return -1;
  option_add_take (value, mem_copy_text (key), mem_copy_text (node->text));
  return 0;
}

/* What the file says. A single value for a LIST is a list of one. */
static int
take_node (struct option_value *value, const struct node *node, struct error *error)
{
  bool map = value->option.type & SYNCD_OPT_MAP, list = value->option.type & SYNCD_OPT_LIST;
  enum node_kind wanted = map ? NODE_OBJECT : list ? NODE_LIST : NODE_SCALAR;
  value->set = true;
  if (node->kind == NODE_SCALAR && !map)
    return take_scalar (value, NULL, node, error);
  if (node->kind != wanted)
    return node_error (node, error, "%s wants %s, this is %s", value->option.key,
                       map    ? "keys with values"
                       : list ? "a list or a single value"
                              : "a single value",
                       node_kind_name (node));
  for (size_t i = 0; i < node->count; i++)
    if (take_scalar (value, map ? node->keys[i] : NULL, node->items[i], error) < 0)
      return -1;
  return 0;
}

static int
load_value (struct option_value *value, struct error *error)
{
  if (value->node && value->file_node)
    return node_key_error (value->file_node, error,
                           "both %s and %s_file are given; take one of them away",
                           value->option.key, value->option.key);
  if (value->file_node)
    return secret_from_file (value, error);
  if (value->node)
    return take_node (value, value->node, error) < 0 ? -1 : secret_check_literal (value, error);
  if (option_from_environment (value, error) < 0)
    return -1;
  return value->set ? 0 : option_from_default (value, error);
}

static int
check_required (const struct syncd_config *config, const struct option_value *value,
                const struct node *node, struct error *error)
{
  const struct syncd_option *option = &value->option;
  bool secret = option->type & SYNCD_OPT_SECRET;
  if (!(option->type & SYNCD_OPT_REQUIRED) || (value->count > 0 && *value->texts[0]))
    return 0;
  MEM_AUTO char *message = mem_format (
      "%s is missing: give it under %s.%s:%s%s%s%s%s%s", option->key, config->section,
      config->name, secret ? " (or " : "", secret ? option->key : "",
      secret ? "_file, a file that holds it)" : "", option->environment ? ", or set $" : "",
      option->environment ? option->environment : "", option->environment ? " in the environment" : "");
  return node ? node_key_error (node, error, "%s", message) : error_config (error, "%s", message);
}

/* What the types do not say of the host's own options. */
static int
check_ranges (const struct option_value *value, struct error *error)
{
  static const struct range {
    const char *key, *words;
    int64_t min, max;
  } ranges[] = {{"sessions", "1 to 64, or auto", 0, 64},
                {"requests_per_minute", "1 to 1000000, or auto", 0, 1000000},
                {"timeout", "a time from 100ms to 1h", 100, 3600000}};
  if (!value->host_owned || value->count == 0)
    return 0;
  for (size_t i = 0; i < COUNT (ranges); i++) {
    const struct range *range = &ranges[i];
    bool zero = value->number == 0 && strcmp (value->texts[0], "auto") != 0;
    if (strcmp (value->option.key, range->key) != 0
        || (value->number >= range->min && value->number <= range->max && !zero))
      continue;
    if (value->node)
      return node_error (value->node, error, "%s wants %s, not \"%.100s\"", range->key,
                         range->words, value->texts[0]);
    return error_config (error, "%s wants %s, not \"%.100s\"", range->key, range->words,
                         value->texts[0]);
  }
  return 0;
}

static int
load_values (struct syncd_config *config, const struct endpoint *endpoint, struct error *error)
{
  if (option_match (config, endpoint->node, error) < 0)
    return -1;
  for (size_t i = 0; i < config->count; i++)
    if (load_value (&config->values[i], error) < 0
        || check_ranges (&config->values[i], error) < 0)
      return -1;
  for (size_t i = 0; i < config->count; i++)
    if (check_required (config, &config->values[i], endpoint->node, error) < 0)
      return -1;
  return 0;
}

int
options_load (const struct endpoint *endpoint, const struct syncd_plugin *plugin,
              struct syncd_config **ret_config, struct error *error)
{
  struct syncd_config *config = mem_new (1, sizeof *config);
  config->name = mem_copy_text (endpoint->name);
  config->section = plugin->kind == SYNCD_KIND_SINK ? "sinks" : "sources";
  declare_all (config, plugin);
  if (load_values (config, endpoint, error) < 0) {
    options_free (config);
    return -1;
  }
  *ret_config = config;
  return 0;
}

static void
free_value (struct option_value *value)
{
  for (size_t i = 0; i < value->count; i++) {
    mem_free_secret (value->texts[i]);
    free (value->keys[i]);
  }
  free (value->texts);
  free (value->keys);
}

void
options_free (struct syncd_config *config)
{
  if (!config)
    return;
  for (size_t i = 0; i < config->count; i++)
    free_value (&config->values[i]);
  free (config->values);
  free (config->name);
  free (config);
}
