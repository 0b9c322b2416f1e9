/* Why something failed, in words for a person: what happened, to what, what to do.
 *
 * A function that can fail returns 0 or -1 and takes a `struct error *` as its last
 * argument; the text is made once, where the detail is known. */
#ifndef SYNCD_UTIL_ERROR_H
#define SYNCD_UTIL_ERROR_H

struct error {
  int exit_status; /* of the process, should this end it: 1 failed, 2 configuration */
  char text[2048];
};

/* Writes the text; always returns -1, so that `return error_set (…)` works. */
int error_set (struct error *, const char *fmt, ...) __attribute__ ((__format__ (__printf__, 2, 3)));
/* The same for what is wrong with the usage or the configuration (exit status 2). */
int error_config (struct error *, const char *fmt, ...)
    __attribute__ ((__format__ (__printf__, 2, 3)));

#endif
