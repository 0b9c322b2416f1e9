/* Filters on text: lower, upper, trim, substr, ascii. libunistring knows Unicode. */
#include "config.h"
#include "map/internal.h"

#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* Takes over a result of libunistring into the evaluation's memory. */
static int
keep (struct evaluation *evaluation, struct item *item, uint8_t *made, size_t len)
{
  if (!made && len)
    return evaluation_fail (evaluation, item, "cannot be converted");
  if (len > MAP_TEXT_MAX) {
    free (made);
    return evaluation_fail (evaluation, NULL, "is longer than 1 MiB");
  }
  char *copy = arena_take (&evaluation->arena, len + 1);
  if (len)
    memcpy (copy, made, len);
  free (made);
  item_set_text (item, copy, len);
  return 1;
}

static bool
is_ascii (const struct item *item)
{
  for (size_t i = 0; i < item->len; i++)
    if ((unsigned char) item->bytes[i] >= 0x80)
      return false;
  return true;
}

static int
shift_ascii (struct evaluation *evaluation, struct item *item, char from, char to)
{
  char *copy = arena_take (&evaluation->arena, item->len + 1);
  for (size_t i = 0; i < item->len; i++) {
    char c = item->bytes[i];
    copy[i] = (char) (c >= from && c < from + 26 ? c - from + to : c);
  }
  item_set_text (item, copy, item->len);
  return 1;
}

int
filter_lower (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  (void) use;
  size_t len = 0;
  if (item_as_text (evaluation, item) != 0)
    return -1;
  if (is_ascii (item))
    return shift_ascii (evaluation, item, 'A', 'a');
  uint8_t *made = u8_tolower ((const uint8_t *) item->bytes, item->len, NULL, NULL, NULL, &len);
  return keep (evaluation, item, made, len);
}

int
filter_upper (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  (void) use;
  size_t len = 0;
  if (item_as_text (evaluation, item) != 0)
    return -1;
  if (is_ascii (item))
    return shift_ascii (evaluation, item, 'a', 'A');
  uint8_t *made = u8_toupper ((const uint8_t *) item->bytes, item->len, NULL, NULL, NULL, &len);
  return keep (evaluation, item, made, len);
}

static bool
is_space (ucs4_t c)
{
  return uc_is_property_white_space (c) || c == 0xfeff;
}

int
filter_trim (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  (void) use;
  if (item_as_text (evaluation, item) != 0)
    return -1;
  const uint8_t *start = (const uint8_t *) item->bytes, *end = start + item->len;
  ucs4_t c;
  while (start < end) {
    int step = u8_mbtoucr (&c, start, (size_t) (end - start));
    if (step <= 0 || !is_space (c))
      break;
    start += step;
  }
  while (start < end) {
    const uint8_t *before = u8_prev (&c, end, start);
    if (!before || !is_space (c))
      break;
    end = before;
  }
  item_set_text (item, (const char *) start, (size_t) (end - start));
  return 1;
}

/* Byte offset of the character N from START, at most LEN. */
static size_t
offset_of (const struct item *item, size_t start, uint64_t n)
{
  size_t at = start;
  for (; n > 0 && at < item->len; n--)
    for (at++; at < item->len && ((unsigned char) item->bytes[at] & 0xc0) == 0x80; at++)
      ;
  return at;
}

static int64_t
characters (const struct item *item)
{
  int64_t count = 0;
  for (size_t i = 0; i < item->len; i++)
    count += ((unsigned char) item->bytes[i] & 0xc0) != 0x80;
  return count;
}

/* substr(start, length): characters; a negative start counts from the end. */
int
filter_substr (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  if (item_as_text (evaluation, item) != 0)
    return -1;
  int64_t start = use->arguments[0].number;
  int64_t length = use->argument_count > 1 ? use->arguments[1].number : INT64_MAX;
  if (start < 0) {
    int64_t count = characters (item);
    start = start < -count ? 0 : count + start;
  }
  size_t from = offset_of (item, 0, (uint64_t) start);
  size_t to = offset_of (item, from, length < 0 ? 0 : (uint64_t) length);
  item_set_text (item, item->bytes + from, to - from);
  return 1;
}

/* Letters that Unicode does not take apart. */
static const struct {
  ucs4_t letter;
  const char *ascii;
} letters[] = {
  { 0xc6, "AE" },   { 0xd0, "D" },    { 0xd8, "O" },    { 0xde, "Th" },   { 0xdf, "ss" },
  { 0xe6, "ae" },   { 0xf0, "d" },    { 0xf8, "o" },    { 0xfe, "th" },   { 0x110, "D" },
  { 0x111, "d" },   { 0x126, "H" },   { 0x127, "h" },   { 0x131, "i" },   { 0x138, "k" },
  { 0x141, "L" },   { 0x142, "l" },   { 0x14a, "N" },   { 0x14b, "n" },   { 0x152, "OE" },
  { 0x153, "oe" },  { 0x166, "T" },   { 0x167, "t" },   { 0x18f, "E" },   { 0x259, "e" },
  { 0x1e9e, "SS" }, { 0x2018, "'" },  { 0x2019, "'" },  { 0x201c, "\"" }, { 0x201d, "\"" },
  { 0x2010, "-" },  { 0x2011, "-" },  { 0x2013, "-" },  { 0x2014, "-" },  { 0x2212, "-" },
  { 0x20ac, "EUR" },
};

static const char *
ascii_of (ucs4_t c)
{
  for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
    if (letters[i].letter == c)
      return letters[i].ascii;
  return ""; /* marks, and what has no ASCII form */
}

/* TEXT is decomposed; the result is never longer than it. */
static size_t
strip (const uint8_t *text, size_t len, char *out)
{
  size_t made = 0;
  for (size_t i = 0; i < len;) {
    ucs4_t c;
    int step = u8_mbtoucr (&c, text + i, len - i);
    const char *ascii = c < 0x80 ? NULL : ascii_of (c);
    if (!ascii)
      out[made++] = (char) c;
    else
      for (; *ascii; ascii++)
        out[made++] = *ascii;
    i += step > 0 ? (size_t) step : 1;
  }
  return made;
}

int
filter_ascii (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  (void) use;
  size_t len = 0;
  if (item_as_text (evaluation, item) != 0)
    return -1;
  if (is_ascii (item))
    return 1;
  uint8_t *apart = u8_normalize (UNINORM_NFKD, (const uint8_t *) item->bytes, item->len, NULL, &len);
  if (keep (evaluation, item, apart, len) < 0)
    return -1;
  char *out = arena_take (&evaluation->arena, len + 1);
  size_t made = strip ((const uint8_t *) item->bytes, len, out);
  item_set_text (item, out, made);
  return made > 0;
}
