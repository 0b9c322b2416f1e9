/* The leaves of one mapped entry: JSON texts in one buffer. One thread at a time. */
#include "config.h"
#include "map/internal.h"

#include <stdlib.h>
#include <string.h>

#include "map/scan.h"
#include "util/json.h"
#include "util/mem.h"

#define WARNINGS_MAX ((size_t) 64 << 10)

void
leaves_init (struct leaves *leaves, size_t count)
{
  memset (leaves, 0, sizeof *leaves);
  buffer_init (&leaves->json, MAP_JSON_MAX);
  buffer_init (&leaves->warnings, WARNINGS_MAX);
  leaves->at = mem_new (count + 1, sizeof *leaves->at);
  leaves->count = count;
}

void
leaves_fini (struct leaves *leaves)
{
  buffer_fini (&leaves->json);
  buffer_fini (&leaves->warnings);
  free (leaves->at);
  memset (leaves, 0, sizeof *leaves);
}

void
leaves_reset (struct leaves *leaves)
{
  buffer_reset (&leaves->json);
  buffer_reset (&leaves->warnings);
  memset (leaves->at, 0, leaves->count * sizeof *leaves->at);
}

const char *
leaves_get (const struct leaves *leaves, size_t i)
{
  return leaves->at[i] ? leaves->json.bytes + leaves->at[i] - 1 : NULL;
}

void
leaves_set (struct leaves *leaves, size_t i, const char *json, size_t len)
{
  leaves->at[i] = 0;
  if (!json)
    return;
  size_t at = leaves->json.len;
  if (buffer_append (&leaves->json, json, len) && buffer_append_char (&leaves->json, '\0'))
    leaves->at[i] = at + 1;
}

void
leaves_set_text (struct leaves *leaves, size_t i, const char *text)
{
  BUFFER_AUTO struct buffer json;
  buffer_init (&json, (size_t) 1 << 20);
  json_put_text (&json, text);
  leaves_set (leaves, i, buffer_text (&json), json.len);
}

static unsigned
read_hex (const char *digits)
{
  char text[5];
  memcpy (text, digits, 4);
  text[4] = '\0';
  return (unsigned) strtoul (text, NULL, 16);
}

/* Our own texts have \u only for control characters (RFC 8785), so one byte is enough. */
static char *
unescape (const char *from, size_t len)
{
  static const char names[] = "btnfr", meanings[] = "\b\t\n\f\r";
  char *text = mem_new (len + 1, 1), *out = text;
  for (size_t i = 0; i < len; i++) {
    if (from[i] != '\\' || i + 1 >= len) {
      *out++ = from[i];
      continue;
    }
    char c = from[++i];
    const char *name = strchr (names, c);
    if (c == 'u' && i + 4 < len) {
      *out++ = (char) read_hex (from + i + 1);
      i += 4;
    } else {
      *out++ = name && c ? meanings[name - names] : c;
    }
  }
  *out = '\0';
  return text;
}

char *
leaves_text (const struct leaves *leaves, size_t i)
{
  const char *json = leaves_get (leaves, i);
  size_t len = json ? strlen (json) : 0;
  if (len < 2 || json[0] != '"')
    return json ? mem_copy_text (json) : NULL;
  return unescape (json + 1, len - 2);
}

void
leaves_encode (const struct leaves *leaves, struct buffer *out)
{
  buffer_append_char (out, '[');
  for (size_t i = 0; i < leaves->count; i++) {
    const char *json = leaves_get (leaves, i);
    if (i)
      buffer_append_char (out, ',');
    buffer_append_text (out, json ? json : "null");
  }
  buffer_append_char (out, ']');
}

int
leaves_decode (const char *json, size_t len, struct leaves *ret_leaves)
{
  struct scan scan;
  size_t i = 0;
  int status;
  leaves_reset (ret_leaves);
  if (memchr (json, '\0', len) || scan_begin (&scan, json, len) != 0 || scan.key)
    return -1;
  while ((status = scan_next (&scan)) > 0) {
    if (i == ret_leaves->count)
      return -1;
    if (scan.value_len != 4 || memcmp (scan.value, "null", 4) != 0)
      leaves_set (ret_leaves, i, scan.value, scan.value_len);
    i++;
  }
  return status == 0 && i == ret_leaves->count ? 0 : -1;
}
