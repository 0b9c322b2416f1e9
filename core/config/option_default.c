/* Options that the file does not give: from the environment, else from their declaration.
 *
 * LDAP_HOST is the one variable that is not taken as it is: together with LDAP_PORT it makes
 * the URIs ldaps://HOST:PORT. It may hold several hosts, separated by spaces or commas, hosts
 * with a port of their own, and complete URIs. */
#include "config.h"
#include "config/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static const char separators[] = " ,\t\n";

/* A variable that is set, and not to nothing. */
static const char *
get_variable (const char *name)
{
  const char *value = name ? getenv (name) : NULL;
  return value && *value ? value : NULL;
}

/* Checks and takes TEXT over; the variable's or the declaration's ORIGIN is for the message. */
static int
take_text (struct option_value *value, const char *origin, char *key, char *text,
           struct error *error)
{
  int64_t number = 0;
  MEM_AUTO char *why = NULL;
  if (option_parse (&value->option, text, &number, &why) < 0) {
    mem_free_secret (text);
    free (key);
    return error_config (error, "%s (for %s) must be %s", origin, value->option.key, why);
  }
  if (value->count == 0)
    value->number = number;
  option_add_take (value, key, text);
  return 0;
}

static int
get_port (const char **ret_port, struct error *error)
{
  int64_t number = 0;
  const char *port = get_variable ("LDAP_PORT");
  if (port && (parse_integer (port, &number) < 0 || number < 1 || number > 65535))
    return error_config (error, "the variable LDAP_PORT must be a port from 1 to 65535, not \"%.100s\"",
                         port);
  *ret_port = port ? port : "636";
  return 0;
}

/* One host of LDAP_HOST as a URI. Two colons and no bracket: a bare IPv6 address. */
static char *
make_ldap_uri (const char *host, const char *port)
{
  const char *colon = strchr (host, ':');
  if (strstr (host, "://"))
    return mem_copy_text (host);
  if (*host == '[')
    return strstr (host, "]:") ? mem_format ("ldaps://%s", host)
                               : mem_format ("ldaps://%s:%s", host, port);
  if (colon && strchr (colon + 1, ':'))
    return mem_format ("ldaps://[%s]:%s", host, port);
  return colon ? mem_format ("ldaps://%s", host) : mem_format ("ldaps://%s:%s", host, port);
}

static int
take_words (struct option_value *value, const char *name, const char *text, struct error *error)
{
  bool ldap_host = strcmp (name, "LDAP_HOST") == 0;
  MEM_AUTO char *origin = mem_format ("the variable %s", name);
  const char *port = "";
  if (ldap_host && get_port (&port, error) < 0)
    return -1;
  for (const char *at = text + strspn (text, separators); *at;) {
    size_t len = strcspn (at, separators);
    char *word = mem_copy (at, len);
    char *item = ldap_host ? make_ldap_uri (word, port) : mem_copy_text (word);
    free (word);
    if (take_text (value, origin, NULL, item, error) < 0)
      return -1;
    at += len;
    at += strspn (at, separators);
  }
  return 0;
}

int
option_from_environment (struct option_value *value, struct error *error)
{
  const char *name = value->option.environment, *text = get_variable (name);
  bool uri = (value->option.type & SYNCD_OPT_TYPE_MASK) == SYNCD_OPT_URI;
  if (!text || (value->option.type & SYNCD_OPT_MAP))
    return 0;
  value->set = true;
  if (uri && ((value->option.type & SYNCD_OPT_LIST) || strcmp (name, "LDAP_HOST") == 0))
    return take_words (value, name, text, error);
  MEM_AUTO char *origin = mem_format ("the variable %s", name);
  return take_text (value, origin, NULL, mem_copy_text (text), error);
}

/* A default of a list or map may be written as in the file: [a, b] or {a: b}. */
static int
take_tree (struct option_value *value, const struct node *tree, struct error *error)
{
  for (size_t i = 0; tree && i < tree->count; i++) {
    const struct node *item = tree->items[i];
    char *key = tree->keys ? mem_copy_text (tree->keys[i]) : NULL;
    if (take_text (value, "the plugin's default", key,
                   mem_copy_text (item->text ? item->text : ""), error) < 0)
      return -1;
  }
  return 0;
}

int
option_from_default (struct option_value *value, struct error *error)
{
  const char *text = value->option.default_value;
  bool several = value->option.type & (SYNCD_OPT_LIST | SYNCD_OPT_MAP);
  if (!text)
    return 0;
  if (!several || (*text != '[' && *text != '{'))
    return take_text (value, "the plugin's default", NULL, mem_copy_text (text), error);
  struct node *root = NULL;
  MEM_AUTO char *document = mem_format ("mapping: %s", text); /* no ${NAME} there */
  if (node_load_text ("the plugin's default", document, strlen (document), &root, error) < 0)
    return -1;
  int result = take_tree (value, node_get (root, "mapping"), error);
  node_free (root);
  return result;
}
