/* changes.c: which grade finds changes; what the timestamp and inventory grades remember.
 *
 * Timestamp: entries whose modification time is not older than the newest one seen, less an overlap, are
 * read again. Only times of the server are used, and never its clock against ours: what was
 * modified while a scan ran has a time not before the scan's start, so the newest time seen
 * less the scan's length is a bound that misses nothing. */
#include "source-ldap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define CHECKPOINT_FORMAT \
  "{\"v\":1,\"strategy\":\"timestamp\",\"scope\":\"%s\",\"data\":{\"hi\":\"%s\"}}"

bool
time_read (const struct berval *value, char ret_time[TIME_SIZE])
{
  size_t len = value->bv_len;

  if (len < 15 || len > 32 || value->bv_val[len - 1] != 'Z')
    return false;
  for (size_t i = 0; i < 14; i++)
    if (value->bv_val[i] < '0' || value->bv_val[i] > '9')
      return false;
  if (len > 15 && value->bv_val[14] != '.' && value->bv_val[14] != ',')
    return false;
  memcpy (ret_time, value->bv_val, 14);
  memcpy (ret_time + 14, "Z", 2);
  return true;
}

int64_t
time_seconds (const char *time)
{
  struct tm tm = { 0 };

  if (sscanf (time, "%4d%2d%2d%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
              &tm.tm_min, &tm.tm_sec) != 6)
    return 0;
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  return (int64_t) timegm (&tm);
}

void
time_move (char time[TIME_SIZE], int64_t seconds)
{
  time_t moved = (time_t) (time_seconds (time) + seconds);
  struct tm tm;

  if (moved < 0)
    moved = 0;
  if (gmtime_r (&moved, &tm))
    strftime (time, TIME_SIZE, "%Y%m%d%H%M%SZ", &tm);
}

enum changes
changes_grade (const struct session *session)
{
  enum changes asked = session->instance->changes;

  if (session->sync_offered && (asked == CHANGES_AUTO || asked == CHANGES_SYNCREPL))
    return CHANGES_SYNCREPL;
  if (session->time_attribute && (asked == CHANGES_AUTO || asked == CHANGES_TIMESTAMP))
    return CHANGES_TIMESTAMP;
  if (session->token_attribute && (asked == CHANGES_AUTO || asked == CHANGES_INVENTORY))
    return CHANGES_INVENTORY;
  return CHANGES_FULL;
}

static void
add_key (struct text *text, const char *name, const char *dn)
{
  struct berval value;

  ber_str2bv (dn ? dn : "", 0, 0, &value);
  text_print (text, "%s=", name);
  dn_key (&value, true, text);
  text_add (text, "\n", 1);
}

void
scope_text (const struct session *session, struct text *text)
{
  const struct instance *instance = session->instance;

  add_key (text, "base", instance->base);
  text_print (text, "scope=%d\nfilter=%s\n", instance->scope, instance->filter);
  add_key (text, "bind", instance->bind_dn);
  text_print (text, "mechanism=%s\n", instance->mechanism ? instance->mechanism : "");
}

static int
compare_names (const void *a, const void *b)
{
  const struct syncd_attribute *const *x = a, *const *y = b;
  int order = strcasecmp ((*x)->name, (*y)->name);

  return order ? order : ((*x)->flags > (*y)->flags) - ((*x)->flags < (*y)->flags);
}

void
checkpoint_fingerprint (const struct session *session, const struct syncd_scan_request *request,
                        char ret_hex[65])
{
  const struct syncd_attribute **sorted = calloc (request->attribute_count + 1, sizeof *sorted);
  struct text text = { 0 };

  scope_text (session, &text);
  text_print (&text, "id=%s\ntime=%s\ncontext=%s\nserver=%s\n", session->id_attribute,
              session->time_attribute ? session->time_attribute : "", session->context,
              session->server_id ? session->server_id : "");
  if (sorted && request->attribute_count) {
    memcpy (sorted, request->attributes, request->attribute_count * sizeof *sorted);
    qsort (sorted, request->attribute_count, sizeof *sorted, compare_names);
  }
  for (size_t i = 0; sorted && i < request->attribute_count; i++) {
    size_t from = text.len;

    text_print (&text, "%s %u\n", sorted[i]->name, sorted[i]->flags);
    for (; from < text.len; from++)
      if (text.data[from] >= 'A' && text.data[from] <= 'Z')
        text.data[from] = (char) (text.data[from] + 32);
  }
  text_fingerprint (&text, ret_hex);
  free (sorted);
  text_fini (&text);
}

int32_t
checkpoint_write (struct syncd_ctx *ctx, const char *fingerprint, const char *newest,
                  struct syncd_buffer *buffer)
{
  struct text text = { 0 };
  int32_t rc;

  text_print (&text, CHECKPOINT_FORMAT, fingerprint, newest);
  rc = text.failed ? error_memory (ctx) : HOST->buffer_append (buffer, text.data, text.len);
  text_fini (&text);
  return rc;
}

static int32_t
fail_checkpoint (struct syncd_ctx *ctx)
{
  return HOST->fail (ctx, SYNCD_E_CHECKPOINT, "the checkpoint is of another server, base, filter, "
                     "bind identity, list of attributes or way of finding changes");
}

/* Only what we wrote ourselves is read: the same text, with another time. */
int32_t
checkpoint_read (struct syncd_ctx *ctx, const char *fingerprint, const void *bytes, size_t len,
                 char ret_newest[TIME_SIZE])
{
  struct text expected = { 0 };
  struct berval time = { 15, NULL };
  char found[TIME_SIZE];
  size_t at;
  bool same;

  text_print (&expected, CHECKPOINT_FORMAT, fingerprint, "00000000000000Z");
  if (expected.failed)
    return error_memory (ctx);
  at = expected.len - strlen ("00000000000000Z\"}}");
  time.bv_val = len == expected.len ? (char *) bytes + at : NULL;
  same = time.bv_val && time_read (&time, found) && memcmp (bytes, expected.data, at) == 0 &&
         memcmp ((const char *) bytes + at + 15, expected.data + at + 15, len - at - 15) == 0;
  text_fini (&expected);
  if (!same)
    return fail_checkpoint (ctx);
  memcpy (ret_newest, found, TIME_SIZE);
  return SYNCD_OK;
}

static void
inventory_text (const struct session *session, const char *fingerprint, struct text *text)
{
  text_print (text, "{\"v\":1,\"strategy\":\"inventory\",\"scope\":\"%s\",\"server\":",
              fingerprint);
  text_json (text, session->endpoint->uri);
  text_add (text, "}", 1);
}

int32_t
inventory_write (struct syncd_ctx *ctx, const struct session *session, const char *fingerprint,
                 struct syncd_buffer *buffer)
{
  struct text text = { 0 };
  int32_t rc;

  inventory_text (session, fingerprint, &text);
  rc = text.failed ? error_memory (ctx) : HOST->buffer_append (buffer, text.data, text.len);
  text_fini (&text);
  return rc;
}

/* Versions are compared with those of this very server, and one that lags must not count. */
int32_t
inventory_read (struct syncd_ctx *ctx, const struct session *session, const char *fingerprint,
                const void *bytes, size_t len)
{
  struct text text = { 0 };
  int32_t rc = SYNCD_OK;

  inventory_text (session, fingerprint, &text);
  if (text.failed)
    rc = error_memory (ctx);
  else if (len != text.len || memcmp (bytes, text.data, len) != 0)
    rc = fail_checkpoint (ctx);
  text_fini (&text);
  return rc;
}
