/* What the files of this folder share: the compiled mapping, expressions, evaluation.
 *
 * Nothing outside core/map includes this. */
#ifndef SYNCD_MAP_INTERNAL_H
#define SYNCD_MAP_INTERNAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "map/map.h"

#define MAP_TEXT_MAX ((size_t) 1 << 20)  /* of one text that a filter makes */
#define MAP_JSON_MAX ((size_t) 64 << 20) /* of all leaves of one entry */
#define CORE_USER_URN "urn:ietf:params:scim:schemas:core:2.0:User"
#define NO_ATTRIBUTE ((size_t) -1)
#define FILTER_ARGUMENTS 2

/* ---- short-lived memory of one evaluation ----------------------------------------------- */

struct arena_block;
struct arena {
  char first[2048]; /* enough for an entry of the ordinary kind: no allocation at all */
  size_t used;
  struct arena_block *blocks;
};
void arena_init (struct arena *);
void arena_fini (struct arena *);
void *arena_take (struct arena *, size_t size); /* aligned for any object; not zeroed */

/* ---- values while they are evaluated ------------------------------------------------------ */

enum item_kind { ITEM_TEXT, ITEM_BOOL, ITEM_NUMBER };
struct item {
  enum item_kind kind;
  bool flag;         /* BOOL */
  int64_t number;    /* NUMBER */
  const char *bytes; /* TEXT: any bytes */
  size_t len;
};
struct items {
  struct item *list;
  size_t count;
  struct item one; /* room for the ordinary case */
};

struct evaluation {
  const struct mapping *mapping;
  const struct entry *entry;
  const struct item *each;   /* what ${value} stands for, or NULL */
  size_t chosen;             /* an attribute whose single value is `choice`, or NO_ATTRIBUTE */
  struct value choice;
  size_t attribute;          /* the one read last: for messages */
  const struct item *shown;  /* the value at fault: for messages, or NULL */
  struct arena arena;
  char why[512];             /* what is wrong with the value */
};
/* Notes what is wrong with ITEM (may be NULL); returns -1. */
int evaluation_fail (struct evaluation *, const struct item *, const char *fmt, ...)
    __attribute__ ((__format__ (__printf__, 3, 4)));

/* ---- expressions ----------------------------------------------------------------------------- */

enum argument_kind { ARGUMENT_TEXT, ARGUMENT_WORD, ARGUMENT_NUMBER, ARGUMENT_TABLE };
struct argument {
  enum argument_kind kind;
  char *text;        /* as written, without quotes */
  size_t len;
  int64_t number;
  struct argument *keys, *values; /* TABLE */
  size_t count;
  size_t at;         /* offset in the expression: for messages */
};

struct filter;
struct filter_use {
  const struct filter *filter;
  struct argument arguments[FILTER_ARGUMENTS];
  size_t argument_count;
  size_t at;
  size_t attribute;    /* default(attr) */
  void *prepared;      /* what the filter made of its arguments; freed by its `release` */
};

enum operand { OPERAND_ATTRIBUTE, OPERAND_TEXT, OPERAND_EACH };
struct pipe {
  enum operand operand;
  size_t attribute;
  char *text; /* literal */
  size_t len;
  bool all;   /* starts with all values of the attribute */
  bool many;  /* ends as a list */
  struct filter_use *uses;
  size_t use_count;
};
struct part { /* of a text: `text`, or a pipe */
  char *text;
  size_t len;
  struct pipe *pipe;
};
struct template {
  struct part *parts;
  size_t count;
};
struct expression {
  struct template *alternatives; /* the first that yields something */
  size_t count;
  bool reference;
  char *source;                  /* as written: for the version and messages */
};

/* ---- filters ------------------------------------------------------------------------------------ */

struct compiler;
struct filter {
  const char *name;
  const char *arguments; /* a letter each: t text, w word or text, n number, v value, m table;
                            lower case is required, upper case may be left out */
  const char *usage;     /* for messages */
  bool takes_list, gives_one, gives_many;
  /* Makes use->prepared; on error a message is set through compile_error_at(). */
  int (*prepare) (struct compiler *, struct filter_use *);
  void (*release) (void *prepared);
  /* One value: 1 there is a result in *ITEM, 0 it has none, -1 failed. Or the whole list. */
  int (*apply) (struct evaluation *, const struct filter_use *, struct item *item);
  int (*apply_list) (struct evaluation *, const struct filter_use *, struct items *);
};

const struct filter *filter_find (const char *name);
/* Checks number and kinds of the arguments, then prepares. */
int filter_check (struct compiler *, struct filter_use *);
void filter_use_fini (struct filter_use *);

#define FILTER_APPLY(name) \
  int name (struct evaluation *, const struct filter_use *, struct item *)
#define FILTER_LIST(name) \
  int name (struct evaluation *, const struct filter_use *, struct items *)
