/* Admission of a descriptor; see admit.h. */
#include "config.h"
#include "host/admit.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* What version 1.0 had: less than that is damage, not age. */
#define END_OF(type, member) (offsetof (type, member) + sizeof (((type *) 0)->member))
#define PLUGIN_SIZE_1_0 END_OF (struct syncd_plugin, sink)
#define SOURCE_SIZE_1_0 END_OF (struct syncd_source_ops, describe)
#define SINK_SIZE_1_0 END_OF (struct syncd_sink_ops, describe)
#define OPTION_SIZE_1_0 END_OF (struct syncd_option, help)

#define OPTIONS_MAX 500

#define MAJOR(abi) ((abi) >> 16)
#define MINOR(abi) ((abi) & 0xffff)

static int
check_versions (const char *file, const struct syncd_plugin *found, struct error *error)
{
  unsigned has = found->abi_version, wants = found->abi_required, host = SYNCD_ABI_CURRENT;
  if (MAJOR (has) != MAJOR (host) || MAJOR (wants) != MAJOR (host))
    return error_config (error, "%s: was built for version %u.%u of the plugin interface, and this"
                         " syncd has %u.%u: install the plugin's version for this syncd, or build"
                         " it against its header", file, MAJOR (has), MINOR (has), MAJOR (host),
                         MINOR (host));
  if (wants > host)
    return error_config (error, "%s: needs version %u.%u of the plugin interface or newer, and this"
                         " syncd has %u.%u: update syncd, or install an older version of the"
                         " plugin", file, MAJOR (wants), MINOR (wants), MAJOR (host),
                         MINOR (host));
  return 0;
}

static int
check_header (const char *file, const struct syncd_plugin *found, struct error *error)
{
  if (!found)
    return error_config (error, "%s: its " SYNCD_ENTRY_NAME "() returned no descriptor: report it"
                         " to the plugin's author", file);
  if (found->magic != SYNCD_PLUGIN_MAGIC)
    return error_config (error, "%s: its descriptor begins with 0x%08lx instead of 0x%08lx, so it is"
                         " no syncd plugin or a damaged one: install it again", file,
                         (unsigned long) found->magic, (unsigned long) SYNCD_PLUGIN_MAGIC);
  if (check_versions (file, found, error))
    return -1;
  if (found->struct_size < PLUGIN_SIZE_1_0)
    return error_config (error, "%s: its descriptor has %lu bytes, and version 1.0 had %zu: the"
                         " plugin does not use SYNCD_PLUGIN_HEADER, or is damaged; report it to"
                         " its author", file, (unsigned long) found->struct_size, PLUGIN_SIZE_1_0);
  return 0;
}

static const char *
kind_name (unsigned kind)
{
  return kind == SYNCD_KIND_SOURCE ? "a source" : "a sink";
}

int
admit_kind (const char *file, const char *name, unsigned kind, unsigned found, struct error *error)
{
  if (!kind || kind == found)
    return 0;
  return error_config (error, "%s: the plugin \"%s\" is %s, and it is configured as %s: use it under"
                       " %s:, or name another plugin", file, name, kind_name (found),
                       kind_name (kind), found == SYNCD_KIND_SOURCE ? "sources" : "sinks");
}

static int
check_identity (const char *file, const char *name, const struct syncd_plugin *plugin,
                struct error *error)
{
  if (!plugin->name || !plugin->version || !plugin->summary)
    return error_config (error, "%s: its descriptor has no %s: report it to the plugin's author",
                         file, !plugin->name ? "name" : !plugin->version ? "version" : "summary");
  if (strcmp (plugin->name, name))
    return error_config (error, "%s: the plugin calls itself \"%s\", and the file's name says \"%s\":"
                         " rename the file to syncd-%s.so", file, plugin->name, name, plugin->name);
  if (plugin->kind != SYNCD_KIND_SOURCE && plugin->kind != SYNCD_KIND_SINK)
    return error_config (error, "%s: its kind is %lu, and this syncd knows 1 (source) and 2 (sink):"
                         " update syncd, or report it to the plugin's author", file,
                         (unsigned long) plugin->kind);
  if (plugin->thread_model > SYNCD_THREADS_SESSION)
    return error_config (error, "%s: its thread model is %lu, and this syncd knows 0 to 2: update"
                         " syncd, or report it to the plugin's author", file,
                         (unsigned long) plugin->thread_model);
  return 0;
}

static int
check_size (const char *file, const char *what, size_t found, size_t wanted, struct error *error)
{
  if (found >= wanted)
    return 0;
  return error_config (error, "%s: its %s have %zu bytes, and version 1.0 had %zu: struct_size is not"
                       " set, or the file is damaged; report it to the plugin's author", file, what,
                       found, wanted);
}

