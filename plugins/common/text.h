/* text: a growing, bounded piece of text, always ended by a NUL. The first thing that goes
 * wrong (the maximum reached, no memory) marks it broken and later additions do nothing: ask
 * text_ok() once at the end. Not shared between threads. */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_PRINTF(f, a) __attribute__ ((__format__ (__printf__, f, a)))

struct text {
  char *data; /* NULL before the first addition */
  size_t len;
  size_t size;
  size_t max; /* longest text, without its NUL */
  bool broken;
};

void text_init (struct text *, size_t max);
void text_fini (struct text *);
/* Overwrites what it holds, then frees: for texts with a secret in them. */
void text_wipe (struct text *);
/* Empties it and keeps the memory. */
void text_reset (struct text *);
bool text_ok (const struct text *);
/* What it holds; "" for an empty one. */
const char *text_get (const struct text *);

void text_add (struct text *, const char *bytes, size_t len);
void text_puts (struct text *, const char *s);
void text_printf (struct text *, const char *fmt, ...) TEXT_PRINTF (2, 3);
/* Everything but RFC 3986's unreserved characters as %XX. */
void text_add_percent (struct text *, const char *s, size_t len);
/* A JSON string with its quotes. */
void text_add_json (struct text *, const char *s, size_t len);

/* Copies to OUT what a person can read of a peer's words: no mark-up, no control characters, no
 * broken UTF-8, white space collapsed, cut with "..." where it is too long. */
void text_plain (const char *s, size_t len, char *out, size_t size);

#endif
