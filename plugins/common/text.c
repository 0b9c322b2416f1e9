/* text: see text.h. Nothing here knows of HTTP or of plugins. */
#include <config.h>

#include "text.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
text_init (struct text *t, size_t max)
{
  memset (t, 0, sizeof *t);
  t->max = max;
}

void
text_fini (struct text *t)
{
  free (t->data);
  text_init (t, t->max);
}

void
text_wipe (struct text *t)
{
  volatile char *p = t->data;
  for (size_t i = 0; i < t->size; i++)
    p[i] = 0;
  text_fini (t);
}

void
text_reset (struct text *t)
{
  t->len = 0;
  t->broken = false;
  if (t->data != NULL)
    t->data[0] = '\0';
}

bool
text_ok (const struct text *t)
{
  return !t->broken;
}

const char *
text_get (const struct text *t)
{
  return t->data != NULL ? t->data : "";
}

/* Room for LEN more bytes and the NUL. Old bytes are wiped: they may be a secret's. */
static bool
grow (struct text *t, size_t len)
{
  if (t->broken || len > t->max || t->len > t->max - len) {
    t->broken = true;
    return false;
  }
  if (t->len + len < t->size)
    return true;
  size_t size = t->size != 0 ? t->size : 128;
  while (size <= t->len + len)
    size = size < SIZE_MAX / 2 ? size * 2 : t->len + len + 1;
  struct text old = *t;
  char *data = malloc (size);
  if (data == NULL) {
    t->broken = true;
    return false;
  }
  if (old.len > 0)
    memcpy (data, old.data, old.len);
  data[old.len] = '\0';
  text_wipe (&old);
  t->data = data;
  t->size = size;
  return true;
}

void
text_add (struct text *t, const char *bytes, size_t len)
{
  if (!grow (t, len))
    return;
  if (len > 0)
    memcpy (t->data + t->len, bytes, len);
  t->len += len;
  t->data[t->len] = '\0';
}

void
text_puts (struct text *t, const char *s)
{
  text_add (t, s, strlen (s));
}

void
text_printf (struct text *t, const char *fmt, ...)
{
  char small[512];
  va_list ap;
  va_start (ap, fmt);
  int n = vsnprintf (small, sizeof small, fmt, ap);
  va_end (ap);
  if (n < 0 || !grow (t, (size_t) n)) {
    t->broken = true;
    return;
  }
  va_start (ap, fmt);
  vsnprintf (t->data + t->len, (size_t) n + 1, fmt, ap);
  va_end (ap);
  t->len += (size_t) n;
}

static bool
unreserved (unsigned char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
         || c == '.' || c == '_' || c == '~';
}

void
text_add_percent (struct text *t, const char *s, size_t len)
{
  static const char hex[] = "0123456789ABCDEF";
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char) s[i];
    char code[3] = {'%', hex[c >> 4], hex[c & 15]};
    if (unreserved (c))
      text_add (t, s + i, 1);
    else
      text_add (t, code, sizeof code);
  }
}

void
text_add_json (struct text *t, const char *s, size_t len)
{
  text_add (t, "\"", 1);
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char) s[i];
    if (c == '"' || c == '\\')
      text_printf (t, "\\%c", c);
    else if (c < 0x20)
      text_printf (t, "\\u%04x", c);
    else
      text_add (t, s + i, 1);
  }
  text_add (t, "\"", 1);
}

/* Bytes of the character at S that a terminal may be shown; 0 for none: C1 control characters
 * are obeyed by terminals like an escape. */
static size_t
shown_len (const char *s, size_t left)
{
  size_t n = utf8_len (s, left);
  return n == 2 && (unsigned char) s[0] == 0xc2 && (unsigned char) s[1] < 0xa0 ? 0 : n;
}

/* Index after the tag, comment, script or style that begins at I; I where none does. */
static size_t
skip_markup (const char *s, size_t len, size_t i)
{
  static const char *const blocks[] = {"script", "style"};
  if (s[i] != '<' || i + 1 >= len || strchr ("/!?", s[i + 1]) == NULL) {
    if (s[i] != '<' || i + 1 >= len || !unreserved ((unsigned char) s[i + 1]))
      return i;
  }
  for (size_t b = 0; b < 2; b++) {
    size_t n = strlen (blocks[b]);
    if (len - i - 1 < n || strncmp (s + i + 1, blocks[b], n) != 0)
      continue;
    for (size_t k = i + 1; k + n + 2 <= len; k++)
      if (s[k] == '<' && s[k + 1] == '/' && strncmp (s + k + 2, blocks[b], n) == 0)
        return k;
    return len;
  }
  const char *end = memchr (s + i, '>', len - i);
  return end != NULL ? (size_t) (end - s) + 1 : len;
}

void
text_plain (const char *s, size_t len, char *out, size_t size)
{
  size_t n = 0;
  bool space = false;
  for (size_t i = 0; i < len;) {
    if (!space && unreserved ((unsigned char) s[i]) && n + 5 <= size) {
      out[n++] = s[i++]; /* most of what comes: ids and words */
      continue;
    }
    size_t next = skip_markup (s, len, i);
    size_t width = next > i ? 0 : shown_len (s + i, len - i);
    if (width == 0 || (unsigned char) s[i] <= ' ' || s[i] == 0x7f) {
      space = n > 0;
      i = next > i ? next : i + 1;
      continue;
    }
    if (n + width + (space ? 1 : 0) + 4 > size) {
      if (size >= 4)
        n += (size_t) snprintf (out + n, 4, "...");
      break;
    }
    if (space)
      out[n++] = ' ';
    space = false;
    memcpy (out + n, s + i, width);
    n += width;
    i += width;
  }
  if (size > 0)
    out[n] = '\0';
}
