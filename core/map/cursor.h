/* The cursor with which expressions are read (expression.c, expression_argument.c). */
#ifndef SYNCD_MAP_CURSOR_H
#define SYNCD_MAP_CURSOR_H

#include <stdbool.h>
#include <string.h>

#include "map/compile.h"

struct cursor {
  struct compiler *compiler;
  const char *text;
  size_t at;
};

static inline char
cursor_peek (const struct cursor *cursor)
{
  return cursor->text[cursor->at];
}

static inline void
cursor_skip_space (struct cursor *cursor)
{
  while (cursor_peek (cursor) && strchr (" \t\r\n", cursor_peek (cursor)))
    cursor->at++;
}

static inline bool
cursor_accept (struct cursor *cursor, char c)
{
  cursor_skip_space (cursor);
  if (cursor_peek (cursor) != c)
    return false;
  cursor->at++;
  return true;
}

/* A text in quotes; the quote itself is doubled in it. */
int cursor_read_quoted (struct cursor *, char **ret_text, size_t *ret_len);
/* Bytes of the bare word here. */
size_t cursor_bare_length (const struct cursor *);
/* (argument, …), or nothing. */
int cursor_read_arguments (struct cursor *, struct filter_use *);
void argument_fini (struct argument *);

#endif
