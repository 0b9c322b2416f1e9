/* A growing run of bytes with a hard maximum; see buffer.h. */
#include "config.h"
#include "util/buffer.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void
buffer_init (struct buffer *buffer, size_t max)
{
  memset (buffer, 0, sizeof *buffer);
  buffer->max = max;
}

void
buffer_fini (struct buffer *buffer)
{
  free (buffer->bytes);
  buffer_init (buffer, buffer->max);
}

void
buffer_reset (struct buffer *buffer)
{
  buffer->len = 0;
  buffer->full = false;
  if (buffer->bytes)
    buffer->bytes[0] = '\0';
}

static bool
make_room (struct buffer *buffer, size_t len)
{
  if (buffer->full || len > buffer->max - buffer->len) {
    buffer->full = true;
    return false;
  }
  size_t need = buffer->len + len + 1;
  if (need <= buffer->size)
    return true;
  size_t size = buffer->size ? buffer->size * 2 : 64;
  while (size < need)
    size *= 2;
  buffer->bytes = mem_resize (buffer->bytes, size, 1);
  buffer->size = size;
  return true;
}

bool
buffer_append (struct buffer *buffer, const void *bytes, size_t len)
{
  if (!make_room (buffer, len))
    return false;
  if (len)
    memcpy (buffer->bytes + buffer->len, bytes, len);
  buffer->len += len;
  buffer->bytes[buffer->len] = '\0';
  return true;
}

bool
buffer_append_text (struct buffer *buffer, const char *text)
{
  return buffer_append (buffer, text, strlen (text));
}

bool
buffer_append_char (struct buffer *buffer, char c)
{
  return buffer_append (buffer, &c, 1);
}

bool
buffer_printf (struct buffer *buffer, const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  MEM_AUTO char *text = mem_vformat (fmt, args);
  va_end (args);
  return buffer_append_text (buffer, text);
}

const char *
buffer_text (const struct buffer *buffer)
{
  return buffer->bytes ? buffer->bytes : "";
}

char *
buffer_take (struct buffer *buffer)
{
  char *bytes = buffer->bytes ? buffer->bytes : mem_copy ("", 0);
  buffer_init (buffer, buffer->max);
  return bytes;
}
