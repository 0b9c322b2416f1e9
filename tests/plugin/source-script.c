/* A source for tests: plays the events that a file tells; the file's form is in script-file.h.
 *
 * Never installed. Threads: an instance holds nothing but its options; a session or scan is used
 * by one thread at a time. The file is read anew by every open, scan and get. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "script-file.h"
#include "syncd/plugin.h"
#include "test-codes.h"

static const struct syncd_host *host;

struct instance {
  char file[4096], name[256];
};

struct scan {
  const struct instance *instance;
  struct script script;
  char **names; /* of the wanted attributes */
  size_t name_count;
  size_t at;    /* index of the next event */
  long n;       /* how many of its count were shown */
  uint32_t mode;
  int64_t waited_ms;
};

static int32_t
read_script (struct syncd_ctx *ctx, const struct instance *instance, struct script *script)
{
  char why[512];
  if (script_read (instance->file, script, why, sizeof why))
    return host->fail (ctx, SYNCD_E_CONFIG, "%s: %s: mend the script", instance->file, why);
  return SYNCD_OK;
}

static int32_t
fail_as (struct syncd_ctx *ctx, json_t *error)
{
  const char *word = json_string_value (json_object_get (error, "code"));
  const char *message = json_string_value (json_object_get (error, "message"));
  return host->fail (ctx, test_code (word), "%s", message ? message : "the script says so");
}

/* ---- life cycle ---- */

static int32_t
script_load (const struct syncd_host *lent, void **ret_state)
{
  (void) ret_state;
  host = lent;
  return SYNCD_OK;
}

static int32_t
script_create (struct syncd_ctx *ctx, void *state, const struct syncd_config *config,
               void **ret_instance)
{
  (void) state;
  struct instance *instance = calloc (1, sizeof *instance);
  if (!instance)
    return host->fail (ctx, SYNCD_E_INTERNAL, "out of memory");
  const char *name = host->config_name (config);
  snprintf (instance->file, sizeof instance->file, "%s", host->config_text (config, "file"));
  snprintf (instance->name, sizeof instance->name, "%s", name ? name : "script");
  *ret_instance = instance;
  return SYNCD_OK;
}

static void
script_destroy (struct syncd_ctx *ctx, void *instance)
{
  (void) ctx;
  free (instance);
}

static int32_t
script_open (struct syncd_ctx *ctx, void *instance, void **ret_session)
{
  struct script script;
  int32_t code = read_script (ctx, instance, &script);
  if (code < 0)
    return code;
  json_t *error = script_setting (&script, "open-error");
  if (error)
    code = fail_as (ctx, error);
  else
    *ret_session = instance;
  script_free (&script);
  return code;
}

static void
script_close (struct syncd_ctx *ctx, void *session)
{
  (void) ctx;
  (void) session;
}

/* ---- filling entries ---- */

typedef void (*set_part) (struct syncd_entry *, const char *, size_t);

static void
set_text (struct syncd_entry *entry, set_part set, json_t *value, long n)
{
  if (!json_is_string (value))
    return;
  char *text = script_expand (json_string_value (value), n);
  if (text)
    set (entry, text, strlen (text));
  free (text);
}

static void
set_token (struct syncd_entry *entry, const char *token, size_t len)
{
  host->entry_set_token (entry, token, len);
}

static void
add_hex (struct syncd_entry *entry, size_t attribute, const char *hex)
{
  size_t len = strlen (hex) / 2;
  unsigned char *bytes = malloc (len + 1);
  for (size_t i = 0; bytes && i < len; i++) {
    unsigned byte = 0;
    sscanf (hex + 2 * i, "%2x", &byte);
    bytes[i] = (unsigned char) byte;
  }
  if (bytes)
    host->entry_add_value (entry, attribute, bytes, len);
  free (bytes);
}

static void
add_long (struct syncd_entry *entry, size_t attribute, const char *text, size_t times)
{
  size_t len = strlen (text);
  char *bytes = malloc (len * times + 1);
  for (size_t i = 0; bytes && i < times; i++)
    memcpy (bytes + i * len, text, len);
  if (bytes)
    host->entry_add_value (entry, attribute, bytes, len * times);
  free (bytes);
}

static void
add_text (struct syncd_entry *entry, size_t attribute, json_t *value, long n)
{
  size_t len = json_string_length (value);
  const char *bytes = json_string_value (value);
  if (memchr (bytes, '\0', len)) {
    host->entry_add_value (entry, attribute, bytes, len);
    return;
  }
  char *text = script_expand (bytes, n);
  if (text)
    host->entry_add_value (entry, attribute, text, strlen (text));
  free (text);
}

