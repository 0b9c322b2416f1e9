/* A sink as somebody wrote it for version 1.0: compiled against the header of that day. It answers
 * with what it was given, so that the test sees both directions of the interface. */
#include <string.h>

#include "plugin.h"

static const struct syncd_host *host;

static int32_t
old_load (const struct syncd_host *lent, void **ret_state)
{
  (void) ret_state;
  host = lent;
  return SYNCD_OK;
}

static int32_t
old_create (struct syncd_ctx *ctx, void *state, const struct syncd_config *config,
            void **ret_instance)
{
  static int instance;
  (void) ctx, (void) state, (void) config;
  *ret_instance = &instance;
  return SYNCD_OK;
}

static int32_t
old_open (struct syncd_ctx *ctx, void *instance, void **ret_session)
{
  (void) ctx;
  *ret_session = instance;
  return SYNCD_OK;
}

static void
old_leave (struct syncd_ctx *ctx, void *what)
{
  (void) ctx, (void) what;
}

static int32_t
ask (struct syncd_ctx *ctx, uint32_t kind)
{
  int32_t code = host->permit (ctx, kind);
  struct syncd_observation seen = { sizeof seen, kind, 200, 0, 300, 1, 60000, -1, 1500 };
  if (code == SYNCD_OK)
    host->observed (ctx, &seen);
  return code;
}

static int32_t
old_list (struct syncd_ctx *ctx, void *session, const struct syncd_list_request *request,
          struct syncd_buffer *documents, struct syncd_buffer *position, int64_t *ret_total)
{
  (void) session;
  int32_t code = ask (ctx, SYNCD_REQUEST_LIST);
  if (code < 0)
    return code;
  *ret_total = 2;
  if (!request->position)
    host->buffer_append (position, "2", 1);
  return host->buffer_append (documents, request->position ? "[]" : "[{}]",
                              request->position ? 2 : 4);
}

static int32_t
old_find (struct syncd_ctx *ctx, void *session, const char *type, const char *attribute,
          const char *value, const char *const *attributes, size_t attribute_count,
          struct syncd_buffer *documents)
{
  (void) session, (void) type, (void) attribute, (void) value, (void) attributes;
  (void) attribute_count;
  int32_t code = ask (ctx, SYNCD_REQUEST_FIND);
  return code < 0 ? code : host->buffer_append (documents, "[]", 2);
}

static int32_t
old_read (struct syncd_ctx *ctx, void *session, const char *type, const char *id,
          const char *const *attributes, size_t attribute_count, struct syncd_buffer *document)
{
  (void) session, (void) type, (void) attributes, (void) attribute_count, (void) document;
  return host->fail (ctx, SYNCD_E_NOT_FOUND, "there is no account %s", id);
}

static void
apply_one (const struct syncd_change *change, struct syncd_result *result)
{
  size_t len = 0;
  const char *document = host->change_document (change, &len);
  size_t count = host->change_operation_count (change);
  if (host->change_kind (change) == SYNCD_CHANGE_CREATE && document && len) {
    host->result_set (result, SYNCD_RESULT_OK, 201);
    host->result_set_account (result, host->change_entry (change), "\"1\"", SYNCD_ACCOUNT_CREATED);
    host->result_set_correlation (result, "corr-1");
    return;
  }
  host->result_set (result, SYNCD_RESULT_NOT_TAKEN, 200);
  for (size_t i = 0; i < count; i++)
    host->result_add_not_taken (result, host->change_operation (change, i)->path);
  host->result_set_message (result, "%s: %zu operations", host->change_account (change), count);
  host->result_set_retry_after (result, 1500);
  host->result_set_conflict (result, host->change_type (change));
}

static int32_t
old_apply (struct syncd_ctx *ctx, void *session, const struct syncd_change *const *changes,
           struct syncd_result *const *results, size_t n)
{
  (void) session;
  for (size_t i = 0; i < n; i++)
    if (ask (ctx, SYNCD_REQUEST_CREATE) == SYNCD_OK)
      apply_one (changes[i], results[i]);
  return SYNCD_OK;
}

static int32_t
old_say (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text)
{
  (void) ctx, (void) session;
  return host->buffer_append (text, "[]", 2);
}

static const struct syncd_sink_ops sink = { sizeof sink, 4,         65536,   0,      old_list,
                                            old_find,    old_read,  old_apply, old_say, old_say };
static const struct syncd_plugin plugin = {
  SYNCD_PLUGIN_HEADER, SYNCD_KIND_SINK, SYNCD_THREADS_SESSION, 0, 0, "old-sink", "1.0",
  "answers with what it was given", NULL, 0, 0, old_load, NULL, old_create, old_leave, old_open,
  old_leave, NULL, &sink,
};
SYNCD_REGISTER_PLUGIN (plugin);
