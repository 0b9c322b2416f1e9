/* Growable text, and JSON strings in it. */
#include <config.h>
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buffer_reserve (struct buffer *buffer, size_t more)
{
  size_t need = buffer->length + more + 1;
  if (need <= buffer->room)
    return;
  size_t room = buffer->room < 256 ? 256 : buffer->room;
  while (room < need)
    room += room / 2;
  buffer->data = mem_resize (buffer->data, room);
  buffer->room = room;
  buffer->data[buffer->length] = '\0';
}

void
buffer_add (struct buffer *buffer, const char *data, size_t length)
{
  buffer_reserve (buffer, length);
  if (length > 0)
    memcpy (buffer->data + buffer->length, data, length);
  buffer->length += length;
  buffer->data[buffer->length] = '\0';
}

void
buffer_text (struct buffer *buffer, const char *text)
{
  buffer_add (buffer, text, strlen (text));
}

void
buffer_format (struct buffer *buffer, const char *format, ...)
{
  va_list values;
  buffer_reserve (buffer, 128);
  va_start (values, format);
  int length =
      vsnprintf (buffer->data + buffer->length, buffer->room - buffer->length, format, values);
  va_end (values);
  if (length < 0)
    return;
  if ((size_t)length >= buffer->room - buffer->length) {
    buffer_reserve (buffer, (size_t)length);
    va_start (values, format);
    vsnprintf (buffer->data + buffer->length, (size_t)length + 1, format, values);
    va_end (values);
  }
  buffer->length += (size_t)length;
}

/* The length of the UTF-8 character at text, 0 where there is none. */
static size_t
utf8_length (const unsigned char *text, size_t left)
{
  static const unsigned char lowest[5] = {0, 0, 0xc2, 0xe0, 0xf0};
  size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
  if (length == 1)
    return 1;
  if (length > left || text[0] < lowest[length] || text[0] > 0xf4)
    return 0;
  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
      (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
    return 0;
  return length;
}

static size_t
quote_special (struct buffer *buffer, const unsigned char *text, size_t left)
{
  size_t length = utf8_length (text, left);
  if (*text == '"' || *text == '\\')
    buffer_format (buffer, "\\%c", *text);
  else if (*text == '\n')
    buffer_text (buffer, "\\n");
  else if (*text < 0x20)
    buffer_format (buffer, "\\u%04x", *text);
  else if (length == 0)
    buffer_text (buffer, "\\ufffd");
  else
    buffer_add (buffer, (const char *)text, length);
  return length == 0 ? 1 : length;
}

void
buffer_quote_n (struct buffer *buffer, const char *text, size_t length)
{
  const unsigned char *at = (const unsigned char *)text;
  buffer_add (buffer, "\"", 1);
  for (size_t i = 0; i < length;) {
    size_t plain = i;
    while (plain < length && at[plain] >= 0x20 && at[plain] < 0x80 && at[plain] != '"' &&
           at[plain] != '\\')
      plain++;
    buffer_add (buffer, text + i, plain - i);
    i = plain;
    if (i < length)
      i += quote_special (buffer, at + i, length - i);
  }
  buffer_add (buffer, "\"", 1);
}

void
buffer_quote (struct buffer *buffer, const char *text)
{
  if (text == NULL)
    buffer_text (buffer, "null");
  else
    buffer_quote_n (buffer, text, strlen (text));
}

static void
json_number (struct buffer *buffer, const json_t *json)
{
  char text[64];
  size_t length = json_dumpb (json, text, sizeof text, JSON_ENCODE_ANY);
  buffer_add (buffer, text, length < sizeof text ? length : 0);
}

static void
json_object_write (struct buffer *buffer, json_t *object)
{
  const char *separator = "{";
  const char *key;
  json_t *value;
  json_object_foreach (object, key, value)
  {
    buffer_add (buffer, separator, 1);
    buffer_quote (buffer, key);
    buffer_add (buffer, ":", 1);
    buffer_json (buffer, value);
    separator = ",";
  }
  buffer_text (buffer, *separator == '{' ? "{}" : "}");
}

static void
json_array_write (struct buffer *buffer, json_t *array)
{
  size_t i;
  json_t *item;
  buffer_add (buffer, "[", 1);
  json_array_foreach (array, i, item)
  {
    if (i > 0)
      buffer_add (buffer, ",", 1);
    buffer_json (buffer, item);
  }
  buffer_add (buffer, "]", 1);
}

/* jansson's own writer keeps a table of parents against loops, which costs more than the writing;
   documents here come from its parser and have none. */
void
buffer_json (struct buffer *buffer, const json_t *json)
{
  json_t *value = (json_t *)(uintptr_t)json;
  switch (json_typeof (json)) {
  case JSON_OBJECT:
    json_object_write (buffer, value);
    break;
  case JSON_ARRAY:
    json_array_write (buffer, value);
    break;
  case JSON_STRING:
    buffer_quote_n (buffer, json_string_value (json), json_string_length (json));
    break;
  case JSON_TRUE:
    buffer_add (buffer, "true", 4);
    break;
  case JSON_FALSE:
    buffer_add (buffer, "false", 5);
    break;
  case JSON_NULL:
    buffer_add (buffer, "null", 4);
    break;
  default:
    json_number (buffer, json);
    break;
  }
}

void
buffer_fini (struct buffer *buffer)
{
  free (buffer->data);
  *buffer = (struct buffer){0};
}
