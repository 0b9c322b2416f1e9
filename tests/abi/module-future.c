/* A source of a later minor version: larger structs, an option with more members. */
#include "syncd/plugin.h"

struct future_option {
  struct syncd_option option;
  const char *unit;
  uint64_t more;
};
struct future_source_ops {
  struct syncd_source_ops ops;
  int32_t (*pause) (struct syncd_ctx *, void *session);
};
struct future_plugin {
  struct syncd_plugin plugin;
  int32_t (*ready) (struct syncd_ctx *, void *instance);
  uint64_t more[8];
};

static int32_t
ready (struct syncd_ctx *ctx, void *instance)
{
  (void) ctx, (void) instance;
  return SYNCD_OK;
}

static int32_t
create (struct syncd_ctx *ctx, void *state, const struct syncd_config *config, void **ret_instance)
{
  (void) ctx, (void) state, (void) config;
  static int instance;
  *ret_instance = &instance;
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

static const struct future_option options[] = {
  { .option = { .key = "distance", .type = SYNCD_OPT_INT, .default_value = "12", .help = "how far" },
    .unit = "m", .more = 1 },
  { .option = { .key = "colour", .type = SYNCD_OPT_ENUM, .default_value = "blue",
                .words = "red blue", .help = "which" }, .unit = "", .more = 2 },
};
static const struct future_source_ops source = {
  .ops = { .struct_size = sizeof source, .scan_begin = scan_begin, .scan_next = scan_next,
           .scan_end = leave, .get = get, .schema = say, .describe = say },
  .pause = ready,
};
static const struct future_plugin future = {
  .plugin = { .magic = SYNCD_PLUGIN_MAGIC, .struct_size = sizeof future,
              .abi_version = SYNCD_ABI_CURRENT + 7, .abi_required = SYNCD_ABI (1, 0),
              .kind = SYNCD_KIND_SOURCE, .name = "future", .version = "9", .summary = "of 1.7",
              .options = &options[0].option, .option_count = 2, .option_size = sizeof *options,
              .create = create, .destroy = leave, .open = open_session, .close = leave,
              .source = &source.ops },
  .ready = ready, .more = { 1, 2, 3 },
};
SYNCD_REGISTER_PLUGIN (future.plugin);
