/* Loading, admitting and keeping plugins; see loader.h.
 *
 * A native dlopen() comes first: it binds every symbol now, keeps the code mapped for ever and
 * tells the true reason of a failure, which libltdl replaces by "file not found". */
#include "config.h"
#include "host/loader.h"

#include <dlfcn.h>
#include <ltdl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/admit.h"
#include "host/file.h"
#include "host/host.h"
#include "util/mem.h"

#ifndef RTLD_NODELETE
#define RTLD_NODELETE 0
#endif

struct module {
  struct loaded loaded;
  struct admitted admitted;
  char *name;
};

struct loader {
  struct file_folders folders;
  struct module **modules; /* in the order of their loading */
  size_t count;
  int ltdl_failed;
};

struct loader *
loader_new (const char *plugin_dir)
{
  struct loader *loader = mem_new (1, sizeof *loader);
  file_folders_init (&loader->folders, plugin_dir);
  loader->ltdl_failed = lt_dlinit ();
  return loader;
}

/* ---- loading a file ---- */

static const char *
remedy (const char *reason)
{
  if (strstr (reason, "undefined symbol"))
    return "the plugin was built against another version of a library, or without one it needs:"
           " build or install it again";
  if (strstr (reason, "cannot open shared object"))
    return "install that library";
  return "install the plugin again";
}

static int
bind_now (const char *file, struct error *error)
{
  if (dlopen (file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
    return 0;
  const char *reason = dlerror ();
  size_t len = strlen (file);
  if (!reason)
    reason = "no reason given";
  else if (!strncmp (reason, file, len) && !strncmp (reason + len, ": ", 2))
    reason += len + 2; /* the file is named by our own message */
  return error_config (error, "%s: cannot be loaded: %s: %s", file, reason, remedy (reason));
}

static lt_dlhandle
open_local (const char *file)
{
  lt_dladvise advise;
  if (lt_dladvise_init (&advise))
    return NULL;
  lt_dlhandle handle = NULL;
  if (!lt_dladvise_local (&advise) && !lt_dladvise_resident (&advise))
    handle = lt_dlopenadvise (file, advise);
  lt_dladvise_destroy (&advise);
  return handle;
}

static int
find_entry (const char *file, syncd_plugin_entry_fn *ret_entry, struct error *error)
{
  lt_dlhandle handle = open_local (file);
  if (!handle)
    return error_config (error, "%s: cannot be loaded: %s", file, lt_dlerror ());
  void *symbol = lt_dlsym (handle, SYNCD_ENTRY_NAME);
  if (!symbol)
    return error_config (error, "%s: is no syncd plugin: it has no function " SYNCD_ENTRY_NAME
                         ": take it out of the plugin folder, or install the plugin again", file);
  memcpy (ret_entry, &symbol, sizeof symbol); /* ISO C has no cast for this */
  return 0;
}

static int
open_file (struct loader *loader, const char *file, syncd_plugin_entry_fn *ret_entry,
           struct error *error)
{
  if (loader->ltdl_failed)
    return error_set (error, "libltdl cannot start, so no plugin can be loaded");
  int fd;
  if (file_open (file, &fd, error))
    return -1;
  int failed = bind_now (file, error) || file_same (file, fd, error)
               || find_entry (file, ret_entry, error);
  close (fd);
  return failed ? -1 : 0;
}

/* ---- keeping ---- */

static void
module_free (struct module *module)
{
  if (!module)
    return;
  admit_fini (&module->admitted);
  free (module->loaded.file);
  free (module->name);
  free (module);
}

static int
start (struct module *module, struct error *error)
{
  const struct syncd_plugin *plugin = &module->admitted.plugin;
  struct loaded *loaded = &module->loaded;
  loaded->plugin = plugin;
  loaded->source = plugin->source;
  loaded->sink = plugin->sink;
  if (!plugin->load)
    return 0;
  host_ctx_init (NULL, module->name, NULL, NULL);
  int32_t code = plugin->load (host_table (), &loaded->state);
  int failed = 0;
  if (code < 0)
    failed = error_config (error, "%s: the plugin \"%s\" cannot start: %s", loaded->file,
                           module->name, host_failure (NULL, code));
  host_ctx_init (NULL, NULL, NULL, NULL);
  return failed;
}

static int
module_open (struct loader *loader, struct module *module, unsigned kind, struct error *error)
{
  syncd_plugin_entry_fn entry = NULL;
  if (file_find (&loader->folders, module->name, &module->loaded.file, error)
      || open_file (loader, module->loaded.file, &entry, error)
      || admit (module->loaded.file, module->name, kind, entry (), &module->admitted, error))
    return -1;
  return start (module, error);
}

static struct module *
find_module (struct loader *loader, const char *name)
{
  for (size_t i = 0; i < loader->count; i++)
    if (!strcmp (loader->modules[i]->name, name))
      return loader->modules[i];
  return NULL;
}

static void
keep (struct loader *loader, struct module *module)
{
  loader->modules = mem_resize (loader->modules, loader->count + 1, sizeof *loader->modules);
  loader->modules[loader->count++] = module;
}

int
loader_load (struct loader *loader, const char *name, unsigned kind,
             const struct loaded **ret_loaded, struct error *error)
{
  struct module *module = find_module (loader, name);
  if (module) {
    if (admit_kind (module->loaded.file, name, kind, module->loaded.plugin->kind, error))
      return -1;
    *ret_loaded = &module->loaded;
    return 0;
  }
  module = mem_new (1, sizeof *module);
  module->name = mem_copy_text (name);
  if (module_open (loader, module, kind, error)) {
    module_free (module);
    return -1;
  }
  keep (loader, module);
  *ret_loaded = &module->loaded;
  return 0;
}

const struct syncd_option *
loader_option (const struct syncd_plugin *plugin, uint32_t i)
{
  return (const void *) ((const char *) plugin->options + (size_t) i * plugin->option_size);
}

void
loader_each (struct loader *loader,
             void (*visit) (void *, const char *, const struct loaded *, const struct error *),
             void *data)
{
  size_t count;
  char **names = file_names (&loader->folders, &count);
  for (size_t i = 0; i < count; i++) {
    const struct loaded *loaded = NULL;
    struct error error = { 0 };
    int failed = loader_load (loader, names[i], 0, &loaded, &error);
    visit (data, names[i], loaded, failed ? &error : NULL);
    free (names[i]);
  }
  free (names);
}

/* unload() is called, and the code stays: libraries below a plugin leave handlers behind that
 * run when the process ends. */
void
loader_free (struct loader *loader)
{
  if (!loader)
    return;
  while (loader->count) {
    struct module *module = loader->modules[--loader->count];
    host_ctx_init (NULL, module->name, NULL, NULL);
    if (module->admitted.plugin.unload)
      module->admitted.plugin.unload (module->loaded.state);
    module_free (module);
  }
  host_ctx_init (NULL, NULL, NULL, NULL);
  free (loader->modules);
  file_folders_fini (&loader->folders);
  free (loader);
}
