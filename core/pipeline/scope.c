/* What decides who is seen differs from the last completed read: by which of the source's options? The
 * plugin's `scope` says that it differs, as one hash; beside it a hash of each option is kept, which
 * says what to look at. Secrets are not among them. Main thread only. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "pipeline/documents.h"
#include "pipeline/pass.h"
#include "util/hash.h"
#include "util/mem.h"

#define FACT "scope_options"

/* "\nKEY=" of an option, and where HASHED what its value comes to. */
static void
put_option (struct pass *pass, const char *key, bool hashed, struct buffer *out)
{
  BUFFER_AUTO struct buffer values;
  buffer_init (&values, (size_t) 1 << 20);
  pipeline_option_text (pass->p->source_config, key, &values);
  buffer_printf (out, "\n%s=", key);
  if (hashed)
    buffer_printf (out, "%016" PRIx64 "\n",
                   hasher_leaf (pass->p->hasher, buffer_text (&values), values.len));
}

static bool
holds_option (struct pass *pass, const char *kept, const char *key, bool hashed)
{
  BUFFER_AUTO struct buffer line;
  buffer_init (&line, 256);
  put_option (pass, key, hashed, &line);
  return strstr (kept, buffer_text (&line)) != NULL;
}

/* One that was not kept is not known to differ. */
static size_t
list_differing (struct pass *pass, const char *kept, struct buffer *list)
{
  const struct syncd_plugin *plugin = pass->p->source->plugin;
  size_t count = 0;
  for (uint32_t i = 0; i < plugin->option_count; i++) {
    const struct syncd_option *option = loader_option (plugin, i);
    if (!holds_option (pass, kept, option->key, false) || holds_option (pass, kept, option->key, true))
      continue;
    buffer_printf (list, "%s%s", count ? ", " : "", option->key);
    count++;
  }
  return count;
}

char *
scope_words (struct pass *pass)
{
  BUFFER_AUTO struct buffer kept, list;
  buffer_init (&kept, (size_t) 1 << 16);
  buffer_init (&list, (size_t) 1 << 14);
  size_t count = store_get_fact (pass->store, FACT, &kept) == 1
                     ? list_differing (pass, buffer_text (&kept), &list) : 0;
  if (!count)
    return mem_copy_text ("filter, base or bind identity differ from the last completed read");
  return mem_format ("the source's %s %s from the last completed read", buffer_text (&list),
                     count == 1 ? "differs" : "differ");
}

int
scope_remember (struct pass *pass, struct error *error)
{
  const struct syncd_plugin *plugin = pass->p->source->plugin;
  BUFFER_AUTO struct buffer options;
  buffer_init (&options, (size_t) 1 << 16);
  for (uint32_t i = 0; i < plugin->option_count; i++)
    if (!(loader_option (plugin, i)->type & SYNCD_OPT_SECRET))
      put_option (pass, loader_option (plugin, i)->key, true, &options);
  return store_put_fact (pass->store, FACT, buffer_text (&options), options.len, error);
}
