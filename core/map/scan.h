/* Walking over JSON text that we wrote ourselves, without building anything. */
#ifndef SYNCD_MAP_SCAN_H
#define SYNCD_MAP_SCAN_H

#include <stddef.h>

/* One element of an array or member of an object. */
struct scan {
  const char *at, *end;
  const char *key;   /* of a member, without quotes (no escapes are undone) */
  size_t key_len;
  const char *value;
  size_t value_len;
};

/* Begins at an array or object: 0, or -1 where TEXT is neither. */
int scan_begin (struct scan *, const char *text, size_t len);
/* 1: the next element; 0: the end; -1: this is not JSON. */
int scan_next (struct scan *);

#endif
