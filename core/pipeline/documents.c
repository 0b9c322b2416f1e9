/* What the sink's plugin says of itself and its schema, kept in the state for a day, so that an
 * idle pass opens no session; and the mapping that is compiled with it. */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/documents.h"
#include "pipeline/wanted.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define DOCUMENT_MAX ((size_t) 8 << 20)

/* describe() needs a session, and a session of a sink may connect; so what it says is kept with
 * the schema, and an idle pass opens no session. */
static int
fetch_sink_documents (struct pipeline *p, struct buffer *schema, struct buffer *about,
                      struct error *error)
{
  if (pipeline_open_sink (p, error) < 0)
    return -1;
  int32_t code = p->sink->sink->describe (&p->sink_ctx, p->sink_session, host_buffer (about));
  if (code < 0)
    return pipeline_plugin_error (error, &p->sink_ctx, code, "the sink cannot describe itself");
  code = p->sink->sink->schema (&p->sink_ctx, p->sink_session, host_buffer (schema));
  if (code < 0)
    return pipeline_sink_error (error, &p->sink_ctx, code, "cannot read the sink's schema");
  return 0;
}

#define SCHEMA_KEPT_MS ((int64_t) 24 * 3600 * 1000)

void
pipeline_option_text (const struct syncd_config *config, const char *key, struct buffer *text)
{
  for (size_t i = 0; i < options_count (config, key); i++) {
    const char *name = options_item_key (config, key, i), *value = options_item (config, key, i);
    buffer_printf (text, " %s%s%s=%s", key, name ? "." : "", name ? name : "", value ? value : "");
  }
}

void
pipeline_end_key (const struct loaded *end, const struct syncd_config *config, uint32_t without,
                  char ret_key[65])
{
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, DOCUMENT_MAX);
  const struct syncd_plugin *plugin = end->plugin;
  buffer_printf (&text, "%s %s", plugin->name, plugin->version);
  for (uint32_t i = 0; i < plugin->option_count; i++) {
    const struct syncd_option *option = loader_option (plugin, i);
    if (!(option->type & (SYNCD_OPT_SECRET | without)))
      pipeline_option_text (config, option->key, &text);
  }
  hash_sha256_hex (buffer_text (&text), text.len, ret_key);
}

static bool
kept_documents (struct pipeline *p, const char *key, struct buffer *schema, struct buffer *about)
{
  BUFFER_AUTO struct buffer stamp;
  buffer_init (&stamp, 256);
  if (!p->store || store_get_fact (p->store, "sink_documents", &stamp) != 1)
    return false;
  int64_t age = clock_now_ms () - strtoll (buffer_text (&stamp), NULL, 10);
  const char *kept_key = strchr (buffer_text (&stamp), ' ');
  return kept_key && strcmp (kept_key + 1, key) == 0 && age >= 0 && age < SCHEMA_KEPT_MS
         && store_get_fact (p->store, "sink_schema", schema) == 1
         && store_get_fact (p->store, "sink_about", about) == 1;
}

static int
keep_documents (struct pipeline *p, const char *key, const struct buffer *schema,
                const struct buffer *about, struct error *error)
{
  MEM_AUTO char *stamp = mem_format ("%lld %s", (long long) clock_now_ms (), key);
  if (!p->store || store_is_read_only (p->store))
    return 0;
  struct fact facts[] = {
    { "sink_schema", buffer_text (schema) },
    { "sink_about", buffer_text (about) },
    { "sink_documents", stamp },
  };
  return store_keep_facts (p->store, facts, sizeof facts / sizeof *facts, error);
}

int
pipeline_account_active (const char *document, size_t len)
{
  json_t *account = json_loadb (document, len, 0, NULL);
  const json_t *active = json_object_get (account, "active");
  int found = json_is_true (active) ? 1 : json_is_false (active) ? 0 : -1;
  json_decref (account);
  return found;
}

static int
take_sink_facts (struct pipeline *p, struct buffer *text, struct error *error)
{
  json_t *about = pipeline_parse_description (text, &p->sink_ctx, error);
  if (!about)
    return -1;
  MEM_AUTO char *user_name = pipeline_json_member (about, "user_name");
  p->sink_facts.identity = pipeline_json_member (about, "identity");
  p->sink_facts.user_name_is_email = user_name && strcmp (user_name, "email") == 0;
  p->sink_facts.page_size = json_integer_value (json_object_get (about, "page_size"));
  json_decref (about);
  return 0;
}

static int
load_schema (struct pipeline *p, struct error *error)
{
  char key[65];
  BUFFER_AUTO struct buffer schema, about;
  buffer_init (&schema, DOCUMENT_MAX);
  buffer_init (&about, DOCUMENT_MAX);
  /* another base URL must not use them */
  pipeline_end_key (p->sink, p->sink_config, SYNCD_OPT_LIST | SYNCD_OPT_MAP, key);
  if (!kept_documents (p, key, &schema, &about)) {
    buffer_reset (&schema);
    buffer_reset (&about);
    if (fetch_sink_documents (p, &schema, &about, error) < 0
        || keep_documents (p, key, &schema, &about, error) < 0)
      return -1;
  }
  if (take_sink_facts (p, &about, error) < 0)
    return -1;
  return schema_parse (buffer_text (&schema), schema.len, &p->schema, error);
}

static int
number_mapping (struct pipeline *p, struct error *error)
{
  BUFFER_AUTO struct buffer paths;
  buffer_init (&paths, DOCUMENT_MAX);
  wanted_paths (p->mapping, &paths);
  if (!p->store)
    return 0;
  if (store_is_read_only (p->store))
    return 0;
  if (store_begin (p->store, error) < 0)
    return -1;
  if (store_mapping_number (p->store, mapping_version (p->mapping), buffer_text (&paths),
                            &p->mapping_number, error) == 0)
    return store_commit (p->store, error);
  store_rollback (p->store);
  return -1;
}

int
pipeline_compile (struct pipeline *p, struct error *error)
{
  const struct settings *s = p->settings;
  BUFFER_AUTO struct buffer warnings;
  buffer_init (&warnings, DOCUMENT_MAX);
  if (load_schema (p, error) < 0)
    return -1;
  if (s->default_mapping && p->sink_facts.user_name_is_email)
    wanted_use_mail (p);
  if (s->default_mapping && p->sink_facts.user_name_is_email)
    log_info ("no mapping is configured: the default one is used, with userName from mail, for "
              "this sink wants an e-mail address");
  if (mapping_compile (s->mapping, s->schemas, p->schema, &warnings, &p->mapping, error) < 0) {
    error->exit_status = 2;
    return -1;
  }
  wanted_log_lines (&warnings);
  wanted_make (p);
  return number_mapping (p, error);
}
