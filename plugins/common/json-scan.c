/* json-scan: the checker and the walker. Decoding is in json-value.c. See json-scan.h. */
#include <config.h>

#include "json-scan.h"
#include "utf8.h"

#include <string.h>

struct cursor {
  const char *at;
  const char *end;
};

static inline void
skip_space (struct cursor *c)
{
  if (c->at < c->end && *c->at > ' ')
    return;
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
    c->at++;
}

static bool
is_hex (char ch)
{
  return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F');
}

static bool
check_escape (struct cursor *c)
{
  if (c->at >= c->end)
    return false;
  char ch = *c->at++;
  if (ch != 'u')
    return ch != '\0' && strchr ("\"\\/bfnrt", ch) != NULL;
  for (int i = 0; i < 4; i++, c->at++)
    if (c->at >= c->end || !is_hex (*c->at))
      return false;
  return true;
}

#define ALL_BYTES(c) (UINT64_C (0x0101010101010101) * (unsigned char) (c))

/* The high bit of each byte of EIGHT that is below N (at most 128); above such a byte there may be
 * false ones, so the lowest tells the truth. */
static inline uint64_t
bytes_below (uint64_t eight, unsigned char n)
{
  return (eight - ALL_BYTES (n)) & ~eight & ALL_BYTES (0x80);
}

/* Characters from AT on, eight at a time, that are nothing but themselves in a string. */
static inline const char *
skip_eights (const char *at, const char *end)
{
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  uint64_t eight;
  for (; end - at >= 8; at += 8) {
    memcpy (&eight, at, 8);
    uint64_t other = bytes_below (eight, 0x20) | bytes_below (eight ^ ALL_BYTES ('"'), 1)
                     | bytes_below (eight ^ ALL_BYTES ('\\'), 1) | (eight & ALL_BYTES (0x80));
    if (other != 0)
      return at + __builtin_ctzll (other) / 8;
  }
#else
  (void) end;
#endif
  return at;
}

/* Passes over the characters of a string that are nothing but themselves. */
static const char *
skip_plain (const char *at, const char *end)
{
  at = skip_eights (at, end);
  while (at < end && *at >= 0x20 && (unsigned char) *at < 0x80 && *at != '"' && *at != '\\')
    at++;
  return at;
}

static bool
check_string (struct cursor *c)
{
  if (c->at >= c->end || *c->at != '"')
    return false;
  c->at++;
  while ((c->at = skip_plain (c->at, c->end)) < c->end) {
    unsigned char ch = (unsigned char) *c->at;
    if (ch >= 0x80) {
      size_t n = utf8_len (c->at, (size_t) (c->end - c->at));
      if (n == 0)
        return false;
      c->at += n;
      continue;
    }
    c->at++;
    if (ch == '"')
      return true;
    if (ch < 0x20 || (ch == '\\' && !check_escape (c)))
      return false;
  }
  return false;
}

static bool
check_digits (struct cursor *c)
{
  const char *from = c->at;
  while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
    c->at++;
  return c->at > from;
}

static bool
check_number (struct cursor *c)
{
  if (c->at < c->end && *c->at == '-')
    c->at++;
  if (c->at < c->end && *c->at == '0')
    c->at++;
  else if (!check_digits (c))
    return false;
  if (c->at < c->end && *c->at == '.') {
    c->at++;
    if (!check_digits (c))
      return false;
  }
  if (c->at < c->end && (*c->at == 'e' || *c->at == 'E')) {
    c->at++;
    if (c->at < c->end && (*c->at == '+' || *c->at == '-'))
      c->at++;
    return check_digits (c);
  }
  return true;
}

static bool
check_word (struct cursor *c, const char *word)
{
  size_t n = strlen (word);
  if ((size_t) (c->end - c->at) < n || memcmp (c->at, word, n) != 0)
    return false;
  c->at += n;
  return true;
}

static bool check_value (struct cursor *c, int depth);

static bool
check_key (struct cursor *c, struct json *ret)
{
  ret->at = c->at;
  if (!check_string (c))
    return false;
  ret->len = (size_t) (c->at - ret->at);
  skip_space (c);
  return c->at < c->end && *c->at++ == ':';
}

static bool
check_member (struct cursor *c, bool object, int depth, struct json_table *note)
{
  struct json key = {NULL, 0}, value;
  skip_space (c);
  if (object && !check_key (c, &key))
    return false;
  skip_space (c);
  value.at = c->at;
  if (!check_value (c, depth))
    return false;
  value.len = (size_t) (c->at - value.at);
  if (note != NULL)
    json_table_note (note, key, value);
  return true;
}

/* NOTE (may be NULL): takes the members. */
static bool
check_container (struct cursor *c, char close, int depth, struct json_table *note)
{
  if (depth >= JSON_MAX_DEPTH)
    return false;
  c->at++;
  skip_space (c);
  if (c->at < c->end && *c->at == close) {
    c->at++;
    return true;
  }
  for (;;) {
    if (!check_member (c, close == '}', depth + 1, note))
      return false;
    skip_space (c);
    if (c->at >= c->end)
      return false;
    char ch = *c->at++;
    if (ch == close)
      return true;
    if (ch != ',')
      return false;
  }
}

