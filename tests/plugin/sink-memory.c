/* The test sink "memory": options, reading and describing; see sink-memory.h. */
#include "sink-memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "scim-patch.h"
#include "test-codes.h"

const struct syncd_host *memory_host;
#define host memory_host

/* ---- options ---- */

static int
read_limits (const struct syncd_config *config, const char *option, struct limit **ret_limits,
             size_t *ret_count)
{
  size_t count = host->config_count (config, option);
  struct limit *limits = calloc (count + 1, sizeof *limits);
  if (!limits)
    return -1;
  for (size_t i = 0; i < count; i++) {
    const char *word = host->config_item (config, option, i);
    const char *colon = strchr (word, ':');
    limits[i].key = strdup (host->config_item_key (config, option, i));
    limits[i].left = colon ? strtol (colon + 1, NULL, 10) : -1;
    snprintf (limits[i].word, sizeof limits[i].word, "%.*s",
              (int) (colon ? colon - word : (long) strlen (word)), word);
  }
  *ret_limits = limits;
  *ret_count = count;
  return 0;
}

const char *
memory_take (struct limit *limits, size_t count, const char *key)
{
  for (size_t i = 0; i < count; i++) {
    if (!limits[i].key || strcasecmp (limits[i].key, key) || !limits[i].left)
      continue;
    if (limits[i].left > 0)
      limits[i].left--;
    return limits[i].word;
  }
  return "";
}

int
memory_ignores (struct memory *memory, const char *attribute)
{
  for (size_t i = 0; i < host->config_count (memory->config, "ignore"); i++)
    if (!strcasecmp (host->config_item (memory->config, "ignore", i), attribute))
      return 1;
  return 0;
}

/* ---- requests ---- */

void
memory_note (struct memory *memory, const char *request, const char *account,
             const char *user_name, const char *result)
{
  if (!memory->journal)
    return;
  json_t *line = json_pack ("{s:s,s:s*,s:s*,s:s}", "request", request, "account", account,
                            "userName", user_name, "result", result);
  json_dumpf (line, memory->journal, JSON_COMPACT);
  fputc ('\n', memory->journal);
  fflush (memory->journal);
  json_decref (line);
}

int32_t
memory_request (struct syncd_ctx *ctx, struct memory *memory, uint32_t kind)
{
  int32_t code = host->permit (ctx, kind);
  int64_t latency = host->config_number (memory->config, "latency");
  for (int64_t waited = 0; code == SYNCD_OK && waited < latency; waited += 5) {
    struct timespec pause = { 0, 5000000 };
    nanosleep (&pause, NULL);
    if (host->cancelled (ctx))
      code = host->fail (ctx, SYNCD_E_CANCELLED, "cancelled");
  }
  return code;
}

void
memory_observed (struct syncd_ctx *ctx, uint32_t kind, int32_t status, int64_t retry_after_ms)
{
  struct syncd_observation seen = {
    .struct_size = sizeof seen, .kind = kind, .status = status, .throttled = status == 429,
    .allowed = -1, .used = -1, .reset_ms = -1, .retry_after_ms = retry_after_ms, .latency_us = 1000,
  };
  host->observed (ctx, &seen);
}

static int32_t
failure_status (int32_t code)
{
  return code == SYNCD_E_AUTH ? 401 : code == SYNCD_E_FORBIDDEN ? 403
         : code == SYNCD_E_NOT_FOUND ? 404 : code == SYNCD_E_BUDGET ? 429
         : code == SYNCD_E_UNREACHABLE ? 0 : 500;
}

/* Begins a reading request: takes the lock unless it fails. */
static int32_t
begin (struct syncd_ctx *ctx, struct memory *memory, uint32_t kind, const char *name,
       const char *what)
{
  int32_t code = memory_request (ctx, memory, kind);
  if (code < 0)
    return code;
  pthread_mutex_lock (&memory->lock);
  const char *word = memory_take (memory->errors, memory->error_count, name);
  memory_note (memory, name, what, NULL, *word ? word : "ok");
  if (!*word)
    return SYNCD_OK;
  pthread_mutex_unlock (&memory->lock);
  code = test_code (word);
  memory_observed (ctx, kind, failure_status (code), code == SYNCD_E_BUDGET ? 100 : -1);
  return host->fail (ctx, code, "%s fails as configured (%s)", name, word);
}

