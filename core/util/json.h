/* Writing JSON text in the canonical form of RFC 8785, straight into a buffer.
 *
 * The hot path writes documents this way; reading JSON is jansson's work. Pure. */
#ifndef SYNCD_UTIL_JSON_H
#define SYNCD_UTIL_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "util/buffer.h"

/* A quoted JSON string of valid UTF-8 (RFC 8785 section 3.2.2.2). */
void json_put_string (struct buffer *, const char *bytes, size_t len);
void json_put_text (struct buffer *, const char *text);
void json_put_integer (struct buffer *, int64_t number);
/* "key": with a comma before it unless it is the first in its object. */
void json_put_key (struct buffer *, const char *key, bool *first);

#endif
