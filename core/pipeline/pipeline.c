/* One configured pipeline; see pipeline.h. */
#include "config.h"
#include "pipeline/pipeline.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/documents.h"
#include "pipeline/wanted.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define DOCUMENT_MAX ((size_t) 8 << 20)
#define MEMORY_MAX ((size_t) 1 << 16)

void
pipeline_init (struct pipeline *p, const struct settings *settings)
{
  memset (p, 0, sizeof *p);
  p->settings = settings;
  atomic_init (&p->cancelled, 0);
  buffer_init (&p->source_memory.bytes, MEMORY_MAX);
}

static void
close_ends (struct pipeline *p)
{
  if (p->source_session)
    p->source->plugin->close (&p->source_ctx, p->source_session);
  if (p->source_instance)
    p->source->plugin->destroy (&p->source_ctx, p->source_instance);
  if (p->sink_session)
    p->sink->plugin->close (&p->sink_ctx, p->sink_session);
  if (p->sink_instance)
    p->sink->plugin->destroy (&p->sink_ctx, p->sink_instance);
  options_free (p->source_config);
  options_free (p->sink_config);
  if (p->loader)
    loader_free (p->loader);
}

static void
drop_source_facts (struct pipeline *p)
{
  free (p->source_facts.identity);
  free (p->source_facts.scope);
  free (p->source_facts.server);
  free (p->source_facts.changes);
  free (p->source_facts.why);
  free (p->source_facts.blind);
  memset (&p->source_facts, 0, sizeof p->source_facts);
}

void
pipeline_fini (struct pipeline *p)
{
  close_ends (p);
  if (p->sink_config)
    budget_fini (&p->budget);
  wanted_free (p);
  mapping_free (p->mapping);
  schema_free (p->schema);
  hasher_free (p->hasher);
  if (p->store)
    store_close (p->store);
  drop_source_facts (p);
  buffer_fini (&p->source_memory.bytes);
  free (p->sink_facts.identity);
}

/* Adds the end's name where the plugin's words do not have it; the exit status by the code. */
int
pipeline_plugin_error (struct error *error, struct syncd_ctx *ctx, int32_t code, const char *what)
{
  bool configuration = code == SYNCD_E_CONFIG || code == SYNCD_E_UNSUPPORTED;
  error_set (error, "%s: %s: %s", ctx->who, what, host_failure (ctx, code));
  if (configuration)
    error->exit_status = 2;
  return -1;
}

/* The sink's own configuration was checked by create(): what fails later is at the other end. */
int
pipeline_sink_error (struct error *error, struct syncd_ctx *ctx, int32_t code, const char *what)
{
  pipeline_plugin_error (error, ctx, code, what);
  error->exit_status = 1;
  return -1;
}

static int
load_end (struct pipeline *p, const struct endpoint *end, unsigned kind,
          const struct loaded **ret_loaded, struct syncd_config **ret_config, struct error *error)
{
  if (loader_load (p->loader, end->plugin, kind, ret_loaded, error) < 0)
    return -1;
  int rc = options_load (end, (*ret_loaded)->plugin, ret_config, error);
  if (rc == 0 || p->settings->file)
    return rc;
  MEM_AUTO char *why = mem_copy_text (error->text);
  return error_config (error, "%s. No configuration file was read: -c FILE names one", why);
}

static int
create_end (const struct loaded *end, struct syncd_ctx *ctx, const struct syncd_config *config,
            void **ret_instance, struct error *error)
{
  int32_t code = end->plugin->create (ctx, end->state, config, ret_instance);
  if (code < 0)
    pipeline_plugin_error (error, ctx, code, "configuration");
  if (code < 0)
    error->exit_status = 2;
  return code < 0 ? -1 : 0;
}

int
pipeline_load (struct pipeline *p, const char *plugin_dir, struct error *error)
{
  const struct settings *s = p->settings;
  if (!p->loader)
    p->loader = loader_new (plugin_dir);
  if (load_end (p, &s->source, SYNCD_KIND_SOURCE, &p->source, &p->source_config, error) < 0
      || load_end (p, &s->sink, SYNCD_KIND_SINK, &p->sink, &p->sink_config, error) < 0)
    return -1;
  budget_init (&p->budget, options_number (p->sink_config, "requests_per_minute"), &p->cancelled);
  host_ctx_init (&p->source_ctx, s->source.name, &p->cancelled, NULL);
  p->source_ctx.memory = &p->source_memory;
  /* a request under way is drained, not cut: `cancelled` reaches the sink through permit() */
  host_ctx_init (&p->sink_ctx, s->sink.name, NULL, &p->budget.hooks);
  if (create_end (p->source, &p->source_ctx, p->source_config, &p->source_instance, error) < 0)
    return -1;
  return create_end (p->sink, &p->sink_ctx, p->sink_config, &p->sink_instance, error);
}