static int32_t
finish (struct syncd_ctx *ctx, struct memory *memory, uint32_t kind, int32_t code)
{
  pthread_mutex_unlock (&memory->lock);
  memory_observed (ctx, kind, code == SYNCD_OK ? 200 : failure_status (code), -1);
  return code == SYNCD_OK || code == SYNCD_E_NOT_FOUND
             ? code
             : host->fail (ctx, code, "the answer is larger than the host takes");
}

/* ---- life cycle ---- */

static int32_t
memory_load (const struct syncd_host *lent, void **ret_state)
{
  (void) ret_state;
  host = lent;
  return SYNCD_OK;
}

static void
memory_destroy (struct syncd_ctx *ctx, void *instance)
{
  struct memory *memory = instance;
  (void) ctx;
  for (size_t i = 0; i < memory->result_count; i++)
    free (memory->results[i].key);
  for (size_t i = 0; i < memory->error_count; i++)
    free (memory->errors[i].key);
  free (memory->results);
  free (memory->errors);
  memory_close (&memory->store);
  if (memory->journal)
    fclose (memory->journal);
  pthread_mutex_destroy (&memory->lock);
  free (memory);
}

static int32_t
open_files (struct syncd_ctx *ctx, struct memory *memory)
{
  char why[512];
  const char *file = host->config_text (memory->config, "file");
  const char *journal = host->config_text (memory->config, "journal");
  if (memory_open (&memory->store, file, why, sizeof why))
    return host->fail (ctx, SYNCD_E_CONFIG, "%s: %s", file, why);
  if (journal && !(memory->journal = fopen (journal, "ae")))
    return host->fail (ctx, SYNCD_E_CONFIG, "%s: %s", journal, strerror (errno));
  return SYNCD_OK;
}

static int32_t
memory_create (struct syncd_ctx *ctx, void *state, const struct syncd_config *config,
               void **ret_instance)
{
  (void) state;
  struct memory *memory = calloc (1, sizeof *memory);
  if (!memory)
    return host->fail (ctx, SYNCD_E_INTERNAL, "out of memory");
  memory->config = config;
  memory->store.fd = -1;
  pthread_mutex_init (&memory->lock, NULL);
  int32_t code = SYNCD_OK;
  if (read_limits (config, "results", &memory->results, &memory->result_count)
      || read_limits (config, "errors", &memory->errors, &memory->error_count))
    code = host->fail (ctx, SYNCD_E_INTERNAL, "out of memory");
  else
    code = open_files (ctx, memory);
  if (code < 0)
    memory_destroy (ctx, memory);
  else
    *ret_instance = memory;
  return code;
}

static int32_t
memory_session (struct syncd_ctx *ctx, void *instance, void **ret_session)
{
  struct memory *memory = instance;
  pthread_mutex_lock (&memory->lock);
  const char *word = memory_take (memory->errors, memory->error_count, "open");
  pthread_mutex_unlock (&memory->lock);
  if (*word)
    return host->fail (ctx, test_code (word), "open fails as configured (%s)", word);
  *ret_session = instance;
  return SYNCD_OK;
}

static void
memory_leave (struct syncd_ctx *ctx, void *session)
{
  (void) ctx;
  (void) session;
}

/* ---- reading ---- */

/* What always comes, and the attributes asked for. */
static json_t *
shown (json_t *account, const char *const *attributes, size_t count)
{
  static const char *const always[] = { "id", "userName", "externalId", "active", "meta" };
  json_t *view = json_object ();
  for (size_t i = 0; i < sizeof always / sizeof *always; i++)
    json_object_set (view, always[i], json_object_get (account, always[i]));
  for (size_t i = 0; i < count; i++) {
    char name[256];
    scim_attribute (attributes[i], name, sizeof name);
    json_t *value = scim_get (account, name);
    if (value)
      json_object_set (view, name, value);
  }
  return view;
}

static int32_t
put_json (struct syncd_buffer *buffer, json_t *json)
{
  char *text = json_dumps (json, JSON_COMPACT | JSON_SORT_KEYS);
  int32_t code = text ? host->buffer_append (buffer, text, strlen (text)) : SYNCD_E_INTERNAL;
  free (text);
  json_decref (json);
  return code;
}

/* A page from the ID that POSITION names: accounts that come and go in between shift nothing. */
static json_t *
page (struct memory *memory, const struct syncd_list_request *request, char *next, size_t size)
{
  long from = request->position ? strtol (request->position, NULL, 10) : 1;
  int64_t room = host->config_number (memory->config, "page_size");
  json_t *array = json_array ();
  *next = '\0';
  for (long id = from; id < memory->store.next; id++) {
    char key[32];
    snprintf (key, sizeof key, "%ld", id);
    json_t *account = memory_get (&memory->store, key);
    if (account && room-- == 0) {
      snprintf (next, size, "%ld", id);
      break;
    }
    if (account)
      json_array_append_new (array, shown (account, request->attributes, request->attribute_count));
  }
  return array;
}

