/* Are a plugin's declared options sane? A mistake in them is the author's, and is found here
 * instead of by the first user who meets that option. See admit.h. */
#include "config.h"
#include "host/admit.h"

#include <stdbool.h>
#include <string.h>

#include "config/options.h"
#include "util/mem.h"

#define KEY_MAX 64

static int
wrong (const char *file, const struct syncd_option *option, const char *what, struct error *error)
{
  return error_config (error, "%s: the declared option \"%s\" %s: report it to the plugin's author",
                       file, option->key, what);
}

static int
check_key (const char *file, const struct syncd_option *option, struct error *error)
{
  const char *key = option->key;
  if (!key)
    return error_config (error, "%s: declares an option without a key: report it to the plugin's"
                         " author", file);
  size_t len = strspn (key, "abcdefghijklmnopqrstuvwxyz0123456789_.");
  if (!len || key[len] || len > KEY_MAX || key[0] == '.' || key[len - 1] == '.'
      || strstr (key, ".."))
    return wrong (file, option, "is no key: lower-case letters, digits, underscores and single dots",
                  error);
  return 0;
}

/* Equal, or one the folder of the other ("tls" and "tls.ca_file")? */
static bool
keys_clash (const char *a, const char *b)
{
  size_t i = strlen (a), j = strlen (b);
  size_t shorter = i < j ? i : j;
  if (strncmp (a, b, shorter))
    return false;
  return i == j || (i > j ? a[shorter] : b[shorter]) == '.';
}

static int
check_clashes (const char *file, const struct syncd_plugin *plugin, uint32_t i, struct error *error)
{
  for (uint32_t j = 0; j < i; j++)
    if (keys_clash (plugin->options[i].key, plugin->options[j].key))
      return error_config (error, "%s: the declared options \"%s\" and \"%s\" have the same place in"
                           " the configuration: report it to the plugin's author", file,
                           plugin->options[j].key, plugin->options[i].key);
  return 0;
}

static int
check_default (const char *file, const struct syncd_option *option, struct error *error)
{
  int64_t number = 0;
  MEM_AUTO char *why = NULL;
  if (!option->default_value || (option->type & (SYNCD_OPT_LIST | SYNCD_OPT_MAP)))
    return 0; /* lists are YAML: the configuration reads them */
  if (option->type & SYNCD_OPT_SECRET)
    return wrong (file, option, "is a secret with a default value", error);
  if (!option_parse (option, option->default_value, &number, &why))
    return 0;
  return error_config (error, "%s: the default value of the declared option \"%s\" must be %s: report"
                       " it to the plugin's author", file, option->key, why);
}

static int
check_type (const char *file, const struct syncd_option *option, struct error *error)
{
  uint32_t type = option->type & SYNCD_OPT_TYPE_MASK;
  uint32_t known = SYNCD_OPT_TYPE_MASK | SYNCD_OPT_LIST | SYNCD_OPT_MAP | SYNCD_OPT_REQUIRED
                   | SYNCD_OPT_SECRET;
  if (type < SYNCD_OPT_STRING || type > SYNCD_OPT_ENUM || (option->type & ~known))
    return wrong (file, option, "has a type that this syncd does not know", error);
  if ((option->type & SYNCD_OPT_LIST) && (option->type & SYNCD_OPT_MAP))
    return wrong (file, option, "is a list and a map at once", error);
  if (type == SYNCD_OPT_ENUM && (!option->words || !option->words[strspn (option->words, " ")]))
    return wrong (file, option, "is an ENUM without words", error);
  return 0;
}

static int
check_option (const char *file, const struct syncd_option *option, struct error *error)
{
  if (check_key (file, option, error) || check_type (file, option, error))
    return -1;
  if (!option->help || !*option->help)
    return wrong (file, option, "has no help text", error);
  if (option->environment && !*option->environment)
    return wrong (file, option, "names an environment variable without a name", error);
  return check_default (file, option, error);
}

int
admit_options (const char *file, const struct syncd_plugin *plugin, struct error *error)
{
  for (uint32_t i = 0; i < plugin->option_count; i++)
    if (check_option (file, &plugin->options[i], error) || check_clashes (file, plugin, i, error))
      return -1;
  return 0;
}