static void
copy_struct (void *to, size_t to_size, const void *from, size_t from_size)
{
  memset (to, 0, to_size);
  memcpy (to, from, from_size < to_size ? from_size : to_size);
}

/* ---- operations ---- */

static int
missing (const char *file, const char *operation, struct error *error)
{
  return error_config (error, "%s: has no operation \"%s\", which every plugin of its kind needs:"
                       " report it to the plugin's author", file, operation);
}

#define NEEDS(ops, operation)                                                                      \
  if (!(ops)->operation)                                                                           \
    return missing (file, #operation, error)

static int
check_life_cycle (const char *file, const struct syncd_plugin *plugin, struct error *error)
{
  NEEDS (plugin, create);
  NEEDS (plugin, destroy);
  NEEDS (plugin, open);
  NEEDS (plugin, close);
  return 0;
}

static int
check_source (const char *file, const struct syncd_source_ops *source, struct error *error)
{
  NEEDS (source, scan_begin);
  NEEDS (source, scan_next);
  NEEDS (source, scan_end);
  NEEDS (source, get);
  NEEDS (source, schema);
  NEEDS (source, describe);
  return 0;
}

static int
check_sink (const char *file, const struct syncd_sink_ops *sink, struct error *error)
{
  NEEDS (sink, list);
  NEEDS (sink, find);
  NEEDS (sink, read);
  NEEDS (sink, apply);
  NEEDS (sink, schema);
  NEEDS (sink, describe);
  return 0;
}

static int
copy_source (const char *file, struct admitted *admitted, struct error *error)
{
  const struct syncd_source_ops *found = admitted->plugin.source;
  if (!found)
    return missing (file, "source", error);
  if (check_size (file, "source operations", found->struct_size, SOURCE_SIZE_1_0, error))
    return -1;
  copy_struct (&admitted->source, sizeof admitted->source, found, found->struct_size);
  admitted->plugin.source = &admitted->source;
  admitted->plugin.sink = NULL;
  return check_source (file, &admitted->source, error);
}

static int
copy_sink (const char *file, struct admitted *admitted, struct error *error)
{
  const struct syncd_sink_ops *found = admitted->plugin.sink;
  if (!found)
    return missing (file, "sink", error);
  if (check_size (file, "sink operations", found->struct_size, SINK_SIZE_1_0, error))
    return -1;
  copy_struct (&admitted->sink, sizeof admitted->sink, found, found->struct_size);
  admitted->plugin.sink = &admitted->sink;
  admitted->plugin.source = NULL;
  return check_sink (file, &admitted->sink, error);
}

static int
copy_options (const char *file, struct admitted *admitted, struct error *error)
{
  struct syncd_plugin *plugin = &admitted->plugin;
  const char *found = (const char *) plugin->options;
  size_t count = plugin->option_count, stride = plugin->option_size;
  if (count && !found)
    return missing (file, "options", error);
  if (count > OPTIONS_MAX)
    return error_config (error, "%s: declares %zu options, and at most %d are taken: the file is"
                         " damaged, or report it to the plugin's author", file, count, OPTIONS_MAX);
  if (count && check_size (file, "options", stride, OPTION_SIZE_1_0, error))
    return -1;
  admitted->options = mem_new (count, sizeof *admitted->options);
  for (size_t i = 0; i < count; i++)
    copy_struct (&admitted->options[i], sizeof *admitted->options, found + i * stride, stride);
  plugin->options = admitted->options;
  plugin->option_size = sizeof *admitted->options;
  return admit_options (file, plugin, error);
}

static int
admit_rest (const char *file, const char *name, unsigned kind, struct admitted *admitted,
            struct error *error)
{
  const struct syncd_plugin *plugin = &admitted->plugin;
  if (check_identity (file, name, plugin, error)
      || admit_kind (file, name, kind, plugin->kind, error)
      || check_life_cycle (file, plugin, error))
    return -1;
  int failed = plugin->kind == SYNCD_KIND_SOURCE ? copy_source (file, admitted, error)
                                                 : copy_sink (file, admitted, error);
  return failed ? -1 : copy_options (file, admitted, error);
}

int
admit (const char *file, const char *name, unsigned kind, const struct syncd_plugin *found,
       struct admitted *ret_admitted, struct error *error)
{
  memset (ret_admitted, 0, sizeof *ret_admitted);
  if (check_header (file, found, error))
    return -1;
  copy_struct (&ret_admitted->plugin, sizeof ret_admitted->plugin, found, found->struct_size);
  ret_admitted->plugin.struct_size = sizeof ret_admitted->plugin;
  if (admit_rest (file, name, kind, ret_admitted, error)) {
    admit_fini (ret_admitted);
    return -1;
  }
  return 0;
}

void
admit_fini (struct admitted *admitted)
{
  free (admitted->options);
  memset (admitted, 0, sizeof *admitted);
}