static int64_t
total (struct memory *memory)
{
  const char *id;
  json_t *account;
  int64_t count = 0;
  json_object_foreach (memory->store.accounts, id, account)
    count += memory_get (&memory->store, id) != NULL;
  return count;
}

static int32_t
memory_list (struct syncd_ctx *ctx, void *session, const struct syncd_list_request *request,
             struct syncd_buffer *documents, struct syncd_buffer *position, int64_t *ret_total)
{
  struct memory *memory = session;
  int32_t code = begin (ctx, memory, SYNCD_REQUEST_LIST, "list", NULL);
  if (code < 0)
    return code;
  char next[32] = "";
  if (!request->count_only)
    code = put_json (documents, page (memory, request, next, sizeof next));
  if (code == SYNCD_OK && *next)
    code = host->buffer_append (position, next, strlen (next));
  if (code == SYNCD_OK)
    *ret_total = total (memory);
  return finish (ctx, memory, SYNCD_REQUEST_LIST, code);
}

static int
has_value (json_t *account, const char *attribute, const char *value)
{
  char name[256], *dot;
  snprintf (name, sizeof name, "%s", attribute);
  if ((dot = strchr (name, '.')))
    *dot = '\0';
  json_t *found = scim_get (account, name), *item;
  size_t i;
  json_array_foreach (found, i, item)
    if (dot && has_value (item, dot + 1, value))
      return 1;
  if (dot)
    return json_is_object (found) && has_value (found, dot + 1, value);
  const char *text = json_string_value (found);
  return text && !(strcasecmp (name, "userName") ? strcmp (text, value) : strcasecmp (text, value));
}

static int32_t
memory_find (struct syncd_ctx *ctx, void *session, const char *type, const char *attribute,
             const char *value, const char *const *attributes, size_t attribute_count,
             struct syncd_buffer *documents)
{
  struct memory *memory = session;
  (void) type;
  int32_t code = begin (ctx, memory, SYNCD_REQUEST_FIND, "find", value);
  if (code < 0)
    return code;
  json_t *array = json_array (), *account;
  const char *id;
  json_object_foreach (memory->store.accounts, id, account)
    if (memory_get (&memory->store, id) && has_value (account, attribute, value))
      json_array_append_new (array, shown (account, attributes, attribute_count));
  return finish (ctx, memory, SYNCD_REQUEST_FIND, put_json (documents, array));
}

static int32_t
memory_read (struct syncd_ctx *ctx, void *session, const char *type, const char *id,
             const char *const *attributes, size_t attribute_count, struct syncd_buffer *document)
{
  struct memory *memory = session;
  (void) type;
  int32_t code = begin (ctx, memory, SYNCD_REQUEST_READ, "read", id);
  if (code < 0)
    return code;
  json_t *account = memory_get (&memory->store, id);
  if (!account)
    code = host->fail (ctx, SYNCD_E_NOT_FOUND, "there is no account %s", id);
  else
    code = put_json (document, attribute_count ? shown (account, attributes, attribute_count)
                                               : json_incref (account));
  return finish (ctx, memory, SYNCD_REQUEST_READ, code);
}

/* ---- schema and description ---- */

static const char default_schema[]
    = "[{\"id\":\"urn:ietf:params:scim:schemas:core:2.0:User\",\"name\":\"User\",\"attributes\":["
      "{\"name\":\"userName\",\"type\":\"string\",\"required\":true,\"uniqueness\":\"server\"},"
      "{\"name\":\"displayName\",\"type\":\"string\"},{\"name\":\"title\",\"type\":\"string\"},"
      "{\"name\":\"externalId\",\"type\":\"string\",\"caseExact\":true},"
      "{\"name\":\"active\",\"type\":\"boolean\"},"
      "{\"name\":\"name\",\"type\":\"complex\",\"subAttributes\":["
      "{\"name\":\"formatted\",\"type\":\"string\"},{\"name\":\"familyName\",\"type\":\"string\"},"
      "{\"name\":\"givenName\",\"type\":\"string\"}]},"
      "{\"name\":\"emails\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
      "{\"name\":\"value\",\"type\":\"string\"},{\"name\":\"type\",\"type\":\"string\"},"
      "{\"name\":\"primary\",\"type\":\"boolean\"}]},"
      "{\"name\":\"phoneNumbers\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
      "{\"name\":\"value\",\"type\":\"string\"},{\"name\":\"type\",\"type\":\"string\"},"
      "{\"name\":\"primary\",\"type\":\"boolean\"}]}]},"
      "{\"id\":\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\","
      "\"name\":\"EnterpriseUser\",\"attributes\":["
      "{\"name\":\"department\",\"type\":\"string\"},{\"name\":\"employeeNumber\",\"type\":\"string\"},"
      "{\"name\":\"manager\",\"type\":\"complex\",\"subAttributes\":["
      "{\"name\":\"value\",\"type\":\"string\"}]}]}]";

