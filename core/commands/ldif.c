/* Reads one entry of LDIF; see ldif.h. */
#include "config.h"
#include "commands/ldif.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "util/mem.h"

#define LINE_MAX_BYTES ((size_t) 16 << 20)

/* One logical line: what begins with a space continues the line before. 1, 0 at the end. */
static int
read_line (FILE *file, struct buffer *line)
{
  int c;
  buffer_reset (line);
  while ((c = getc (file)) != EOF) {
    if (c == '\n') {
      int next = getc (file);
      if (next == ' ')
        continue;
      if (next != EOF)
        ungetc (next, file);
      return 1;
    }
    if (c != '\r')
      buffer_append_char (line, (char) c);
  }
  return line->len > 0;
}

static int
decode_base64 (const char *text, struct buffer *out)
{
  size_t len = strlen (text);
  MEM_AUTO unsigned char *bytes = mem_new (len / 4 * 3 + 4, 1);
  int count = EVP_DecodeBlock (bytes, (const unsigned char *) text, (int) len);
  if (count < 0)
    return -1;
  for (size_t i = len; i > 0 && text[i - 1] == '=' && count > 0; i--)
    count--;
  buffer_append (out, bytes, (size_t) count);
  return 0;
}

static void
add_value (const struct mapping *mapping, struct entry *entry, const char *name,
           const struct buffer *value)
{
  if (strcasecmp (name, "dn") == 0)
    buffer_append (&entry->name, buffer_text (value), value->len);
  if (strcasecmp (name, "entryUUID") == 0)
    buffer_append (&entry->id, buffer_text (value), value->len);
  for (size_t i = 0; i < mapping_attribute_count (mapping); i++)
    if (strcasecmp (mapping_attribute (mapping, i), name) == 0)
      entry_add (entry, i, buffer_text (value), value->len);
}

static int
take_line (const struct mapping *mapping, struct entry *entry, struct buffer *line, int number,
           struct error *error)
{
  char *text = (char *) buffer_text (line), *colon = strchr (text, ':');
  BUFFER_AUTO struct buffer value;
  buffer_init (&value, LINE_MAX_BYTES);
  if (!colon)
    return error_set (error, "LDIF entry, line %d: there is no colon after the attribute's name",
                      number);
  *colon = '\0';
  const char *rest = colon + 1;
  bool base64 = *rest == ':';
  rest += base64;
  rest += strspn (rest, " ");
  if (base64 && decode_base64 (rest, &value) < 0)
    return error_set (error, "LDIF entry, line %d: %s has a value that is not base64", number, text);
  if (!base64)
    buffer_append_text (&value, rest);
  add_value (mapping, entry, text, &value);
  return 0;
}

int
ldif_read (FILE *file, const struct mapping *mapping, struct entry *ret_entry, struct error *error)
{
  BUFFER_AUTO struct buffer line;
  int number = 0, lines = 0;
  buffer_init (&line, LINE_MAX_BYTES);
  while (read_line (file, &line)) {
    number++;
    if (line.len == 0 && lines)
      break;
    if (line.len == 0 || line.bytes[0] == '#' || strncasecmp (line.bytes, "version:", 8) == 0)
      continue;
    lines++;
    if (take_line (mapping, ret_entry, &line, number, error) < 0)
      return -1;
  }
  if (!lines)
    return error_set (error, "there is no LDIF entry on standard input");
  if (!ret_entry->id.len) /* a sample needs none; what is derived from it says so */
    buffer_append_text (&ret_entry->id, "00000000-0000-0000-0000-000000000000");
  return 0;
}
