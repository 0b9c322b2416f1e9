/* Memory of the host: allocation that cannot fail, and wiping of secrets.
 *
 * When memory runs out the process ends with a clear message: the state on disk is at every
 * instant ready for a sudden end (G2), so that is the safest thing to do. Any thread. */
#ifndef SYNCD_UTIL_MEM_H
#define SYNCD_UTIL_MEM_H

#include <stdarg.h>
#include <stddef.h>

/* COUNT zeroed objects of SIZE bytes; never NULL. Free with free(). */
void *mem_new (size_t count, size_t size);
/* Grows or shrinks an array to COUNT objects of SIZE bytes; new bytes are not zeroed. */
void *mem_resize (void *array, size_t count, size_t size);
/* Copies: of a text (NULL gives NULL), and of LEN bytes with a NUL put behind them. */
char *mem_copy_text (const char *text);
char *mem_copy (const void *bytes, size_t len);
/* A formatted text of its own. */
char *mem_format (const char *fmt, ...) __attribute__ ((__format__ (__printf__, 1, 2)));
char *mem_vformat (const char *fmt, va_list args) __attribute__ ((__format__ (__printf__, 1, 0)));
/* Replaces the text in *TEXT by a copy of VALUE (which may be NULL). */
void mem_set_text (char **text, const char *value);
/* Overwrites in a way that no optimiser removes. */
void mem_wipe (void *bytes, size_t len);
/* Wipes and frees a secret text. */
void mem_free_secret (char *text);

/* Frees a local variable's memory at the end of its scope: MEM_AUTO char *text = …; */
void mem_auto_free (void *pointer_to_pointer);
#define MEM_AUTO __attribute__ ((__cleanup__ (mem_auto_free)))

#endif