static void
add_value (struct syncd_entry *entry, size_t attribute, json_t *value, long n)
{
  const char *hex = json_string_value (json_object_get (value, "hex"));
  const char *text = json_string_value (json_object_get (value, "text"));
  if (hex)
    add_hex (entry, attribute, hex);
  else if (text)
    add_long (entry, attribute, text,
              (size_t) json_integer_value (json_object_get (value, "times")));
  else if (json_is_string (value))
    add_text (entry, attribute, value, n);
  else {
    char *dump = json_dumps (value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (dump)
      host->entry_add_value (entry, attribute, dump, strlen (dump));
    free (dump);
  }
}

static void
add_attribute (struct syncd_entry *entry, const char *const *names, size_t count, const char *key,
               json_t *values, long n)
{
  for (size_t a = 0; a < count; a++) {
    if (strcasecmp (names[a], key))
      continue;
    if (!json_is_array (values))
      add_value (entry, a, values, n);
    for (size_t i = 0; i < json_array_size (values); i++)
      add_value (entry, a, json_array_get (values, i), n);
  }
}

static void
fill_entry (struct syncd_entry *entry, json_t *told, long n, const char *const *names, size_t count)
{
  set_text (entry, host->entry_set_id, json_object_get (told, "id"), n);
  set_text (entry, host->entry_set_name, json_object_get (told, "name"), n);
  set_text (entry, set_token, json_object_get (told, "token"), n);
  json_t *type = json_object_get (told, "type"), *at = json_object_get (told, "reevaluate_at");
  if (type)
    host->entry_set_type (entry, json_string_value (type));
  if (at)
    host->entry_set_reevaluate_at (entry, json_integer_value (at));
  json_t *keys = json_object_get (told, "keys"), *values;
  for (size_t i = 0; i < json_array_size (keys); i++)
    set_text (entry, host->entry_add_reference_key, json_array_get (keys, i), n);
  const char *key;
  json_object_foreach (json_object_get (told, "attributes"), key, values)
    add_attribute (entry, names, count, key, values, n);
}

/* ---- scans ---- */

static const char *
mode_name (uint32_t mode)
{
  static const char *const names[] = { "", "everything", "changes", "watch", "inventory" };
  return names[mode <= SYNCD_MODE_INVENTORY ? mode : 0];
}

static void
scan_free (struct scan *scan)
{
  script_free (&scan->script);
  for (size_t i = 0; i < scan->name_count; i++)
    free (scan->names[i]);
  free (scan->names);
  free (scan);
}

static int32_t
find_section (struct syncd_ctx *ctx, struct scan *scan, const struct syncd_scan_request *request)
{
  char checkpoint[512] = "";
  if (request->checkpoint && request->checkpoint_len < sizeof checkpoint)
    memcpy (checkpoint, request->checkpoint, request->checkpoint_len);
  long at = script_section (&scan->script, mode_name (request->mode),
                            request->checkpoint ? checkpoint : NULL);
  int follows = request->mode == SYNCD_MODE_CHANGES || request->mode == SYNCD_MODE_WATCH;
  if (at < 0)
    return host->fail (ctx, follows ? SYNCD_E_CHECKPOINT : SYNCD_E_CONFIG,
                       "%s: no scan in the script for mode %s and checkpoint \"%s\"",
                       scan->instance->file, mode_name (request->mode), checkpoint);
  scan->at = (size_t) at;
  return SYNCD_OK;
}

static int
copy_names (struct scan *scan, const struct syncd_scan_request *request)
{
  scan->names = calloc (request->attribute_count + 1, sizeof *scan->names);
  for (size_t i = 0; scan->names && i < request->attribute_count; i++)
    if ((scan->names[i] = strdup (request->attributes[i]->name)))
      scan->name_count++;
  return scan->names && scan->name_count == request->attribute_count ? 0 : -1;
}

static int32_t
script_scan_begin (struct syncd_ctx *ctx, void *session, const struct syncd_scan_request *request,
                   void **ret_scan)
{
  struct scan *scan = calloc (1, sizeof *scan);
  if (!scan || copy_names (scan, request)) {
    if (scan)
      scan_free (scan);
    return host->fail (ctx, SYNCD_E_INTERNAL, "out of memory");
  }
  scan->instance = session;
  scan->mode = request->mode;
  int32_t code = read_script (ctx, scan->instance, &scan->script);
  if (code == SYNCD_OK)
    code = find_section (ctx, scan, request);
  if (code < 0)
    scan_free (scan);
  else
    *ret_scan = scan;
  return code;
}

static void
script_scan_end (struct syncd_ctx *ctx, void *scan)
{
  (void) ctx;
  scan_free (scan);
}

static void
nap (uint32_t ms)
{
  struct timespec pause = { 0, (long) ms * 1000000 };
  nanosleep (&pause, NULL);
}

/* {"wait": ms}: up to MAX_WAIT_MS of it. */
static int32_t
wait_event (struct syncd_ctx *ctx, struct scan *scan, int64_t ms, uint32_t max_wait_ms)
{
  uint32_t waited = 0;
  for (; waited < max_wait_ms && scan->waited_ms < ms; waited += 10, scan->waited_ms += 10) {
    if (host->cancelled (ctx))
      return SYNCD_E_CANCELLED;
    nap (10);
  }
  if (scan->waited_ms >= ms) {
    scan->waited_ms = 0;
    scan->at++;
  }
  return SYNCD_SCAN_IDLE;
}

/* The script's end in watch mode: has the file grown? */
static int32_t
follow (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms)
{
  for (uint32_t waited = 0;; waited += 10) {
    struct script script;
    if (host->cancelled (ctx))
      return SYNCD_E_CANCELLED;
    int32_t code = read_script (ctx, scan->instance, &script);
    if (code < 0)
      return code;
    script_free (&scan->script);
    scan->script = script;
    if (script_event (&scan->script, &scan->at))
      return SYNCD_OK;
    if (waited >= max_wait_ms)
      return SYNCD_SCAN_IDLE;
    nap (10);
  }
}

static int32_t
put_text (struct syncd_ctx *ctx, struct syncd_buffer *buffer, json_t *text, int32_t event)
{
  size_t len = json_string_length (text);
  if (host->buffer_append (buffer, json_string_value (text), len) < 0)
    return host->fail (ctx, SYNCD_E_LIMIT, "the script's text is too large");
  return event;
}

/* An event that may stand for many: the one with the number scan->n. */
static int32_t
play_entry (struct scan *scan, json_t *event, const char *key, struct syncd_entry *entry,
            int32_t code)
{
  json_t *count = json_object_get (event, "count");
  long last = count ? (long) json_integer_value (count) : 1;
  scan->n++;
  fill_entry (entry, json_object_get (event, key), scan->n, (const char *const *) scan->names,
              scan->name_count);
  if (scan->n >= last) {
    scan->at++;
    scan->n = 0;
  }
  return code;
}

static int32_t
play_simple (struct syncd_ctx *ctx, json_t *event, struct syncd_entry *entry,
             struct syncd_buffer *text)
{
  json_t *value;
  if ((value = json_object_get (event, "delete"))) {
    set_text (entry, host->entry_set_id, value, 1);
    return SYNCD_SCAN_DELETE;
  }
  if ((value = json_object_get (event, "checkpoint")))
    return put_text (ctx, text, value, SYNCD_SCAN_CHECKPOINT);
  if ((value = json_object_get (event, "partial")))
    return put_text (ctx, text, value, SYNCD_SCAN_END_PARTIAL);
  if ((value = json_object_get (event, "error")))
    return fail_as (ctx, value);
  static const struct { const char *key; int32_t code; } plain[] = {
    { "reset", SYNCD_SCAN_RESET }, { "caught-up", SYNCD_SCAN_CAUGHT_UP },
    { "idle", SYNCD_SCAN_IDLE },   { "all", SYNCD_SCAN_END_ALL },
    { "changes", SYNCD_SCAN_END_CHANGES },
  };
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if (json_object_get (event, plain[i].key))
      return plain[i].code;
  return host->fail (ctx, SYNCD_E_CONFIG, "the script has an event of no known kind");
}

static int32_t
play (struct syncd_ctx *ctx, struct scan *scan, json_t *event, uint32_t max_wait_ms,
      struct syncd_entry *entry, struct syncd_buffer *text)
{
  json_t *wait = json_object_get (event, "wait");
  if (wait)
    return wait_event (ctx, scan, json_integer_value (wait), max_wait_ms);
  if (json_object_get (event, "kill"))
    kill (getpid (), SIGKILL);
  if (json_object_get (event, "entry"))
    return play_entry (scan, event, "entry", entry, SYNCD_SCAN_ENTRY);
  if (json_object_get (event, "still-there"))
    return play_entry (scan, event, "still-there", entry, SYNCD_SCAN_STILL_THERE);
  scan->at++;
  return play_simple (ctx, event, entry, text);
}

static int32_t
script_scan_next (struct syncd_ctx *ctx, void *the_scan, uint32_t max_wait_ms,
                  struct syncd_entry *entry, struct syncd_buffer *text)
{
  struct scan *scan = the_scan;
  if (host->cancelled (ctx))
    return host->fail (ctx, SYNCD_E_CANCELLED, "cancelled");
  json_t *event = script_event (&scan->script, &scan->at);
  if (!event && scan->mode == SYNCD_MODE_WATCH) {
    int32_t code = follow (ctx, scan, max_wait_ms);
    if (code != SYNCD_OK)
      return code;
    event = script_event (&scan->script, &scan->at);
  }
  if (!event)
    return host->fail (ctx, SYNCD_E_PROTOCOL, "%s: the script stops without an end",
                       scan->instance->file);
  return play (ctx, scan, event, max_wait_ms, entry, text);
}

/* ---- single entries, schema, description ---- */

static void
answer_one (const struct script *script, const struct syncd_scan_request *request, const char *id,
            struct syncd_entry *entry)
{
  json_t *line = NULL;
  long n = 1;
  const char *answer = script_answer (script, id, &line, &n);
  if (line) {
    const char **names = calloc (request->attribute_count + 1, sizeof *names);
    for (size_t i = 0; names && i < request->attribute_count; i++)
      names[i] = request->attributes[i]->name;
    fill_entry (entry, json_object_get (line, "entry"), n, names,
                names ? request->attribute_count : 0);
    free (names);
  }
  host->entry_set_answer (entry, !strcmp (answer, "entry") && line ? SYNCD_GET_ENTRY
                                 : !strcmp (answer, "gone") ? SYNCD_GET_GONE
                                 : !strcmp (answer, "out-of-scope") ? SYNCD_GET_OUT_OF_SCOPE
                                                                    : SYNCD_GET_FAILED);
}

static int32_t
script_get (struct syncd_ctx *ctx, void *session, const struct syncd_scan_request *request,
            const char *const *ids, struct syncd_entry *const *entries, size_t n)
{
  struct script script;
  int32_t code = read_script (ctx, session, &script);
  if (code < 0)
    return code;
  json_t *error = script_setting (&script, "get-error");
  if (error)
    code = fail_as (ctx, error);
  for (size_t i = 0; !error && i < n; i++)
    answer_one (&script, request, ids[i], entries[i]);
  script_free (&script);
  return code;
}

static int32_t
put_json (struct syncd_ctx *ctx, struct syncd_buffer *buffer, json_t *json)
{
  char *dump = json_dumps (json, JSON_COMPACT | JSON_SORT_KEYS);
  int32_t code = dump ? host->buffer_append (buffer, dump, strlen (dump)) : SYNCD_E_INTERNAL;
  free (dump);
  return code < 0 ? host->fail (ctx, code, "the script's JSON is too large") : SYNCD_OK;
}

static int32_t
script_schema (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text)
{
  struct script script;
  int32_t code = read_script (ctx, session, &script);
  if (code < 0)
    return code;
  json_t *schema = script_setting (&script, "schema");
  code = schema ? put_json (ctx, text, schema)
                : host->fail (ctx, SYNCD_E_UNSUPPORTED, "the script has no schema");
  script_free (&script);
  return code;
}

static int32_t
script_describe (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text)
{
  const struct instance *instance = session;
  struct script script;
  int32_t code = read_script (ctx, instance, &script);
  if (code < 0)
    return code;
  json_t *error = script_setting (&script, "describe-error");
  if (error) {
    code = fail_as (ctx, error);
    script_free (&script);
    return code;
  }
  json_t *all = json_pack ("{s:{s:s,s:s},s:s,s:s,s:s,s:s,s:[s,s],s:[],s:[]}", "identity", "source",
                           instance->name, "id", "id", "server", "script", "scope", "script",
                           "changes", "timestamp", "why", "the script has checkpoints", "grades",
                           "timestamp", "full", "blind", "warnings");
  json_object_update (all, script_setting (&script, "describe"));
  code = put_json (ctx, text, all);
  json_decref (all);
  script_free (&script);
  return code;
}

static const struct syncd_option options[] = {
  { .key = "file", .type = SYNCD_OPT_PATH | SYNCD_OPT_REQUIRED, .environment = "SYNCD_SCRIPT",
    .help = "the script: JSON, one event a line" },
};

static const struct syncd_source_ops source = {
  .struct_size = sizeof source,
  .scan_begin = script_scan_begin,
  .scan_next = script_scan_next,
  .scan_end = script_scan_end,
  .get = script_get,
  .schema = script_schema,
  .describe = script_describe,
};

static const struct syncd_plugin plugin = {
  SYNCD_PLUGIN_HEADER,
  .kind = SYNCD_KIND_SOURCE,
  .thread_model = SYNCD_THREADS_SESSION,
  .name = "script",
  .version = "1",
  .summary = "plays events from a file (tests)",
  .options = options,
  .option_count = sizeof options / sizeof *options,
  .option_size = sizeof *options,
  .load = script_load,
  .create = script_create,
  .destroy = script_destroy,
  .open = script_open,
  .close = script_close,
  .source = &source,
};
SYNCD_REGISTER_PLUGIN (plugin);