static int32_t
memory_schema (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text)
{
  struct memory *memory = session;
  const char *file = host->config_text (memory->config, "schema");
  int32_t code = begin (ctx, memory, SYNCD_REQUEST_READ, "schema", NULL);
  if (code < 0)
    return code;
  json_error_t why;
  json_t *schema = file ? json_load_file (file, 0, &why)
                        : json_loads (default_schema, 0, &why);
  if (!schema) {
    pthread_mutex_unlock (&memory->lock);
    return host->fail (ctx, SYNCD_E_CONFIG, "%s: %s", file, why.text);
  }
  return finish (ctx, memory, SYNCD_REQUEST_READ, put_json (text, schema));
}

static int32_t
memory_describe (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text)
{
  struct memory *memory = session;
  const struct syncd_config *config = memory->config;
  int32_t soft = host->config_number (config, "soft_delete") != 0;
  int page_size = (int) host->config_number (config, "page_size");
  json_t *all = json_pack ("{s:{s:s,s:s},s:b,s:b,s:b,s:i,s:s,s:[s],s:[s,s],s:[]}", "identity",
                           "sink", "memory", "organisation", "test", "soft_delete", soft, "revival",
                           soft, "etag", 1, "page_size", page_size, "user_name",
                           host->config_text (config, "user_name"), "types", "User", "find",
                           "userName", "externalId", "warnings");
  int32_t code = put_json (text, all);
  return code < 0 ? host->fail (ctx, code, "the description is too large") : code;
}

static const struct syncd_option options[] = {
  { .key = "file", .type = SYNCD_OPT_PATH | SYNCD_OPT_REQUIRED, .environment = "SYNCD_MEMORY",
    .help = "the accounts, as JSON lines" },
  { .key = "journal", .type = SYNCD_OPT_PATH, .help = "a file that gets one line a request" },
  { .key = "results", .type = SYNCD_OPT_STRING | SYNCD_OPT_MAP,
    .help = "what becomes of changes, by user name" },
  { .key = "errors", .type = SYNCD_OPT_STRING | SYNCD_OPT_MAP,
    .help = "how operations fail, by their name" },
  { .key = "ignore", .type = SYNCD_OPT_STRING | SYNCD_OPT_LIST,
    .help = "attributes that are not kept" },
  { .key = "soft_delete", .type = SYNCD_OPT_BOOL, .default_value = "true",
    .help = "deleted accounts can come back" },
  { .key = "page_size", .type = SYNCD_OPT_INT, .default_value = "25", .help = "accounts a page" },
  { .key = "latency", .type = SYNCD_OPT_DURATION, .help = "how long a request takes" },
  { .key = "user_name", .type = SYNCD_OPT_ENUM, .default_value = "text", .words = "text email",
    .help = "what user names have to be" },
  { .key = "schema", .type = SYNCD_OPT_PATH, .help = "a schema instead of the built-in one" },
};

static const struct syncd_sink_ops sink = {
  .struct_size = sizeof sink,
  .max_batch = 8,
  .max_bytes = 1 << 20,
  .list = memory_list,
  .find = memory_find,
  .read = memory_read,
  .apply = memory_apply,
  .schema = memory_schema,
  .describe = memory_describe,
};

static const struct syncd_plugin plugin = {
  SYNCD_PLUGIN_HEADER,
  .kind = SYNCD_KIND_SINK,
  .thread_model = SYNCD_THREADS_SESSION,
  .name = "memory",
  .version = "1",
  .summary = "keeps accounts in a file (tests)",
  .options = options,
  .option_count = sizeof options / sizeof *options,
  .option_size = sizeof *options,
  .load = memory_load,
  .create = memory_create,
  .destroy = memory_destroy,
  .open = memory_session,
  .close = memory_leave,
  .sink = &sink,
};
SYNCD_REGISTER_PLUGIN (plugin);
