/* The settings of one pipeline: finding the file and putting the sections together. */
#include "config.h"
#include "config/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/internal.h"
#include "util/mem.h"

#define SYSTEM_FILE "/etc/syncd/syncd.yaml"

/* The matrix that the project began with (contract: section 3). */
static const char default_mapping[] =
    "mapping:\n"
    "  userName: uid\n"
    "  emails:\n"
    "    - primary: true\n"
    "      type: work\n"
    "      value: mail\n"
    "  name:\n"
    "    formatted: cn\n"
    "    familyName: sn\n"
    "    givenName: givenName\n"
    "  phoneNumbers:\n"
    "    - type: work\n"
    "      value: telephoneNumber\n"
    "  active: enabled\n";

static const char *
find_file (const struct settings_request *request)
{
  const char *environment = getenv ("SYNCD_CONFIG");
  if (request->config_file)
    return request->config_file;
  if (environment && *environment)
    return environment;
  return access (SYSTEM_FILE, F_OK) == 0 ? SYSTEM_FILE : NULL;
}

static int
load_root (const struct settings_request *request, struct settings *settings, struct error *error)
{
  static const char *const keys[] = {"sources", "sinks",    "schemas", "mapping",
                                     "match",   "adopt_foreign", "collision", "leavers",
                                     "brakes",  "protect",  "audit",   "state",
                                     "schedule"};
  const char *file = find_file (request);
  settings->file = mem_copy_text (file);
  int result = file && request->without_ends
                   ? node_load_file_without_ends (file, &settings->root, error)
               : file ? node_load_file (file, &settings->root, error)
                    : node_load_text ("environment", "", 0, &settings->root, error);
  return result < 0 ? -1 : value_known_keys (settings->root, "", keys, COUNT (keys), error);
}

static int
load_schemas (struct settings *settings, struct error *error)
{
  const struct node *node = node_get (settings->root, "schemas");
  if (node_is_null (node))
    return 0;
  if (node->kind != NODE_LIST)
    return node_error (node, error, "schemas wants a list of URNs, this is %s",
                       node_kind_name (node));
  for (size_t i = 0; i < node->count; i++) {
    const struct node *item = node->items[i];
    if (item->kind != NODE_SCALAR || strncmp (item->text, "urn:", 4) != 0)
      return node_error (item, error, "schemas wants URNs such as "
                         "urn:ietf:params:scim:schemas:core:2.0:User");
  }
  settings->schemas = node->count ? node : NULL;
  return 0;
}

static int
load_mapping (struct settings *settings, struct error *error)
{
  const struct node *node = node_get (settings->root, "mapping");
  settings->default_mapping = node_is_null (node);
  if (settings->default_mapping) {
    if (node_load_text ("default mapping", default_mapping, sizeof default_mapping - 1,
                        &settings->defaults, error) < 0)
      return -1;
    settings->mapping = node_get (settings->defaults, "mapping");
    return 0;
  }
  if (node->kind != NODE_OBJECT || node->count == 0)
    return node_error (node, error, "mapping wants the account's attributes as keys "
                       "(\"userName: uid\"), this is %s",
                       node->kind == NODE_OBJECT ? "empty" : node_kind_name (node));
  settings->mapping = node;
  return 0;
}

static int
load_sections (const struct settings_request *request, struct settings *settings,
               struct error *error)
{
  const struct node *root = settings->root;
  if (endpoint_choose (root, "sources", request->source, "ldap", &settings->source, error) < 0
      || endpoint_choose (root, "sinks", request->sink, "genesys-scim", &settings->sink, error) < 0
      || load_schemas (settings, error) < 0 || load_mapping (settings, error) < 0
      || policies_load (root, settings, error) < 0)
    return -1;
  return places_load (root, request, settings, error);
}

int
settings_load (const struct settings_request *request, struct settings *ret_settings,
               struct error *error)
{
  struct settings settings = {0};
  if (load_root (request, &settings, error) < 0 || load_sections (request, &settings, error) < 0) {
    settings_fini (&settings);
    return -1;
  }
  *ret_settings = settings;
  return 0;
}

void
settings_fini (struct settings *settings)
{
  value_free_texts (settings->match, settings->match_count);
  value_free_texts (settings->protect, settings->protect_count);
  free (settings->source.name);
  free (settings->source.plugin);
  free (settings->sink.name);
  free (settings->sink.plugin);
  free (settings->collision_format);
  free (settings->audit);
  free (settings->state_path);
  free (settings->file);
  node_free (settings->defaults);
  node_free (settings->root);
  memset (settings, 0, sizeof *settings);
}
