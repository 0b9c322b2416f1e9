/* driver-host: see driver-host.h. */
#include <config.h>

#include "driver-host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_BUFFER ((size_t) 16 * 1024 * 1024)

int64_t
driver_now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
driver_ctx_init (struct syncd_ctx *x)
{
  memset (x, 0, sizeof *x);
  pthread_mutex_init (&x->lock, NULL);
  x->logs = json_array ();
  x->observed = json_array ();
  x->permits = json_array ();
}

void
driver_ctx_fini (struct syncd_ctx *x)
{
  json_decref (x->logs);
  json_decref (x->observed);
  json_decref (x->permits);
  pthread_mutex_destroy (&x->lock);
}

static void
host_log (struct syncd_ctx *x, int32_t level, const char *fmt, ...)
{
  char line[4096];
  va_list ap;
  va_start (ap, fmt);
  vsnprintf (line, sizeof line, fmt, ap);
  va_end (ap);
  pthread_mutex_lock (&x->lock);
  json_array_append_new (x->logs, json_pack ("{s:i,s:s}", "level", (int) level, "message", line));
  pthread_mutex_unlock (&x->lock);
}

static int32_t
host_fail (struct syncd_ctx *x, int32_t code, const char *fmt, ...)
{
  va_list ap;
  pthread_mutex_lock (&x->lock);
  va_start (ap, fmt);
  vsnprintf (x->message, sizeof x->message, fmt, ap);
  va_end (ap);
  x->failures++;
  pthread_mutex_unlock (&x->lock);
  return code;
}

static int32_t
host_cancelled (struct syncd_ctx *x)
{
  pthread_mutex_lock (&x->lock);
  int64_t at = x->cancel_at;
  pthread_mutex_unlock (&x->lock);
  return at != 0 && driver_now () >= at;
}

static void
host_wipe (void *bytes, size_t len)
{
  volatile char *p = bytes;
  for (size_t i = 0; i < len; i++)
    p[i] = 0;
}

static const char *
default_of (const struct syncd_plugin *p, const char *key)
{
  for (uint32_t i = 0; i < p->option_count; i++) {
    const struct syncd_option *o = &p->options[i];
    if (strcmp (o->key, key) != 0)
      continue;
    const char *from = o->environment != NULL ? getenv (o->environment) : NULL;
    return from != NULL ? from : o->default_value;
  }
  return NULL;
}

static const char *
config_text (const struct syncd_config *c, const char *key)
{
  size_t n = strlen (key);
  for (int i = 0; i < c->count; i++)
    if (strncmp (c->pairs[i], key, n) == 0 && c->pairs[i][n] == '=')
      return c->pairs[i] + n + 1;
  return default_of (c->plugin, key);
}

static int64_t
config_number (const struct syncd_config *c, const char *key)
{
  const char *text = config_text (c, key);
  return text == NULL ? 0 : strcmp (text, "true") == 0 ? 1 : strtoll (text, NULL, 10);
}

static size_t
config_count (const struct syncd_config *c, const char *key)
{
  return config_text (c, key) != NULL;
}

static const char *
config_item (const struct syncd_config *c, const char *key, size_t i)
{
  return i == 0 ? config_text (c, key) : NULL;
}

static const char *
config_item_key (const struct syncd_config *c, const char *key, size_t i)
{
  (void) c, (void) key, (void) i;
  return NULL;
}

static const char *
config_name (const struct syncd_config *c)
{
  return c->plugin->name;
}

static int32_t
buffer_append (struct syncd_buffer *b, const void *bytes, size_t len)
{
  if (len > MAX_BUFFER - b->len)
    return SYNCD_E_LIMIT;
  char *data = realloc (b->data, b->len + len + 1);
  if (data == NULL)
    return SYNCD_E_INTERNAL;
  memcpy (data + b->len, bytes, len);
  b->data = data;
  b->len += len;
  data[b->len] = '\0';
  return SYNCD_OK;
}

