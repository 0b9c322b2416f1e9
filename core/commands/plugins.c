/* syncd plugins: what is found, and what each plugin declares of itself. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "host/loader.h"
#include "util/log.h"
#include "util/mem.h"

struct listing {
  bool json;
  json_t *all;
  int status;
};

static const char *
kind_name (const struct syncd_plugin *plugin)
{
  return plugin->kind == SYNCD_KIND_SOURCE ? "source" : "sink";
}

static char *
abi_text (const struct syncd_plugin *plugin)
{
  unsigned version = (unsigned) plugin->abi_version;
  return mem_format ("%u.%u", version >> 16, version & 0xffff);
}

static json_t *
option_json (const struct syncd_option *option)
{
  MEM_AUTO char *type = options_type_name (option);
  return json_pack ("{s:s, s:s, s:s?, s:b, s:b, s:s?, s:s}", "key", option->key, "type", type,
                    "default", option->default_value, "required", !!(option->type & SYNCD_OPT_REQUIRED),
                    "secret", !!(option->type & SYNCD_OPT_SECRET), "environment", option->environment,
                    "help", option->help);
}

static json_t *
plugin_json (const struct loaded *loaded, bool whole)
{
  const struct syncd_plugin *plugin = loaded->plugin;
  MEM_AUTO char *abi = abi_text (plugin);
  json_t *json = json_pack ("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "name", plugin->name,
                            "kind", kind_name (plugin), "version", plugin->version, "abi", abi,
                            "summary", plugin->summary, "file", loaded->file,
                            "thread_model", (int) plugin->thread_model,
                            "max_sessions", (int) plugin->max_sessions,
                            "max_batch", loaded->sink ? (int) loaded->sink->max_batch : 0);
  if (!whole)
    return json;
  json_t *options = json_array (), *owned = json_array ();
  size_t count;
  const struct syncd_option *host = options_host_owned (&count);
  for (uint32_t i = 0; i < plugin->option_count; i++)
    json_array_append_new (options, option_json (loader_option (plugin, i)));
  for (size_t i = 0; i < count; i++)
    json_array_append_new (owned, option_json (&host[i]));
  json_object_set_new (json, "options", options);
  json_object_set_new (json, "host_options", owned);
  return json;
}

static void
print_option (const struct syncd_option *option)
{
  MEM_AUTO char *type = options_type_name (option);
  printf ("  %-18s %s%s%s", option->key, type, option->type & SYNCD_OPT_REQUIRED ? ", required" : "",
          option->type & SYNCD_OPT_SECRET ? ", secret" : "");
  if (option->default_value)
    printf (", default %s", option->default_value);
  if (option->environment)
    printf (", from $%s", option->environment);
  printf ("\n  %-18s   %s\n", "", option->help ? option->help : "");
}

static void
print_whole (const struct loaded *loaded)
{
  size_t count;
  const struct syncd_plugin *plugin = loaded->plugin;
  const struct syncd_option *host = options_host_owned (&count);
  MEM_AUTO char *abi = abi_text (plugin);
  printf ("%s: %s\nkind       %s\nversion    %s\ninterface  %s\nfile       %s\noptions\n", plugin->name,
          plugin->summary, kind_name (plugin), plugin->version, abi, loaded->file);
  for (uint32_t i = 0; i < plugin->option_count; i++)
    print_option (loader_option (plugin, i));
  puts ("options of every plugin");
  for (size_t i = 0; i < count; i++)
    print_option (&host[i]);
}

static void
list_one (void *data, const char *name, const struct loaded *loaded, const struct error *error)
{
  struct listing *listing = data;
  if (!loaded) {
    log_warning ("%s: %s", name, error->text);
    return;
  }
  if (listing->json)
    json_array_append_new (listing->all, plugin_json (loaded, false));
  else
    printf ("%-7s %-16s %-8s %s\n", kind_name (loaded->plugin), loaded->plugin->name,
            loaded->plugin->version, loaded->plugin->summary);
}

static int
show_one (struct loader *loader, const struct cli *cli)
{
  const struct loaded *loaded;
  struct error error;
  if (loader_load (loader, cli->arguments[0], 0, &loaded, &error) < 0)
    return command_fail (&error);
  if (!cli->json) {
    print_whole (loaded);
    return 0;
  }
  json_t *json = plugin_json (loaded, true);
  json_dumpf (json, stdout, JSON_INDENT (1));
  putchar ('\n');
  json_decref (json);
  return 0;
}

static int
show_all (struct loader *loader, const struct cli *cli)
{
  struct listing listing = { .json = cli->json, .all = json_array () };
  loader_each (loader, list_one, &listing);
  if (cli->json) {
    json_dumpf (listing.all, stdout, JSON_INDENT (1));
    putchar ('\n');
  }
  json_decref (listing.all);
  return 0;
}

int
command_plugins (const struct cli *cli)
{
  if (cli->argument_count > 1) {
    log_error ("plugins takes at most one name");
    return 2;
  }
  struct loader *loader = loader_new (cli->plugin_dir);
  int status = cli->argument_count ? show_one (loader, cli) : show_all (loader, cli);
  loader_free (loader);
  return fflush (stdout) == 0 ? status : 1;
}
