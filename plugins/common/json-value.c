/* json-value: kinds, text and numbers of single JSON values. See json-scan.h. */
#include <config.h>

#include "json-scan.h"

#include <string.h>

enum json_kind
json_kind (struct json v)
{
  if (v.at == NULL || v.len == 0)
    return JSON_NONE;
  switch (v.at[0]) {
  case '{':
    return JSON_OBJECT;
  case '[':
    return JSON_ARRAY;
  case '"':
    return JSON_STRING;
  case 't':
    return JSON_TRUE;
  case 'f':
    return JSON_FALSE;
  case 'n':
    return JSON_NULL;
  default:
    return JSON_NUMBER;
  }
}

/* An object or array: only white space between its brackets. */
static bool
holds_nothing (struct json v)
{
  size_t i = 1;
  while (i + 1 < v.len && strchr (" \t\r\n", v.at[i]) != NULL)
    i++;
  return i + 1 >= v.len;
}

bool
json_is_empty (struct json v)
{
  switch (json_kind (v)) {
  case JSON_NONE:
  case JSON_NULL:
    return true;
  case JSON_STRING:
    return v.len <= 2;
  case JSON_OBJECT:
  case JSON_ARRAY:
    return holds_nothing (v);
  default:
    return false;
  }
}

static unsigned
hex_digit (char c)
{
  return (unsigned) (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10) & 15;
}

static unsigned
hex4 (const char *s)
{
  return hex_digit (s[0]) << 12 | hex_digit (s[1]) << 8 | hex_digit (s[2]) << 4 | hex_digit (s[3]);
}

static size_t
put_utf8 (unsigned c, char out[4])
{
  if (c < 0x80) {
    out[0] = (char) c;
    return 1;
  }
  if (c < 0x800) {
    out[0] = (char) (0xc0 | c >> 6);
    out[1] = (char) (0x80 | (c & 0x3f));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = (char) (0xe0 | c >> 12);
    out[1] = (char) (0x80 | (c >> 6 & 0x3f));
    out[2] = (char) (0x80 | (c & 0x3f));
    return 3;
  }
  out[0] = (char) (0xf0 | c >> 18);
  out[1] = (char) (0x80 | (c >> 12 & 0x3f));
  out[2] = (char) (0x80 | (c >> 6 & 0x3f));
  out[3] = (char) (0x80 | (c & 0x3f));
  return 4;
}

/* Decodes one escape after its backslash; a lone surrogate becomes U+FFFD. */
static size_t
unescape (const char **at, const char *end, char out[4])
{
  static const char names[] = "bfnrt", codes[] = "\b\f\n\r\t";
  char c = *(*at)++;
  const char *known = memchr (names, c, 5);
  if (c != 'u') {
    out[0] = known != NULL ? codes[known - names] : c;
    return 1;
  }
  if (end - *at < 4)
    return 0;
  unsigned u = hex4 (*at);
  *at += 4;
  if (u >= 0xd800 && u < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
    unsigned low = hex4 (*at + 2);
    if (low >= 0xdc00 && low < 0xe000) {
      *at += 6;
      return put_utf8 (0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00), out);
    }
  }
  return put_utf8 (u >= 0xd800 && u < 0xe000 ? 0xfffd : u, out);
}

/* The next decoded character (1 to 4 bytes, a byte at a time where it is not escaped). */
static size_t
next_char (const char **at, const char *end, char out[4])
{
  out[0] = *(*at)++;
  return out[0] == '\\' && *at < end ? unescape (at, end, out) : 1;
}

/* Is it the same decoded? Checked text has no control characters as they are. */
static bool
is_plain (struct json v, size_t size)
{
  return json_kind (v) == JSON_STRING && v.len >= 2 && v.len - 2 < size
         && memchr (v.at, '\\', v.len) == NULL && memchr (v.at, '\0', v.len) == NULL;
}