static void
set_text (struct syncd_result *r, const char *key, const char *value)
{
  json_object_set_new (r->json, key, value != NULL ? json_string (value) : json_null ());
}

static void
result_set (struct syncd_result *r, int32_t result, int32_t status)
{
  static const char *const names[] = {"UNKNOWN", "OK",        "ENTRY",     "COLLISION", "LINK",
                                      "RACE",    "AUTH",      "FORBIDDEN", "CONFIG",    "BUDGET",
                                      "SINK",    "NOT_TAKEN", "CANCELLED"};
  set_text (r, "result", result >= 0 && result <= 12 ? names[result] : "?");
  json_object_set_new (r->json, "status", json_integer (status));
}

static void
result_set_message (struct syncd_result *r, const char *fmt, ...)
{
  char line[4096];
  va_list ap;
  va_start (ap, fmt);
  vsnprintf (line, sizeof line, fmt, ap);
  va_end (ap);
  set_text (r, "message", line);
}

static void
result_set_account (struct syncd_result *r, const char *id, const char *version, uint32_t flags)
{
  set_text (r, "account", id);
  set_text (r, "version", version);
  json_object_set_new (r->json, "flags", json_integer (flags));
}

static void
result_set_conflict (struct syncd_result *r, const char *attribute)
{
  set_text (r, "conflict", attribute);
}

static void
result_add_not_taken (struct syncd_result *r, const char *path)
{
  json_t *list = json_object_get (r->json, "not_taken");
  if (list == NULL) {
    list = json_array ();
    json_object_set_new (r->json, "not_taken", list);
  }
  json_array_append_new (list, json_string (path));
}

static void
result_set_retry_after (struct syncd_result *r, int64_t ms)
{
  json_object_set_new (r->json, "retry_after", json_integer (ms));
}

static void
result_set_correlation (struct syncd_result *r, const char *id)
{
  set_text (r, "correlation", id);
}

static int32_t
permit (struct syncd_ctx *x, uint32_t kind)
{
  pthread_mutex_lock (&x->lock);
  json_array_append_new (x->permits, json_integer (kind));
  pthread_mutex_unlock (&x->lock);
  return host_cancelled (x) ? SYNCD_E_CANCELLED : SYNCD_OK;
}

static void
observed (struct syncd_ctx *x, const struct syncd_observation *o)
{
  pthread_mutex_lock (&x->lock);
  json_array_append_new (x->observed,
                         json_pack ("{s:i,s:i,s:i,s:I,s:I,s:I,s:I}", "kind", (int) o->kind,
                                    "status", (int) o->status, "throttled", (int) o->throttled,
                                    "allowed", (json_int_t) o->allowed, "used",
                                    (json_int_t) o->used, "reset_ms", (json_int_t) o->reset_ms,
                                    "retry_after_ms", (json_int_t) o->retry_after_ms));
  pthread_mutex_unlock (&x->lock);
}

const struct syncd_host driver_host = {
    .struct_size = sizeof (struct syncd_host),
    .abi_version = SYNCD_ABI_CURRENT,
    .log = host_log,
    .fail = host_fail,
    .cancelled = host_cancelled,
    .wipe = host_wipe,
    .config_text = config_text,
    .config_number = config_number,
    .config_count = config_count,
    .config_item = config_item,
    .config_item_key = config_item_key,
    .config_name = config_name,
    .buffer_append = buffer_append,
    .change_kind = driver_change_kind,
    .change_type = driver_change_type,
    .change_entry = driver_change_entry,
    .change_account = driver_change_account,
    .change_version = driver_change_version,
    .change_document = driver_change_document,
    .change_operation_count = driver_change_operation_count,
    .change_operation = driver_change_operation,
    .result_set = result_set,
    .result_set_message = result_set_message,
    .result_set_account = result_set_account,
    .result_set_conflict = result_set_conflict,
    .result_add_not_taken = result_add_not_taken,
    .result_set_retry_after = result_set_retry_after,
    .result_set_correlation = result_set_correlation,
    .permit = permit,
    .observed = observed,
};
