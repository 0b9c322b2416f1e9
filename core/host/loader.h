/* Finding, admitting and keeping plugins. The only user of libltdl. Main thread only.
 *
 * A plugin is syncd-NAME.so (or the platform's suffix) in a plugin folder, a regular file that
 * only its owner (root or us) can write; symbolic links are refused. Nothing is ever unmapped. */
#ifndef SYNCD_HOST_LOADER_H
#define SYNCD_HOST_LOADER_H

#include <stddef.h>

#include "syncd/plugin.h"
#include "util/error.h"

struct loader;

struct loaded {
  char *file;                           /* absolute path */
  const struct syncd_plugin *plugin;    /* a complete copy of the host's size, zero-filled */
  const struct syncd_source_ops *source;
  const struct syncd_sink_ops *sink;
  void *state;                          /* of plugin->load() */
};

/* PLUGIN_DIR (may be NULL) comes before $SYNCD_PLUGIN_DIR (build tree) and the built-in folder. */
struct loader *loader_new (const char *plugin_dir);
/* Calls unload() of all. */
void loader_free (struct loader *);
/* Loads NAME of KIND (0: any), admits it, calls load(). One clear message a refusal: file, what
 * was found, what was wanted, what to do (exit status 2). The same name gives the same object. */
int loader_load (struct loader *, const char *name, unsigned kind, const struct loaded **ret_loaded,
                 struct error *);
/* Option I of a plugin, whose own array may have another stride than the host's. */
const struct syncd_option *loader_option (const struct syncd_plugin *, uint32_t i);
/* Calls VISIT for every syncd-*.so in the folders, in order of name (a name once): LOADED, or NULL
 * and the reason. */
void loader_each (struct loader *, void (*visit) (void *data, const char *name,
                  const struct loaded *, const struct error *), void *data);

#endif
