/* A source as somebody wrote it for version 1.0: compiled against the header of that day. It reads
 * two people, says a checkpoint and ends complete. */
#include <stdio.h>
#include <string.h>

#include "plugin.h"

static const struct syncd_host *host;
static int position; /* one instance, SYNCD_THREADS_ONE */

static int32_t
old_load (const struct syncd_host *lent, void **ret_state)
{
  if (lent->struct_size < sizeof (struct syncd_host))
    return SYNCD_E_UNSUPPORTED;
  host = lent;
  *ret_state = &position;
  return SYNCD_OK;
}

static void
old_unload (void *state)
{
  *(int *) state = 0;
}

static int32_t
old_create (struct syncd_ctx *ctx, void *state, const struct syncd_config *config,
            void **ret_instance)
{
  const char *people = host->config_text (config, "people");
  if (!people)
    return host->fail (ctx, SYNCD_E_CONFIG, "people is not set: set it");
  *ret_instance = state;
  return SYNCD_OK;
}

static int32_t
old_open (struct syncd_ctx *ctx, void *instance, void **ret_session)
{
  host->log (ctx, SYNCD_LOG_DEBUG, "old plugin opened");
  *ret_session = instance;
  return SYNCD_OK;
}

static void
old_leave (struct syncd_ctx *ctx, void *what)
{
  (void) ctx, (void) what;
}

static int32_t
old_begin (struct syncd_ctx *ctx, void *session, const struct syncd_scan_request *request,
           void **ret_scan)
{
  if (request->struct_size < sizeof *request || request->mode != SYNCD_MODE_EVERYTHING)
    return host->fail (ctx, SYNCD_E_UNSUPPORTED, "only everything can be read");
  position = 0;
  *ret_scan = session;
  return SYNCD_OK;
}

static int32_t
show (struct syncd_entry *entry, const char *id)
{
  host->entry_set_id (entry, id, strlen (id));
  host->entry_set_token (entry, "1", 1);
  host->entry_set_name (entry, "cn=x", 4);
  host->entry_add_reference_key (entry, "cn=x", 4);
  host->entry_add_value (entry, 0, id, strlen (id));
  host->entry_add_value (entry, 99, id, strlen (id)); /* nobody asked: ignored */
  return SYNCD_SCAN_ENTRY;
}

static int32_t
old_next (struct syncd_ctx *ctx, void *scan, uint32_t ms, struct syncd_entry *entry,
          struct syncd_buffer *text)
{
  (void) scan, (void) ms;
  if (host->cancelled (ctx))
    return SYNCD_E_CANCELLED;
  switch (position++) {
  case 0:
    return show (entry, "anna");
  case 1:
    return show (entry, "bert");
  case 2:
    return host->buffer_append (text, "c1", 2) ? SYNCD_E_LIMIT : SYNCD_SCAN_CHECKPOINT;
  default:
    return SYNCD_SCAN_END_ALL;
  }
}

static int32_t
old_get (struct syncd_ctx *ctx, void *session, const struct syncd_scan_request *request,
         const char *const *ids, struct syncd_entry *const *entries, size_t n)
{
  (void) ctx, (void) session, (void) request;
  for (size_t i = 0; i < n; i++)
    host->entry_set_answer (entries[i], strcmp (ids[i], "anna") ? SYNCD_GET_GONE
                                            : show (entries[i], ids[i]) * SYNCD_GET_ENTRY);
  return SYNCD_OK;
}

static int32_t
old_say (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text)
{
  (void) ctx, (void) session;
  return host->buffer_append (text, "{}", 2);
}

static const struct syncd_option options[] = {
  { "people", SYNCD_OPT_INT | SYNCD_OPT_REQUIRED, 0, "2", NULL, "OLD_PEOPLE", "how many" },
};
static const struct syncd_source_ops source
    = { sizeof source, 0, old_begin, old_next, old_leave, old_get, old_say, old_say };
static const struct syncd_plugin plugin = {
  SYNCD_PLUGIN_HEADER, SYNCD_KIND_SOURCE, SYNCD_THREADS_ONE, 1, 0, "old-source", "1.0",
  "reads two people", options, 1, sizeof *options, old_load, old_unload, old_create, old_leave,
  old_open, old_leave, &source, NULL,
};
SYNCD_REGISTER_PLUGIN (plugin);
