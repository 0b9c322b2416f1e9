/* A growing run of bytes with a hard maximum. Not for sharing between threads. */
#ifndef SYNCD_UTIL_BUFFER_H
#define SYNCD_UTIL_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
  char *bytes; /* LEN bytes and a NUL behind them; NULL while nothing was appended */
  size_t len;
  size_t size;
  size_t max;    /* of len; appending more fails and sets `full` */
  bool full;
};

#define BUFFER_AUTO __attribute__ ((__cleanup__ (buffer_fini)))

void buffer_init (struct buffer *, size_t max);
void buffer_fini (struct buffer *);
/* Empties it and keeps its memory. */
void buffer_reset (struct buffer *);
/* Appends; false, with nothing appended, where the maximum would be passed. */
bool buffer_append (struct buffer *, const void *bytes, size_t len);
bool buffer_append_text (struct buffer *, const char *text);
bool buffer_append_char (struct buffer *, char c);
bool buffer_printf (struct buffer *, const char *fmt, ...)
    __attribute__ ((__format__ (__printf__, 2, 3)));
/* The bytes as a text: never NULL. */
const char *buffer_text (const struct buffer *);
/* Hands the memory over to the caller (free() it) and empties the buffer; never NULL. */
char *buffer_take (struct buffer *);

#endif
