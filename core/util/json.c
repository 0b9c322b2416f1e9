/* Writing canonical JSON; see json.h. */
#include "config.h"
#include "util/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
put_escaped (struct buffer *out, unsigned char c)
{
  static const char short_forms[] = "btn\0fr";
  char text[8];
  if (c == '"' || c == '\\')
    snprintf (text, sizeof text, "\\%c", c);
  else if (c >= 8 && c <= 13 && c != 11)
    snprintf (text, sizeof text, "\\%c", short_forms[c - 8]);
  else
    snprintf (text, sizeof text, "\\u%04x", c);
  buffer_append_text (out, text);
}

void
json_put_string (struct buffer *out, const char *bytes, size_t len)
{
  size_t start = 0;
  buffer_append_char (out, '"');
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char) bytes[i];
    if (c >= 0x20 && c != '"' && c != '\\')
      continue;
    buffer_append (out, bytes + start, i - start);
    put_escaped (out, c);
    start = i + 1;
  }
  buffer_append (out, bytes + start, len - start);
  buffer_append_char (out, '"');
}

void
json_put_text (struct buffer *out, const char *text)
{
  json_put_string (out, text, strlen (text));
}

void
json_put_integer (struct buffer *out, int64_t number)
{
  buffer_printf (out, "%" PRId64, number);
}

void
json_put_key (struct buffer *out, const char *key, bool *first)
{
  if (!*first)
    buffer_append_char (out, ',');
  *first = false;
  json_put_text (out, key);
  buffer_append_char (out, ':');
}
