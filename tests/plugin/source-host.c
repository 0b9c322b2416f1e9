/* source-host.c: the host's services for source-driver. */
#include "source-host.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool source_host_quiet;
volatile sig_atomic_t source_host_stopped;
size_t source_host_attributes;

int64_t
now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- JSON ---- */

static bool
is_text (const unsigned char *at, size_t len)
{
  while (len) {
    size_t n = *at < 0x80 ? 1 : *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : *at >= 0xc2 ? 2 : 0;

    if (!n || *at > 0xf4 || n > len || *at == 0)
      return false;
    for (size_t i = 1; i < n; i++)
      if ((at[i] & 0xc0) != 0x80)
        return false;
    at += n;
    len -= n;
  }
  return true;
}

void
print_json (FILE *out, const char *data, size_t len)
{
  if (!is_text ((const unsigned char *) data, len)) {
    fputs ("{\"hex\":\"", out);
    for (size_t i = 0; i < len; i++)
      fprintf (out, "%02x", (unsigned char) data[i]);
    fputs ("\"}", out);
    return;
  }
  fputc ('"', out);
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char) data[i];

    if (c == '"' || c == '\\')
      fputc ('\\', out);
    if (c < 0x20 || c == 0x7f)
      fprintf (out, "\\u%04x", c);
    else
      fputc (c, out);
  }
  fputc ('"', out);
}

/* ---- the host's services ---- */

static void
buffer_add (struct syncd_buffer *buffer, const void *bytes, size_t len)
{
  char *data = realloc (buffer->data, buffer->len + len + 1);

  if (!data)
    abort ();
  if (len)
    memcpy (data + buffer->len, bytes, len);
  buffer->data = data;
  buffer->len += len;
  data[buffer->len] = '\0';
}

void
buffer_reset (struct syncd_buffer *buffer)
{
  free (buffer->data);
  memset (buffer, 0, sizeof *buffer);
}

static void
buffer_add_json (struct syncd_buffer *buffer, const void *bytes, size_t len)
{
  char *data = NULL;
  size_t size = 0;
  FILE *out = open_memstream (&data, &size);

  print_json (out, bytes, len);
  fclose (out);
  buffer_add (buffer, data, size);
  free (data);
}

static void SYNCD_PRINTF (3, 4)
host_log (struct syncd_ctx *ctx, int32_t level, const char *fmt, ...)
{
  va_list args;

  (void) ctx;
  fprintf (stderr, "%d: ", level);
  va_start (args, fmt);
  vfprintf (stderr, fmt, args);
  va_end (args);
  fputc ('\n', stderr);
}

static int32_t SYNCD_PRINTF (3, 4)
host_fail (struct syncd_ctx *ctx, int32_t code, const char *fmt, ...)
{
  va_list args;

  va_start (args, fmt);
  vsnprintf (ctx->message, sizeof ctx->message, fmt, args);
  va_end (args);
  ctx->code = code;
  return code;
}

static int32_t
host_cancelled (struct syncd_ctx *ctx)
{
  return source_host_stopped || (ctx->cancel_at && now_ms () >= ctx->cancel_at);
}

static void
host_wipe (void *bytes, size_t len)
{
  volatile unsigned char *at = bytes;

  while (len--)
    *at++ = 0;
}

const struct syncd_option *
option_find (const struct syncd_plugin *plugin, const char *key)
{
  for (uint32_t i = 0; i < plugin->option_count; i++) {
    const struct syncd_option *option = (const void *) ((const char *) plugin->options +
                                                        (size_t) i * plugin->option_size);

    if (strcmp (option->key, key) == 0)
      return option;
  }
  return NULL;
}

static const char *
config_text (const struct syncd_config *config, const char *key)
{
  const struct syncd_option *option = option_find (config->plugin, key);

  for (size_t i = config->count; i-- > 0;)
    if (strcmp (config->keys[i], key) == 0)
      return config->values[i];
  return option ? option->default_value : NULL;
}

