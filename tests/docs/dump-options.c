/* Prints what a plugin declares, as JSON: dump-options FOLDER NAME. For the tests of the pages. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/options.h"
#include "host/loader.h"

static json_t *
option_json (const struct syncd_option *option)
{
  char *type = options_type_name (option);
  json_t *json = json_pack ("{s:s,s:s,s:s?,s:s?,s:s?,s:b,s:b}", "key", option->key, "type", type,
                            "default", option->default_value, "environment", option->environment,
                            "help", option->help, "required",
                            (option->type & SYNCD_OPT_REQUIRED) != 0, "secret",
                            (option->type & SYNCD_OPT_SECRET) != 0);
  free (type);
  return json;
}

static json_t *
options_json (const struct syncd_option *options, size_t count)
{
  json_t *array = json_array ();
  for (size_t i = 0; i < count; i++)
    json_array_append_new (array, option_json (&options[i]));
  return array;
}

int
main (int argc, char **argv)
{
  if (argc != 3) {
    fprintf (stderr, "usage: dump-options FOLDER NAME\n");
    return 2;
  }
  struct error error;
  const struct loaded *loaded;
  struct loader *loader = loader_new (argv[1]);
  if (loader_load (loader, argv[2], 0, &loaded, &error)) {
    fprintf (stderr, "dump-options: %s\n", error.text);
    loader_free (loader);
    return error.exit_status;
  }
  size_t count;
  const struct syncd_option *host_owned = options_host_owned (&count);
  json_t *json = json_pack ("{s:s,s:o,s:o}", "name", loaded->plugin->name, "options",
                            options_json (loaded->plugin->options, loaded->plugin->option_count),
                            "host", options_json (host_owned, count));
  json_dumpf (json, stdout, JSON_INDENT (1));
  json_decref (json);
  loader_free (loader);
  return 0;
}
