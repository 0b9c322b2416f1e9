/* sync-state.c: cookies of the syncrepl grade, and the checkpoints that carry them.
 *
 * A cookie has one change number for each server of a set, so it holds at any of them; the
 * fingerprint therefore names no server. */
#include "sync.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT_START "{\"v\":1,\"strategy\":\"syncrepl\",\"scope\":\"%s\",\"data\":{\"cookie\":\""
#define CHECKPOINT_END "\"}}"
#define DIGITS "0123456789"
#define HEX "0123456789abcdefABCDEF"

/* Takes COUNT_MIN to COUNT_MAX characters of SET off the front. */
static bool
take (struct berval *rest, const char *set, size_t count_min, size_t count_max)
{
  size_t n = 0;

  while (n < rest->bv_len && n < count_max && rest->bv_val[n] && strchr (set, rest->bv_val[n]))
    n++;
  rest->bv_val += n;
  rest->bv_len -= (ber_len_t) n;
  return n >= count_min;
}

static bool
take_word (struct berval *rest, const char *word)
{
  size_t len = strlen (word);

  if (rest->bv_len < len || memcmp (rest->bv_val, word, len) != 0)
    return false;
  rest->bv_val += len;
  rest->bv_len -= (ber_len_t) len;
  return true;
}

/* 20261123172719.530377Z#000000#000#000000 */
static bool
take_csn (struct berval *rest)
{
  return take (rest, DIGITS, 14, 14) && take_word (rest, ".") && take (rest, DIGITS, 6, 6) &&
         take_word (rest, "Z#") && take (rest, HEX, 6, 6) && take_word (rest, "#") &&
         take (rest, HEX, 3, 3) && take_word (rest, "#") && take (rest, HEX, 6, 6);
}

/* rid=000[,sid=002],csn=CSN[;CSN]… and no delcsn=, which marks a refresh under way. */
bool
sync_cookie_usable (const struct berval *cookie)
{
  struct berval rest = *cookie;

  if (!rest.bv_val || rest.bv_len > MAX_COOKIE || !take_word (&rest, "rid=") ||
      !take (&rest, DIGITS, 1, 3) || !take_word (&rest, ","))
    return false;
  if (take_word (&rest, "sid=") && !(take (&rest, HEX, 1, 3) && take_word (&rest, ",")))
    return false;
  if (!take_word (&rest, "csn="))
    return false;
  do
    if (!take_csn (&rest))
      return false;
  while (take_word (&rest, ";"));
  return rest.bv_len == 0;
}

static void
add_base64 (struct text *text, const struct berval *bytes)
{
  unsigned char *out = malloc (bytes->bv_len / 3 * 4 + 5);
  int len = 0;

  if (out)
    len = EVP_EncodeBlock (out, (const unsigned char *) bytes->bv_val, (int) bytes->bv_len);
  text->failed = text->failed || !out;
  text_add (text, out ? (const char *) out : "", (size_t) len);
  free (out);
}

int32_t
sync_checkpoint_write (struct syncd_ctx *ctx, const char *fingerprint, const struct berval *cookie,
                       struct syncd_buffer *buffer)
{
  struct text text = { 0 };
  int32_t rc;

  text_print (&text, CHECKPOINT_START, fingerprint);
  add_base64 (&text, cookie);
  text_print (&text, CHECKPOINT_END);
  rc = text.failed ? error_memory (ctx) : HOST->buffer_append (buffer, text.data, text.len);
  text_fini (&text);
  return rc;
}

/* EVP_DecodeBlock counts the padding as bytes. */
static bool
read_base64 (const char *data, size_t len, struct berval *ret_bytes)
{
  unsigned char *out;
  int size;

  if (!len || len % 4 || len > MAX_COOKIE / 3 * 4 || !(out = malloc (len / 4 * 3 + 1)))
    return false;
  size = EVP_DecodeBlock (out, (const unsigned char *) data, (int) len);
  if (size < 3) {
    free (out);
    return false;
  }
  size -= (data[len - 1] == '=') + (data[len - 2] == '=');
  *ret_bytes = (struct berval){ (ber_len_t) size, (char *) out };
  return true;
}

static bool
read_text (const char *start, const char *bytes, size_t len, struct berval *ret_cookie)
{
  size_t from = strlen (start), end = strlen (CHECKPOINT_END);

  if (len < from + end || memcmp (bytes, start, from) != 0 ||
      memcmp (bytes + len - end, CHECKPOINT_END, end) != 0 ||
      !read_base64 (bytes + from, len - from - end, ret_cookie))
    return false;
  if (sync_cookie_usable (ret_cookie))
    return true;
  free (ret_cookie->bv_val);
  ret_cookie->bv_val = NULL;
  return false;
}

int32_t
sync_checkpoint_read (struct syncd_ctx *ctx, const char *fingerprint, const void *bytes, size_t len,
                      struct berval *ret_cookie)
{
  struct berval cookie = { 0, NULL };
  struct text start = { 0 };
  bool ok;

  text_print (&start, CHECKPOINT_START, fingerprint);
  if (start.failed)
    return error_memory (ctx);
  ok = read_text (start.data, bytes, len, &cookie);
  text_fini (&start);
  if (!ok)
    return HOST->fail (ctx, SYNCD_E_CHECKPOINT, "the checkpoint is of another directory, base, "
                       "filter, bind identity, list of attributes or way of finding changes");
  *ret_cookie = cookie;
  return SYNCD_OK;
}
