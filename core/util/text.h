/* Text: UTF-8, folding, nearest names. Pure; any thread. libunistring does the Unicode. */
#ifndef SYNCD_UTIL_TEXT_H
#define SYNCD_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Are these bytes valid UTF-8 (RFC 3629) without an embedded NUL? */
bool text_is_utf8 (const char *bytes, size_t len);
/* The form in which user names are compared: NFC, case folded (guarantees: collisions).
 * A text of its own. */
char *text_fold (const char *text);
/* Are the names the same person's as far as ASCII case goes? */
bool text_equal_nocase (const char *a, const char *b);
/* Behind a noun of which there are COUNT. */
#define TEXT_S(count) ((count) == 1 ? "" : "s")
/* The nearest of COUNT words to WORD (edit distance at most a third of its length), or NULL. */
const char *text_nearest (const char *word, const char *const *words, size_t count);

#endif
