/* checkpoint.c: what a scan leaves for the next one.
 *
 * A checkpoint names its grade, the fingerprint of what decides which entries and values are
 * seen, and the server that its numbers belong to. Only what we wrote ourselves is read, member
 * by member in the order of writing; any difference is a doubt, and a doubt is no checkpoint. */
#include "grade.h"
#include "scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
  text_print (&text, "id=%s\ntime=%s\ncontext=%s\n", session->id_attribute,
              session->time_attribute ? session->time_attribute : "", session->context);
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

/* ---- the text ---- */

static void
add_server (const struct scan *scan, struct text *text)
{
  const char *server = scan->grade->server ? scan->grade->server (scan->session) : NULL;

  text_print (text, "\"server\":");
  text_json (text, server ? server : "");
}

static void
add_data (const struct scan *scan, const char *data, struct text *text)
{
  if (scan->grade->data)
    text_print (text, ",\"data\":{\"%s\":\"%s\"}", scan->grade->data, data);
  text_add (text, "}", 1);
}

int32_t
checkpoint_write (struct syncd_ctx *ctx, const struct scan *scan, const char *data,
                  struct syncd_buffer *buffer)
{
  struct text text = { 0 };
  int32_t rc;

  text_print (&text, "{\"v\":1,\"strategy\":\"%s\",\"scope\":\"%s\",", scan->grade->name,
              scan->fingerprint);
  add_server (scan, &text);
  add_data (scan, data, &text);
  rc = text.failed ? error_memory (ctx) : HOST->buffer_append (buffer, text.data, text.len);
  text_fini (&text);
  return rc;
}

/* Takes what EXPECTED holds off the front of REST. */
static bool
take (struct berval *rest, struct text *expected)
{
  bool same = !expected->failed && rest->bv_len >= expected->len &&
              memcmp (rest->bv_val, expected->data, expected->len) == 0;

  if (same) {
    rest->bv_val += expected->len;
    rest->bv_len -= (ber_len_t) expected->len;
  }
  expected->len = 0;
  return same;
}

/* Up to the quote that ends it, and nothing but the end after that. */
static bool
take_datum (struct berval *rest, struct berval *ret_data)
{
  struct berval data = *rest;

  if (rest->bv_len < 3 || memcmp (rest->bv_val + rest->bv_len - 3, "\"}}", 3) != 0)
    return false;
  data.bv_len -= 3;
  if (memchr (data.bv_val, '"', data.bv_len) || memchr (data.bv_val, '\\', data.bv_len))
    return false;
  *ret_data = data;
  return true;
}

/* NULL: all as expected; else what is not. */
static const char *
differs (const struct scan *scan, struct berval *rest, struct text *scratch,
         struct berval *ret_data)
{
  text_print (scratch, "{\"v\":1,\"strategy\":\"%s\",", scan->grade->name);
  if (!take (rest, scratch))
    return "it was made by another way of finding changes, or by another version";
  text_print (scratch, "\"scope\":\"%s\",", scan->fingerprint);
  if (!take (rest, scratch))
    return "the base, scope, filter, bind identity, ids or attributes are not the same";
  add_server (scan, scratch);
  if (!take (rest, scratch))
    return "it belongs to another server, or to this one before it was set up anew";
  if (!scan->grade->data)
    return rest->bv_len == 1 && *rest->bv_val == '}' ? NULL : "it is damaged";
  text_print (scratch, ",\"data\":{\"%s\":\"", scan->grade->data);
  return take (rest, scratch) && take_datum (rest, ret_data) ? NULL : "it is damaged";
}

int32_t
checkpoint_fail (struct syncd_ctx *ctx, const struct scan *scan, const char *why)
{
  return HOST->fail (ctx, SYNCD_E_CHECKPOINT, "%s cannot go on from the last checkpoint: %s",
                     scan->session->endpoint->uri, why);
}

int32_t
checkpoint_read (struct syncd_ctx *ctx, const struct scan *scan, const void *bytes, size_t len,
                 struct berval *ret_data)
{
  struct berval rest = { (ber_len_t) len, (char *) bytes };
  struct text scratch = { 0 };
  const char *why = differs (scan, &rest, &scratch, ret_data);
  bool failed = scratch.failed;

  text_fini (&scratch);
  if (failed)
    return error_memory (ctx);
  return why ? checkpoint_fail (ctx, scan, why) : SYNCD_OK;
}