static int64_t
config_number (const struct syncd_config *config, const char *key)
{
  const char *text = config_text (config, key);
  char *end;
  int64_t number;

  if (!text)
    return 0;
  if (strcmp (text, "true") == 0)
    return 1;
  number = strtoll (text, &end, 10);
  if (strcmp (end, "s") == 0)
    return number * 1000;
  return strcmp (end, "m") == 0 ? number * 60000 : strcmp (end, "k") == 0 ? number * 1024 : number;
}

static const char *
config_item (const struct syncd_config *config, const char *key, size_t i)
{
  for (size_t at = 0; at < config->count; at++)
    if (strcmp (config->keys[at], key) == 0 && i-- == 0)
      return config->values[at];
  return NULL;
}

static size_t
config_count (const struct syncd_config *config, const char *key)
{
  size_t n = 0;

  while (config_item (config, key, n))
    n++;
  return n;
}

static const char *
config_item_key (const struct syncd_config *config, const char *key, size_t i)
{
  (void) config, (void) key, (void) i;
  return NULL;
}

static const char *
config_name (const struct syncd_config *config)
{
  return config->plugin->name;
}

static int32_t
buffer_append (struct syncd_buffer *buffer, const void *bytes, size_t len)
{
  buffer_add (buffer, bytes, len);
  return SYNCD_OK;
}

static void
entry_set_id (struct syncd_entry *entry, const char *id, size_t len)
{
  entry->id.len = 0;
  buffer_add (&entry->id, id, len);
}

static void
entry_set_token (struct syncd_entry *entry, const void *token, size_t len)
{
  entry->token.len = 0;
  buffer_add (&entry->token, token, len);
}

static void
entry_set_name (struct syncd_entry *entry, const char *name, size_t len)
{
  entry->name.len = 0;
  buffer_add (&entry->name, name, len);
}

static void
entry_add_reference_key (struct syncd_entry *entry, const char *key, size_t len)
{
  if (source_host_quiet)
    return;
  buffer_add (&entry->keys, ",", entry->keys.len ? 1 : 0);
  buffer_add_json (&entry->keys, key, len);
}

static void
entry_set_reevaluate_at (struct syncd_entry *entry, int64_t at_ms)
{
  entry->reevaluate_at = at_ms;
}

static void
entry_set_type (struct syncd_entry *entry, const char *type)
{
  (void) entry, (void) type;
}

static void
entry_add_value (struct syncd_entry *entry, size_t attribute, const void *value, size_t len)
{
  char head[32];

  entry->value_count++;
  if (source_host_quiet)
    return;
  if (attribute >= source_host_attributes)
    abort ();
  snprintf (head, sizeof head, "%s[%zu,", entry->values.len ? "," : "", attribute);
  buffer_add (&entry->values, head, strlen (head));
  buffer_add_json (&entry->values, value, len);
  buffer_add (&entry->values, "]", 1);
}

static void
entry_set_answer (struct syncd_entry *entry, int32_t answer)
{
  entry->answer = answer;
}

static int32_t
host_permit (struct syncd_ctx *ctx, uint32_t kind)
{
  (void) ctx, (void) kind;
  return SYNCD_OK;
}

static void
host_observed (struct syncd_ctx *ctx, const struct syncd_observation *observation)
{
  (void) ctx, (void) observation;
}

const struct syncd_host source_host = {
  .struct_size = sizeof source_host,
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
  .entry_set_id = entry_set_id,
  .entry_set_token = entry_set_token,
  .entry_set_name = entry_set_name,
  .entry_add_reference_key = entry_add_reference_key,
  .entry_set_reevaluate_at = entry_set_reevaluate_at,
  .entry_set_type = entry_set_type,
  .entry_add_value = entry_add_value,
  .entry_set_answer = entry_set_answer,
  .permit = host_permit,
  .observed = host_observed,
  .recall = source_host_recall,
  .remember = source_host_remember,
};
void
entry_reset (struct syncd_entry *entry)
{
  buffer_reset (&entry->id);
  buffer_reset (&entry->token);
  buffer_reset (&entry->name);
  buffer_reset (&entry->keys);
  buffer_reset (&entry->values);
  memset (entry, 0, sizeof *entry);
}
