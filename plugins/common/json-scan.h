/* json-scan: reads JSON text in place, without building a tree and without memory. A reply is
 * checked once (json_check: one pass, RFC 8259, bounded depth); the other functions then walk in
 * it. They stay inside their slice whatever it holds, but make sense only of checked text.
 * No state: any thread. Of a name given twice the first counts. */
#ifndef COMMON_JSON_SCAN_H
#define COMMON_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 64

struct json {
  const char *at; /* the value's first character; NULL: no value */
  size_t len;
};

enum json_kind {
  JSON_NONE,
  JSON_OBJECT,
  JSON_ARRAY,
  JSON_STRING,
  JSON_NUMBER,
  JSON_TRUE,
  JSON_FALSE,
  JSON_NULL
};

/* TEXT is one JSON value (white space around it is fine): true, and RET is that value. */
bool json_check (const char *text, size_t len, struct json *ret);

enum json_kind json_kind (struct json);
/* null, "", [], {} and no value at all. */
bool json_is_empty (struct json);

/* Walks an object's members or an array's items. */
struct json_walk {
  struct json rest;
  bool object;
};
struct json_walk json_begin (struct json container);
/* The next one; RET_KEY (may be NULL) is a JSON string or, in arrays, no value. */
bool json_next (struct json_walk *, struct json *ret_key, struct json *ret_value);

/* A member; no value where there is none. SCIM names its attributes without regard to case:
 * json_member_nocase. */
struct json json_member (struct json object, const char *name);
struct json json_member_nocase (struct json object, const char *name, size_t len);
/* The member of that name, without regard to case, where the name is a JSON string itself. */
struct json json_member_like (struct json object, struct json key);

/* An object's members, walked once: for many look-ups in one object. They are noted by walking, or
 * while the text is checked. */
#define JSON_TABLE_ROWS 48
struct json_table {
  struct json object;
  size_t n;
  uint32_t tags[JSON_TABLE_ROWS]; /* of the keys: those that differ are not of one name */
  struct json keys[JSON_TABLE_ROWS];
  struct json values[JSON_TABLE_ROWS];
};
void json_table_fill (struct json_table *, struct json object);
/* Adds a member where there is room. */
void json_table_note (struct json_table *, struct json key, struct json value);
/* Goes over all members, also over those that found no room. */
struct json_rows {
  const struct json_table *table;
  size_t i;
  struct json_walk walk;
};
struct json_rows json_table_rows (const struct json_table *);
bool json_rows_next (struct json_rows *, struct json *ret_key, struct json *ret_value);
/* As json_check(), of an object. */
bool json_check_table (const char *text, size_t len, struct json_table *ret);
/* As json_member_like(). */
struct json json_table_find (const struct json_table *, struct json key);
/* As json_member_nocase(). */
struct json json_table_get (const struct json_table *, const char *name);

/* Decodes a JSON string into OUT (NUL-ended). False where it is no string, does not fit or holds
 * \u0000; OUT is then "". RET_LEN may be NULL. */
bool json_text (struct json, char *out, size_t size, size_t *ret_len);
/* A string value equals S, after decoding. */
bool json_equals (struct json, const char *s, size_t len, bool nocase);
/* An integer, also one written as a string; FALLBACK where it is none or too large. */
int64_t json_integer (struct json, int64_t fallback);
/* A number (or one in a string); false where it is none. */
bool json_real (struct json, double *ret);

#endif
