/* Reads the arguments of filters: quoted texts, numbers, words, tables. */
#include "config.h"
#include "map/cursor.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "util/mem.h"

#define MAX_TABLE 10000

int
cursor_read_quoted (struct cursor *cursor, char **ret_text, size_t *ret_len)
{
  size_t start = cursor->at;
  char quote = cursor->text[cursor->at++];
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, MAP_TEXT_MAX);
  for (;; cursor->at++) {
    char c = cursor_peek (cursor);
    if (!c)
      return compile_error_at (cursor->compiler, start, "the quoted text that begins here has no end");
    if (c == quote && cursor->text[++cursor->at] != quote)
      break;
    buffer_append_char (&text, c);
  }
  *ret_len = text.len;
  *ret_text = buffer_take (&text);
  return 0;
}

size_t
cursor_bare_length (const struct cursor *cursor)
{
  size_t len = 0;
  for (const char *c = cursor->text + cursor->at; *c; c++, len++)
    if (!isalnum ((unsigned char) *c) && !strchr ("_.;+-%*", *c) && (unsigned char) *c < 0x80)
      break;
  return len;
}

static bool
read_number (const char *text, int64_t *ret_number)
{
  char *end;
  int base = strncmp (text, "0x", 2) == 0 ? 16 : 10;
  if (!isdigit ((unsigned char) text[*text == '-']))
    return false;
  errno = 0;
  long long number = strtoll (text, &end, base);
  if (errno || *end)
    return false;
  *ret_number = number;
  return true;
}

void
argument_fini (struct argument *argument)
{
  for (size_t i = 0; i < argument->count; i++) {
    argument_fini (&argument->keys[i]);
    argument_fini (&argument->values[i]);
  }
  free (argument->keys);
  free (argument->values);
  free (argument->text);
}

static int
read_simple_argument (struct cursor *cursor, struct argument *argument)
{
  cursor_skip_space (cursor);
  argument->at = cursor->at;
  if (cursor_peek (cursor) == '\'' || cursor_peek (cursor) == '"') {
    argument->kind = ARGUMENT_TEXT;
    return cursor_read_quoted (cursor, &argument->text, &argument->len);
  }
  size_t len = cursor_bare_length (cursor);
  if (!len)
    return compile_error_at (cursor->compiler, cursor->at,
                             "expected a quoted text, a number or a word here");
  argument->text = mem_copy (cursor->text + cursor->at, len);
  argument->len = len;
  argument->kind = read_number (argument->text, &argument->number) ? ARGUMENT_NUMBER : ARGUMENT_WORD;
  cursor->at += len;
  return 0;
}

static int
read_pair (struct cursor *cursor, struct argument *table)
{
  table->keys = mem_resize (table->keys, table->count + 1, sizeof *table->keys);
  table->values = mem_resize (table->values, table->count + 1, sizeof *table->values);
  memset (&table->keys[table->count], 0, sizeof *table->keys);
  memset (&table->values[table->count], 0, sizeof *table->values);
  table->count++;
  if (read_simple_argument (cursor, &table->keys[table->count - 1]) != 0)
    return -1;
  if (!cursor_accept (cursor, ':'))
    return compile_error_at (cursor->compiler, cursor->at, "expected ':' and a value here, as in "
                             "map({'1': 'work', '2': 'home'})");
  return read_simple_argument (cursor, &table->values[table->count - 1]);
}

static int
read_table (struct cursor *cursor, struct argument *argument)
{
  argument->kind = ARGUMENT_TABLE;
  argument->at = cursor->at++;
  if (cursor_accept (cursor, '}'))
    return 0;
  do {
    if (argument->count == MAX_TABLE)
      return compile_error_at (cursor->compiler, cursor->at, "more than %d pairs", MAX_TABLE);
    if (read_pair (cursor, argument) != 0)
      return -1;
  } while (cursor_accept (cursor, ','));
  if (!cursor_accept (cursor, '}'))
    return compile_error_at (cursor->compiler, cursor->at, "expected ',' or '}' here");
  return 0;
}

static int
read_argument (struct cursor *cursor, struct argument *argument)
{
  cursor_skip_space (cursor);
  return cursor_peek (cursor) == '{' ? read_table (cursor, argument)
                              : read_simple_argument (cursor, argument);
}

int
cursor_read_arguments (struct cursor *cursor, struct filter_use *use)
{
  if (!cursor_accept (cursor, '(') || cursor_accept (cursor, ')'))
    return 0;
  do {
    if (use->argument_count == FILTER_ARGUMENTS)
      return compile_error_at (cursor->compiler, cursor->at, "too many arguments: %s",
                               use->filter->usage);
    if (read_argument (cursor, &use->arguments[use->argument_count++]) != 0)
      return -1;
  } while (cursor_accept (cursor, ','));
  if (!cursor_accept (cursor, ')'))
    return compile_error_at (cursor->compiler, cursor->at, "expected ',' or ')' here");
  return 0;
}