bool
json_text (struct json v, char *out, size_t size, size_t *ret_len)
{
  size_t n = 0;
  if (is_plain (v, size)) {
    memcpy (out, v.at + 1, v.len - 2);
    out[v.len - 2] = '\0';
    if (ret_len != NULL)
      *ret_len = v.len - 2;
    return true;
  }
  bool ok = json_kind (v) == JSON_STRING && v.len >= 2 && size > 0;
  const char *at = ok ? v.at + 1 : NULL, *end = ok ? v.at + v.len - 1 : NULL;
  while (ok && at < end) {
    char c[4];
    size_t k = next_char (&at, end, c);
    ok = n + k < size && !(k == 1 && c[0] == '\0') && k > 0;
    if (ok)
      memcpy (out + n, c, k);
    n += k;
  }
  if (size > 0)
    out[ok ? n : 0] = '\0';
  if (ok && ret_len != NULL)
    *ret_len = n;
  return ok;
}

static char
lower (char c)
{
  return c >= 'A' && c <= 'Z' ? (char) (c | 0x20) : c;
}

static bool
same_bytes (const char *a, const char *b, size_t len, bool nocase)
{
  if (!nocase)
    return memcmp (a, b, len) == 0;
  for (size_t i = 0; i < len; i++)
    if (a[i] != b[i] && lower (a[i]) != lower (b[i]))
      return false;
  return true;
}

/* For a string with escapes in it. */
static bool
decoded_equals (const char *at, const char *end, const char *s, size_t len, bool nocase)
{
  size_t n = 0;
  while (at < end) {
    char c[4];
    size_t k = next_char (&at, end, c);
    if (len - n < k || !same_bytes (c, s + n, k, nocase))
      return false;
    n += k;
  }
  return n == len;
}

/* Called for every member that is passed on the way to another: most differ at once. */
bool
json_equals (struct json v, const char *s, size_t len, bool nocase)
{
  if (v.at == NULL || v.len < 2 || v.at[0] != '"')
    return false;
  const char *at = v.at + 1, *end = v.at + v.len - 1;
  size_t raw = v.len - 2;
  if (raw < len)
    return false; /* escapes only make it longer */
  if (len > 0 && at[0] != '\\' && lower (at[0]) != lower (s[0]))
    return false;
  if (raw == len && (len == 0 || memchr (at, '\\', raw) == NULL))
    return same_bytes (at, s, len, nocase);
  return raw > len && memchr (at, '\\', raw) != NULL && decoded_equals (at, end, s, len, nocase);
}

int64_t
json_integer (struct json v, int64_t fallback)
{
  double d;
  if (!json_real (v, &d) || d > 9007199254740992.0 || d < -9007199254740992.0)
    return fallback;
  int64_t whole = (int64_t) d;
  return (double) whole == d ? whole : fallback;
}

/* Digits of a mantissa; *RET_SCALE counts those after the point. By hand: strtod() obeys the
 * locale. */
static bool
mantissa (const char **at, const char *end, double *ret, int *ret_scale)
{
  bool any = false, point = false;
  for (*ret = 0, *ret_scale = 0; *at < end; (*at)++) {
    if (**at == '.' && !point) {
      point = true;
      continue;
    }
    if (**at < '0' || **at > '9')
      break;
    *ret = *ret * 10 + (**at - '0');
    *ret_scale += point;
    any = true;
  }
  return any;
}

static int
exponent (const char **at, const char *end)
{
  int e = 0;
  bool negative = *at < end && **at == '-';
  if (*at < end && (**at == '-' || **at == '+'))
    (*at)++;
  for (; *at < end && **at >= '0' && **at <= '9'; (*at)++)
    e = e < 10000 ? e * 10 + (**at - '0') : e;
  return negative ? -e : e;
}

/* Beyond the range of a double: infinite, as for strtod(). */
static double
power_of_ten (int n)
{
  double d = 1;
  for (int i = 0; i < n && i < 400; i++)
    d *= 10;
  return d;
}

bool
json_real (struct json v, double *ret)
{
  enum json_kind kind = json_kind (v);
  if (kind == JSON_STRING && v.len >= 2)
    v = (struct json){v.at + 1, v.len - 2};
  else if (kind != JSON_NUMBER)
    return false;
  const char *at = v.at, *end = v.at + v.len;
  bool negative = at < end && *at == '-';
  at += negative;
  double d;
  int scale, e = 0;
  if (!mantissa (&at, end, &d, &scale))
    return false;
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    e = exponent (&at, end);
  }
  if (at != end)
    return false;
  d = e < scale ? d / power_of_ten (scale - e) : d * power_of_ten (e - scale);
  *ret = negative ? -d : d;
  return true;
}