static bool
check_value (struct cursor *c, int depth)
{
  skip_space (c);
  if (c->at >= c->end)
    return false;
  switch (*c->at) {
  case '{':
    return check_container (c, '}', depth, NULL);
  case '[':
    return check_container (c, ']', depth, NULL);
  case '"':
    return check_string (c);
  case 't':
    return check_word (c, "true");
  case 'f':
    return check_word (c, "false");
  case 'n':
    return check_word (c, "null");
  default:
    return check_number (c);
  }
}

bool
json_check (const char *text, size_t len, struct json *ret)
{
  if (text == NULL)
    return false;
  struct cursor c = {text, text + len};
  skip_space (&c);
  const char *from = c.at;
  if (!check_value (&c, 0))
    return false;
  const char *to = c.at;
  skip_space (&c);
  if (c.at != c.end)
    return false;
  ret->at = from;
  ret->len = (size_t) (to - from);
  return true;
}

bool
json_check_table (const char *text, size_t len, struct json_table *ret)
{
  if (text == NULL)
    return false;
  struct cursor c = {text, text + len};
  ret->n = 0;
  skip_space (&c);
  ret->object.at = c.at;
  if (c.at >= c.end || *c.at != '{' || !check_container (&c, '}', 0, ret))
    return false;
  ret->object.len = (size_t) (c.at - ret->object.at);
  skip_space (&c);
  return c.at == c.end;
}

/* Passes over a string of checked text: from its quote to after the other one. */
static void
pass_string (struct cursor *c)
{
  const char *from = c->at + 1;
  const char *quote = from < c->end ? memchr (from, '"', (size_t) (c->end - from)) : NULL;
  if (quote != NULL && quote[-1] == '\\')
    for (quote = from; quote < c->end && *quote != '"'; quote++)
      if (*quote == '\\')
        quote++;
  c->at = quote != NULL && quote < c->end ? quote + 1 : c->end;
}

static bool
ends_scalar (char ch)
{
  return ch == ',' || ch == '}' || ch == ']' || ch == ' ' || ch == '\n' || ch == '\t' || ch == '\r';
}

/* Passes over an object or array of checked text. */
static void
pass_container (struct cursor *c)
{
  int depth = 0;
  do {
    if (*c->at == '"') {
      pass_string (c);
      continue;
    }
    if (*c->at == '{' || *c->at == '[')
      depth++;
    else if (*c->at == '}' || *c->at == ']')
      depth--;
    c->at++;
  } while (depth > 0 && c->at < c->end);
}

/* Passes over any value of checked text. */
static void
pass_value (struct cursor *c)
{
  if (*c->at == '"')
    pass_string (c);
  else if (*c->at == '{' || *c->at == '[')
    pass_container (c);
  else
    do
      c->at++;
    while (c->at < c->end && !ends_scalar (*c->at));
}

struct json_walk
json_begin (struct json container)
{
  struct json_walk w = {{NULL, 0}, false};
  enum json_kind kind = json_kind (container);
  if ((kind == JSON_OBJECT || kind == JSON_ARRAY) && container.len >= 2) {
    w.rest.at = container.at + 1;
    w.rest.len = container.len - 2;
    w.object = kind == JSON_OBJECT;
  }
  return w;
}

static struct json
take (struct cursor *c)
{
  struct json value = {c->at, 0};
  pass_value (c);
  value.len = (size_t) (c->at - value.at);
  skip_space (c);
  return value;
}

bool
json_next (struct json_walk *w, struct json *ret_key, struct json *ret_value)
{
  if (w->rest.at == NULL)
    return false;
  struct cursor c = {w->rest.at, w->rest.at + w->rest.len};
  struct json key = {NULL, 0};
  skip_space (&c);
  if (w->object && c.at < c.end) {
    key = take (&c);
    c.at += c.at < c.end ? 1 : 0; /* the colon */
    skip_space (&c);
  }
  if (c.at >= c.end) {
    w->rest.at = NULL;
    return false;
  }
  *ret_value = take (&c);
  c.at += c.at < c.end ? 1 : 0; /* the comma */
  w->rest.at = c.at;
  w->rest.len = (size_t) (c.end - c.at);
  if (ret_key != NULL)
    *ret_key = key;
  return true;
}

struct json
json_member_nocase (struct json object, const char *name, size_t len)
{
  struct json_walk w = json_begin (object);
  struct json key, value;
  while (w.object && json_next (&w, &key, &value))
    if (json_equals (key, name, len, true))
      return value;
  return (struct json){NULL, 0};
}

struct json
json_member (struct json object, const char *name)
{
  struct json_walk w = json_begin (object);
  struct json key, value;
  size_t len = strlen (name);
  while (w.object && json_next (&w, &key, &value))
    if (json_equals (key, name, len, false))
      return value;
  return (struct json){NULL, 0};
}
