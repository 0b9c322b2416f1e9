/* Where the state and the audit trail are, and when things are due. */
#include "config.h"
#include "config/internal.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

/* The pipeline's name: its configuration file's, without folder and .yaml. */
static char *
pipeline_name (const char *file)
{
  if (!file)
    return mem_copy_text ("syncd");
  const char *slash = strrchr (file, '/');
  char *name = mem_copy_text (slash ? slash + 1 : file);
  char *dot = strrchr (name, '.');
  if (dot && dot != name && (strcmp (dot, ".yaml") == 0 || strcmp (dot, ".yml") == 0))
    *dot = '\0';
  return name;
}

static const char *
home_folder (void)
{
  const char *home = getenv ("HOME");
  if (home && *home == '/')
    return home;
  const struct passwd *user = getpwuid (geteuid ());
  return user && user->pw_dir && *user->pw_dir == '/' ? user->pw_dir : NULL;
}

/* The folder is made by the store when it is needed, not here. */
static int
default_state_path (const char *file, char **ret_path, struct error *error)
{
  MEM_AUTO char *name = pipeline_name (file);
  const char *state_home = getenv ("XDG_STATE_HOME");
  if (geteuid () == 0) {
    *ret_path = mem_format ("/var/lib/syncd/%s.db", name);
  } else if (state_home && *state_home == '/') { /* a relative one is to be ignored, says XDG */
    *ret_path = mem_format ("%s/syncd/%s.db", state_home, name);
  } else {
    const char *home = home_folder ();
    if (!home)
      return error_config (error, "no home folder for the state: set state.path, --state or HOME");
    *ret_path = mem_format ("%s/.local/state/syncd/%s.db", home, name);
  }
  return 0;
}

static int
load_state (const struct node *root, const struct settings_request *request,
            struct settings *settings, struct error *error)
{
  static const char *const keys[] = {"path"};
  const struct node *node = NULL;
  if (value_object (root, "", "state", keys, COUNT (keys), &node, error) < 0
      || value_text (node, "path", &settings->state_path, error) < 0)
    return -1;
  if (request->state && !*request->state)
    return error_config (error, "--state wants a file's name");
  if (request->state)
    mem_set_text (&settings->state_path, request->state);
  return settings->state_path ? 0
                              : default_state_path (settings->file, &settings->state_path, error);
}

static int
load_schedule (const struct node *root, struct settings *settings, struct error *error)
{
  static const char *const keys[] = {"every", "inventory", "full", "verify"};
  static const char words[] = "never or auto";
  const struct node *node = NULL;
  settings->every_ms = INT64_C (5) * 60 * 1000;
  settings->inventory_ms = 0;
  settings->full_ms = INT64_C (7) * 24 * 3600 * 1000;
  settings->verify_ms = -1;
  if (value_object (root, "", "schedule", keys, COUNT (keys), &node, error) < 0
      || value_duration (node, "every", "", &settings->every_ms, error) < 0
      || value_duration (node, "inventory", words, &settings->inventory_ms, error) < 0
      || value_duration (node, "full", words, &settings->full_ms, error) < 0
      || value_duration (node, "verify", words, &settings->verify_ms, error) < 0)
    return -1;
  return 0;
}

int
places_load (const struct node *root, const struct settings_request *request,
             struct settings *settings, struct error *error)
{
  if (load_state (root, request, settings, error) < 0
      || load_schedule (root, settings, error) < 0)
    return -1;
  return value_text (root, "audit", &settings->audit, error);
}