#define FILTER_PREPARE(name) int name (struct compiler *, struct filter_use *)
FILTER_APPLY (filter_lower);
FILTER_APPLY (filter_upper);
FILTER_APPLY (filter_trim);
FILTER_APPLY (filter_substr);
FILTER_APPLY (filter_ascii);
FILTER_APPLY (filter_replace);
FILTER_PREPARE (filter_replace_prepare);
void filter_replace_release (void *);
FILTER_LIST (filter_split);
FILTER_PREPARE (filter_split_prepare);
FILTER_LIST (filter_join);
FILTER_LIST (filter_first);
FILTER_LIST (filter_last);
FILTER_LIST (filter_default);
FILTER_PREPARE (filter_default_prepare);
FILTER_APPLY (filter_map);
FILTER_APPLY (filter_bool);
FILTER_APPLY (filter_not);
FILTER_APPLY (filter_bit);
FILTER_PREPARE (filter_bit_prepare);
FILTER_APPLY (filter_e164);
FILTER_PREPARE (filter_e164_prepare);
FILTER_APPLY (filter_guid);
FILTER_APPLY (filter_base64);
FILTER_APPLY (filter_hex);
FILTER_APPLY (filter_sha256);
FILTER_APPLY (filter_dn);
FILTER_APPLY (filter_date);
FILTER_PREPARE (filter_date_prepare);
FILTER_APPLY (filter_until);
FILTER_PREPARE (filter_until_prepare);

/* Text of an item: numbers and booleans become it; checks that it is UTF-8. 0 or -1. */
int item_as_text (struct evaluation *, struct item *);
/* The same without the check of UTF-8. */
int item_as_bytes (struct evaluation *, struct item *);
/* The words for true and false; 0 or -1 (nothing is said). */
int item_as_bool (const struct item *, bool *ret_flag);
int item_as_number (const struct item *, int64_t *ret_number);
void item_set_text (struct item *, const char *bytes, size_t len);
/* "2026-01-31T12:00:00Z" of generalizedTime, for dateTime attributes; 1, 0 never, -1. */
int date_from_text (const char *bytes, size_t len, struct tm *ret_time);
int64_t date_seconds (const struct tm *); /* since 1970, of a calendar in UTC */

/* ---- evaluating (evaluate.c, convert.c) ------------------------------------------------------ */

/* 1 there is a value, 0 none, -1 failed. */
int expression_evaluate (struct evaluation *, const struct expression *, struct items *ret_items);
/* All values of an expression of many, in a stable order. */
bool expression_is_many (const struct expression *);
bool expression_uses (const struct expression *, size_t attribute);
void expression_fini (struct expression *);
/* Appends ITEM as JSON of TYPE. 0 or -1. */
int convert_to_json (struct evaluation *, struct item *, enum schema_type type, bool typed,
                     struct buffer *out);

/* A number as RFC 8785 writes it. */
void convert_put_decimal (double number, struct buffer *out);

/* ---- the compiled mapping -------------------------------------------------------------------- */

struct member {        /* of a list's item, or the one value of a scalar */
  char *key;           /* "value"; NULL for a scalar */
  enum schema_type type;
  bool typed;          /* there is a schema: convert to `type` */
  bool optional;
  char *literal;       /* JSON text, or NULL: then `expression` */
  struct expression expression;
};
struct item_rule {     /* one item of a list */
  struct member *members; /* sorted by key; of a list of scalars one without a key */
  size_t count;
  bool each;
  struct expression each_expression;
};
struct leaf_rule {
  struct item_rule *items; /* SCALAR, TYPED_ITEM: one */
  size_t item_count;
  char *type_word;         /* TYPED_ITEM: its type */
  bool required;           /* the sink's schema: absent is an error */
  bool is_active;
  size_t *preferred;       /* attributes of which single values are taken */
  size_t preferred_count;
  bool is_entry_id;        /* externalId, implied */
  bool many;               /* a scalar expression that gives a list */
};

enum shape_kind { SHAPE_OBJECT, SHAPE_LEAF, SHAPE_ITEMS, SHAPE_SCHEMAS, SHAPE_ACTIVE };
struct shape {             /* the tree of the document */
  enum shape_kind kind;
  char *key;
  char *urn;               /* of an extension's object */
  size_t leaf;             /* LEAF */
  size_t *leaves;          /* ITEMS */
  size_t leaf_count;
  struct shape *children;  /* OBJECT: sorted by key once compiled */
  size_t count;
};

struct map_attribute {
  char *name;
  bool reference;
};

struct mapping {
  char version[65];
  struct map_attribute *attributes;
  size_t attribute_count;
  struct leaf *leaves;
  struct leaf_rule *rules;
  size_t leaf_count;
  int user_name, external_id, active;
  char **schemas;
  size_t schema_count;
  struct shape root;
  bool lonely_literals;   /* an object other than the root has literals of its own */
};

#endif