int
pipeline_open_store (struct pipeline *p, enum store_mode mode, struct error *error)
{
  unsigned char key[HASH_KEY_LEN];
  if (store_open (p->settings->state_path, mode, &p->store, error) < 0)
    return -1;
  if (p->store) {
    p->hasher = hasher_new (store_key (p->store));
    return 0;
  }
  hash_random (key, sizeof key);
  p->hasher = hasher_new (key);
  return 0;
}

char *
pipeline_json_member (const json_t *object, const char *key)
{
  const json_t *value = json_object_get (object, key);
  if (json_is_string (value))
    return mem_copy_text (json_string_value (value));
  if (!json_is_object (value))
    return NULL;
  char *text = json_dumps (value, JSON_COMPACT | JSON_SORT_KEYS);
  char *copy = mem_copy_text (text);
  free (text);
  return copy;
}

static void
log_warnings (const char *who, const json_t *about)
{
  size_t i;
  json_t *line;
  json_array_foreach (json_object_get (about, "warnings"), i, line)
    log_write (SYNCD_LOG_WARNING, who, "%s", json_string_value (line));
}

json_t *
pipeline_parse_description (struct buffer *text, struct syncd_ctx *ctx, struct error *error)
{
  json_error_t why;
  json_t *about = json_loadb (buffer_text (text), text->len, JSON_REJECT_DUPLICATES, &why);
  if (!json_is_object (about)) {
    json_decref (about);
    error_set (error, "%s: the plugin describes itself in something that is not JSON: %s",
               ctx->who, why.text);
    return NULL;
  }
  log_warnings (ctx->who, about);
  return about;
}

static void
take_blind (struct source_facts *facts, const json_t *list)
{
  size_t i;
  json_t *item;
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, 4096);
  json_array_foreach (list, i, item) {
    const char *blind = json_is_string (item) ? json_string_value (item) : "";
    buffer_printf (&text, "%s%s", text.len ? ", " : "", blind);
    if (strstr (blind, "delete"))
      facts->blind_to_deletes = true;
  }
  if (text.len)
    facts->blind = buffer_take (&text);
}

static void
take_source_facts (struct pipeline *p, const json_t *about)
{
  drop_source_facts (p);
  p->source_facts.identity = pipeline_json_member (about, "identity");
  p->source_facts.scope = pipeline_json_member (about, "scope");
  p->source_facts.server = pipeline_json_member (about, "server");
  p->source_facts.changes = pipeline_json_member (about, "changes");
  p->source_facts.why = pipeline_json_member (about, "why");
  take_blind (&p->source_facts, json_object_get (about, "blind"));
}

int
pipeline_describe_source (struct pipeline *p, struct error *error)
{
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, DOCUMENT_MAX);
  p->identity_checked = false;
  int32_t code = p->source->source->describe (&p->source_ctx, p->source_session, host_buffer (&text));
  if (code < 0)
    return pipeline_plugin_error (error, &p->source_ctx, code, "the source cannot describe itself");
  json_t *about = pipeline_parse_description (&text, &p->source_ctx, error);
  if (!about)
    return -1;
  take_source_facts (p, about);
  json_decref (about);
  return 0;
}

int
pipeline_open_source (struct pipeline *p, struct error *error)
{
  if (p->store && !p->source_memory.bytes.len)
    store_get_fact (p->store, "source_memory", &p->source_memory.bytes);
  int32_t code = p->source->plugin->open (&p->source_ctx, p->source_instance, &p->source_session);
  p->source_refused = code == SYNCD_E_AUTH;
  if (code < 0)
    return pipeline_plugin_error (error, &p->source_ctx, code, "cannot open the source");
  int rc = pipeline_describe_source (p, error);
  if (rc < 0) /* it is not open before it has said who it is */
    pipeline_close_source (p);
  return rc;
}

void
pipeline_close_source (struct pipeline *p)
{
  if (p->source_session)
    p->source->plugin->close (&p->source_ctx, p->source_session);
  p->source_session = NULL;
}

int
pipeline_open_sink (struct pipeline *p, struct error *error)
{
  if (p->sink_session)
    return 0;
  int32_t code = p->sink->plugin->open (&p->sink_ctx, p->sink_instance, &p->sink_session);
  p->sink_refused = code == SYNCD_E_AUTH || code == SYNCD_E_FORBIDDEN || code == SYNCD_E_CONFIG;
  if (code < 0)
    return pipeline_sink_error (error, &p->sink_ctx, code, "cannot open the sink");
  return 0;
}
