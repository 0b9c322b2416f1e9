/* utf8: well-formed characters (RFC 3629). Pure. */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stddef.h>

/* Bytes of the character at S, of which LEFT bytes are there; 0 where it is not one. */
size_t utf8_len (const char *s, size_t left);

#endif
