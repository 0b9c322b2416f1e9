// A source in C++: counts from 1 to what the option says. Exceptions never leave the plugin.
#include <cstdlib>
#include <exception>
#include <string>

#include "syncd/plugin.h"

namespace {

const syncd_host *host;

struct Counter {
  std::int64_t last;
};

struct Scan {
  std::int64_t last, next;
};

int32_t
load (const syncd_host *lent, void **)
{
  host = lent;
  return SYNCD_OK;
}

int32_t
create (syncd_ctx *ctx, void *, const syncd_config *config, void **ret_instance)
{
  try {
    *ret_instance = new Counter{host->config_number (config, "last")};
    return SYNCD_OK;
  } catch (const std::exception &e) {
    return host->fail (ctx, SYNCD_E_INTERNAL, "%s", e.what ());
  }
}

void
destroy (syncd_ctx *, void *instance)
{
  delete static_cast<Counter *> (instance);
}

int32_t
open (syncd_ctx *, void *instance, void **ret_session)
{
  *ret_session = instance;
  return SYNCD_OK;
}

void
close (syncd_ctx *, void *)
{
}

void
show (syncd_entry *entry, const std::string &id)
{
  host->entry_set_id (entry, id.data (), id.size ());
  host->entry_add_value (entry, 0, id.data (), id.size ());
}

int32_t
scan_begin (syncd_ctx *ctx, void *session, const syncd_scan_request *, void **ret_scan)
{
  try {
    *ret_scan = new Scan{static_cast<Counter *> (session)->last, 1};
    return SYNCD_OK;
  } catch (const std::exception &e) {
    return host->fail (ctx, SYNCD_E_INTERNAL, "%s", e.what ());
  }
}

int32_t
scan_next (syncd_ctx *ctx, void *the_scan, uint32_t, syncd_entry *entry, syncd_buffer *)
{
  Scan *scan = static_cast<Scan *> (the_scan);
  if (scan->next > scan->last)
    return SYNCD_SCAN_END_ALL;
  try {
    show (entry, std::to_string (scan->next++));
    return SYNCD_SCAN_ENTRY;
  } catch (const std::exception &e) {
    return host->fail (ctx, SYNCD_E_INTERNAL, "%s", e.what ());
  }
}

void
scan_end (syncd_ctx *, void *scan)
{
  delete static_cast<Scan *> (scan);
}

int32_t
get (syncd_ctx *ctx, void *session, const syncd_scan_request *, const char *const *ids,
     syncd_entry *const *entries, size_t n)
{
  try {
    for (size_t i = 0; i < n; i++) {
      const long id = std::strtol (ids[i], nullptr, 10);
      const bool known = id >= 1 && id <= static_cast<Counter *> (session)->last;
      if (known)
        show (entries[i], std::to_string (id));
      host->entry_set_answer (entries[i], known ? SYNCD_GET_ENTRY : SYNCD_GET_GONE);
    }
    return SYNCD_OK;
  } catch (const std::exception &e) {
    return host->fail (ctx, SYNCD_E_INTERNAL, "%s", e.what ());
  }
}

int32_t
schema (syncd_ctx *, void *, syncd_buffer *)
{
  return SYNCD_E_UNSUPPORTED;
}

int32_t
describe (syncd_ctx *, void *, syncd_buffer *text)
{
  const char json[] = "{\"identity\":{\"source\":\"counter\",\"id\":\"number\"},\"scope\":\"\","
                      "\"changes\":\"full\",\"grades\":[\"full\"]}";
  return host->buffer_append (text, json, sizeof json - 1);
}

const syncd_option options[]
    = {{"last", SYNCD_OPT_INT, 0, "3", nullptr, nullptr, "the last number"}};
const syncd_source_ops source
    = {sizeof (syncd_source_ops), 0, scan_begin, scan_next, scan_end, get, schema, describe};
const syncd_plugin plugin = {SYNCD_PLUGIN_HEADER,
                             SYNCD_KIND_SOURCE,
                             SYNCD_THREADS_SESSION,
                             0,
                             0,
                             "example-cxx",
                             "1",
                             "counts (an example in C++)",
                             options,
                             1,
                             sizeof (syncd_option),
                             load,
                             nullptr,
                             create,
                             destroy,
                             open,
                             close,
                             &source,
                             nullptr};

} // namespace

SYNCD_REGISTER_PLUGIN (plugin);
