/* Filters on booleans, numbers and bytes: bool, not, bit, guid, base64, hex, sha256. */
#include "config.h"
#include "map/compile.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "util/hash.h"

static int
to_bool (struct evaluation *evaluation, struct item *item, bool invert)
{
  bool flag = false;
  if (item_as_bool (item, &flag) != 0)
    return evaluation_fail (evaluation, item, "is neither true nor false");
  *item = (struct item) { .kind = ITEM_BOOL, .flag = flag != invert };
  return 1;
}

int
filter_bool (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  (void) use;
  return to_bool (evaluation, item, false);
}

int
filter_not (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  (void) use;
  return to_bool (evaluation, item, true);
}

int
filter_bit_prepare (struct compiler *compiler, struct filter_use *use)
{
  if (use->arguments[0].number <= 0)
    return compile_error_at (compiler, use->arguments[0].at, "bit wants the bit's value, 1 or more: %s",
                             use->filter->usage);
  return 0;
}

/* Are all bits of that value set? bit(2) is ACCOUNTDISABLE of userAccountControl. */
int
filter_bit (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  int64_t number, bits = use->arguments[0].number;
  if (item_as_number (item, &number) != 0)
    return evaluation_fail (evaluation, item, "is no whole number");
  *item = (struct item) { .kind = ITEM_BOOL, .flag = (number & bits) == bits };
  return 1;
}

static bool
is_guid_text (const struct item *item)
{
  for (size_t i = 0; i < 36; i++)
    if (i == 8 || i == 13 || i == 18 || i == 23 ? item->bytes[i] != '-'
                                               : !strchr ("0123456789abcdefABCDEF", item->bytes[i])
                                                     || !item->bytes[i])
      return false;
  return true;
}

/* The text form of an objectGUID: the first three fields are little-endian. */
int
filter_guid (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  (void) use;
  item_as_bytes (evaluation, item);
  if (item->len == 36 && is_guid_text (item))
    return filter_lower (evaluation, use, item);
  if (item->len != 16)
    return evaluation_fail (evaluation, NULL, "has %zu bytes, a GUID has 16", item->len);
  static const unsigned char order[] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
  char *text = arena_take (&evaluation->arena, 40);
  size_t at = 0;
  for (size_t i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      text[at++] = '-';
    snprintf (text + at, 3, "%02x", (unsigned char) item->bytes[order[i]]);
    at += 2;
  }
  item_set_text (item, text, at);
  return 1;
}

static int
check_length (struct evaluation *evaluation, struct item *item, size_t factor)
{
  item_as_bytes (evaluation, item);
  if (item->len > MAP_TEXT_MAX / factor)
    return evaluation_fail (evaluation, NULL, "has %zu bytes: its text would be longer than 1 MiB",
                            item->len);
  return 0;
}

int
filter_base64 (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  (void) use;
  if (check_length (evaluation, item, 2) != 0)
    return -1;
  unsigned char *text = arena_take (&evaluation->arena, item->len / 3 * 4 + 8);
  int len = EVP_EncodeBlock (text, (const unsigned char *) item->bytes, (int) item->len);
  item_set_text (item, (const char *) text, (size_t) len);
  return 1;
}

int
filter_hex (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  (void) use;
  static const char digits[] = "0123456789abcdef";
  if (check_length (evaluation, item, 2) != 0)
    return -1;
  char *text = arena_take (&evaluation->arena, item->len * 2 + 1);
  for (size_t i = 0; i < item->len; i++) {
    text[2 * i] = digits[(unsigned char) item->bytes[i] >> 4];
    text[2 * i + 1] = digits[(unsigned char) item->bytes[i] & 15];
  }
  item_set_text (item, text, item->len * 2);
  return 1;
}

int
filter_sha256 (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  (void) use;
  item_as_bytes (evaluation, item);
  char *text = arena_take (&evaluation->arena, 65);
  hash_sha256_hex (item->bytes, item->len, text);
  item_set_text (item, text, 64);
  return 1;
}
