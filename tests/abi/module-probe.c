/* A source whose descriptor has the one mistake that $SYNCD_PROBE names; without one it is good.
 * Each asking makes the descriptor anew. */
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "syncd/plugin.h"

#define GOOD                                                                                       \
  { .key = "file", .type = SYNCD_OPT_PATH, .help = "a file" }

static struct syncd_option options[2];
static struct syncd_source_ops source;
static struct syncd_sink_ops sink;
static struct syncd_plugin plugin;

static int32_t
load (const struct syncd_host *host, void **ret_state)
{
  (void) ret_state;
  const char *probe = getenv ("SYNCD_PROBE");
  if (probe && !strcmp (probe, "load fails"))
    return host->fail (NULL, SYNCD_E_CONFIG, "the moon is not full: wait");
  if (probe && !strcmp (probe, "load fails mutely"))
    return SYNCD_E_INTERNAL;
  return SYNCD_OK;
}

static int32_t
create (struct syncd_ctx *ctx, void *state, const struct syncd_config *config, void **ret_instance)
{
  (void) ctx, (void) state, (void) config;
  *ret_instance = &plugin;
  return SYNCD_OK;
}

static int32_t
open_session (struct syncd_ctx *ctx, void *instance, void **ret_session)
{
  (void) ctx;
  *ret_session = instance;
  return SYNCD_OK;
}

static void
leave (struct syncd_ctx *ctx, void *what)
{
  (void) ctx, (void) what;
}

static int32_t
scan_begin (struct syncd_ctx *ctx, void *session, const struct syncd_scan_request *request,
            void **ret_scan)
{
  (void) ctx, (void) request;
  *ret_scan = session;
  return SYNCD_OK;
}

static int32_t
scan_next (struct syncd_ctx *ctx, void *scan, uint32_t ms, struct syncd_entry *entry,
           struct syncd_buffer *text)
{
  (void) ctx, (void) scan, (void) ms, (void) entry, (void) text;
  return SYNCD_SCAN_END_ALL;
}

static int32_t
get (struct syncd_ctx *ctx, void *session, const struct syncd_scan_request *request,
     const char *const *ids, struct syncd_entry *const *entries, size_t n)
{
  (void) ctx, (void) session, (void) request, (void) ids, (void) entries, (void) n;
  return SYNCD_OK;
}

static int32_t
say (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text)
{
  (void) ctx, (void) session, (void) text;
  return SYNCD_E_UNSUPPORTED;
}

static void
make_good (void)
{
  const struct syncd_source_ops ops = { .struct_size = sizeof ops, .scan_begin = scan_begin,
                                        .scan_next = scan_next, .scan_end = leave, .get = get,
                                        .schema = say, .describe = say };
  const struct syncd_plugin good = {
    SYNCD_PLUGIN_HEADER, .kind = SYNCD_KIND_SOURCE, .name = "probe", .version = "1",
    .summary = "for tests", .options = options, .option_count = 1, .option_size = sizeof *options,
    .load = load, .create = create, .destroy = leave, .open = open_session, .close = leave,
    .source = &source };
  source = ops;
  plugin = good;
  options[0] = options[1] = (struct syncd_option) GOOD;
  options[1].key = "other";
}

SYNCD_EXTERN_C SYNCD_EXPORT const struct syncd_plugin *syncd_plugin_entry (void);

const struct syncd_plugin *
syncd_plugin_entry (void)
{
  const char *probe = getenv ("SYNCD_PROBE");
  make_good ();
  if (!probe)
    return &plugin;
  if (!strcmp (probe, "null"))
    return NULL;
  for (size_t i = 0; i < sizeof probe_mistakes / sizeof *probe_mistakes; i++)
    if (!strcmp (probe, probe_mistakes[i].name))
      probe_mistakes[i].make (&plugin, &source, &sink, options);
  return &plugin;
}
