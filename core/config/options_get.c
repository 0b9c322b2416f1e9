/* Typed access to options, as plugins have it through struct syncd_host. Any thread. */
#include "config.h"
#include "config/options.h"

#include "config/internal.h"
#include "util/mem.h"

const char *
options_text (const struct syncd_config *config, const char *key)
{
  return options_item (config, key, 0);
}

int64_t
options_number (const struct syncd_config *config, const char *key)
{
  const struct option_value *value = option_find (config, key);
  return value ? value->number : 0;
}

bool
options_is_set (const struct syncd_config *config, const char *key)
{
  const struct option_value *value = option_find (config, key);
  return value && value->set;
}

size_t
options_count (const struct syncd_config *config, const char *key)
{
  const struct option_value *value = option_find (config, key);
  return value ? value->count : 0;
}

const char *
options_item (const struct syncd_config *config, const char *key, size_t i)
{
  const struct option_value *value = option_find (config, key);
  return value && i < value->count ? value->texts[i] : NULL;
}

const char *
options_item_key (const struct syncd_config *config, const char *key, size_t i)
{
  const struct option_value *value = option_find (config, key);
  return value && i < value->count ? value->keys[i] : NULL;
}

const char *
options_name (const struct syncd_config *config)
{
  return config->name;
}

char *
options_type_name (const struct syncd_option *option)
{
  static const char *const names[] = {"?",    "string", "int",  "bool", "duration",
                                      "size", "path",   "uri",  "enum"};
  uint32_t type = option->type & SYNCD_OPT_TYPE_MASK;
  const char *outer = option->type & SYNCD_OPT_MAP    ? "map of "
                      : option->type & SYNCD_OPT_LIST ? "list of "
                                                      : "";
  const char *name = type < COUNT (names) ? names[type] : "?";
  if (type == SYNCD_OPT_ENUM && option->words)
    return mem_format ("%s%s (%s)", outer, name, option->words);
  if (type == SYNCD_OPT_INT && option->words)
    return mem_format ("%s%s or %s", outer, name, option->words);
  return mem_format ("%s%s", outer, name);
}
