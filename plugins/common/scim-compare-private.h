/* scim-compare-private: what scim-compare.c and scim-compare-op.c share. */
#ifndef COMMON_SCIM_COMPARE_PRIVATE_H
#define COMMON_SCIM_COMPARE_PRIVATE_H

#include "scim-compare.h"

/* Notes a path, once. */
void compare_missing (struct scim_compare *, const char *path);
/* PREFIX, DOT and the decoded KEY, in SCIM_COMPARE_PATH bytes; a longer one ends in "...". */
void compare_join (char *out, const char *prefix, const char *dot, struct json key);
/* SENT is taken where GOT is returned; ITEM: the list item that GOT is of. */
bool compare_same (struct scim_compare *, const char *path, struct json sent, struct json got,
                   struct json item);
bool compare_in_list (struct scim_compare *, const char *path, struct json sent, struct json list);
/* The same, noting what is not taken, each item of a list by itself. */
void compare_value (struct scim_compare *, const char *path, struct json sent, struct json got);

#endif
