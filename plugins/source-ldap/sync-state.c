/* sync-state.c: cookies of the syncrepl grade, and the checkpoints that carry them.
 *
 * A cookie has one change number for each server of a set, so it holds at any of them: the
 * checkpoint names no server. */
#include "grade.h"
#include "scan.h"

#include <stdlib.h>
#include <string.h>

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

int32_t
sync_checkpoint_write (struct syncd_ctx *ctx, const struct scan *scan, const struct berval *cookie,
                       struct syncd_buffer *buffer)
{
  struct text text = { 0 };
  int32_t rc;

  text_base64 (&text, cookie);
  rc = text.failed ? error_memory (ctx) : checkpoint_write (ctx, scan, text.data, buffer);
  text_fini (&text);
  return rc;
}

int32_t
sync_checkpoint_read (struct syncd_ctx *ctx, const struct scan *scan, const struct berval *data,
                      struct berval *ret_cookie)
{
  struct berval cookie = { 0, NULL };

  if (text_from_base64 (data, MAX_COOKIE, &cookie) && sync_cookie_usable (&cookie)) {
    *ret_cookie = cookie;
    return SYNCD_OK;
  }
  free (cookie.bv_val);
  return checkpoint_fail (ctx, scan, "it is damaged");
}
