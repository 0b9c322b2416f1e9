/* What the compiling files of this folder share (compile*.c, expression.c, filters.c). */
#ifndef SYNCD_MAP_COMPILE_H
#define SYNCD_MAP_COMPILE_H

#include "map/internal.h"

struct compiler {
  struct mapping *mapping;
  const struct schema *schema; /* NULL: unknown */
  struct buffer *warnings;
  struct error *error;
  const struct node *node;     /* the scalar whose expression is being read */
  bool in_each;                /* ${value} is the item's value */
  bool each_itself;            /* attributes stand for all their values */
  bool references;             /* the expression has ref */
};

/* What a place in the tree is to hold. */
struct target {
  const struct schema_attribute *attribute; /* NULL: unknown, or the sink does not keep it */
  const char *urn;  /* of an extension, or NULL */
  const char *name; /* as it is to be spelled */
  const char *path; /* SCIM path */
  bool kept;
  bool multi;       /* a list: by the schema, else by its form in the file */
};

/* ---- messages (compile.c) ---- */
/* file:line:column of the scalar being read, moved on by AT bytes where it is on one line. */
int compile_error_at (struct compiler *, size_t at, const char *fmt, ...)
    __attribute__ ((__format__ (__printf__, 3, 4)));
void compile_warn (struct compiler *, const struct node *, const char *fmt, ...)
    __attribute__ ((__format__ (__printf__, 3, 4)));

/* ---- expressions (compile_leaf.c, expression.c) ---- */
/* Index of the attribute NAME among those wanted; added where it is new. */
size_t compile_attribute (struct compiler *, const char *name, size_t len);
/* Is it an attribute description (RFC 4512 section 2.5)? */
bool compile_is_attribute (const char *name, size_t len);
/* Reads the scalar NODE: a plain word, or a text with ${…}; not a literal. */
int compile_expression (struct compiler *, const struct node *, struct expression *ret_expression);
/* Reads TEXT as one more alternative. */
int compile_alternative (struct compiler *, const char *text, struct expression *);
int template_parse (struct compiler *, const char *text, struct template *ret_template);
void template_fini (struct template *);

/* ---- leaves (compile_leaf.c, compile_list.c) ---- */
bool compile_is_literal (const char *key, const struct node *);
/* A member: literal or expression. KEY decides what is a literal. */
int compile_member (struct compiler *, const char *key, const struct node *,
                    const struct schema_attribute *, struct member *ret_member);
bool member_is_dynamic (const struct member *);
void member_fini (struct member *);
/* Is optional: true said in this object? 0 or -1. */
int compile_optional (const struct node *object, bool *ret_optional, struct error *);
size_t compile_add_leaf (struct compiler *, enum leaf_kind, const struct target *);
int compile_scalar (struct compiler *, const struct target *, const struct node *value,
                    bool optional, struct shape *parent);
int compile_list (struct compiler *, const struct target *, const struct node *,
                  struct shape *parent);
/* Which single values the leaf could prefer. */
void compile_preferred (struct mapping *, size_t leaf);

/* ---- the rest ---- */
int compile_implied (struct compiler *, const struct node *tree);
int compile_schemas (struct compiler *, const struct node *schemas);
void compile_version (struct mapping *);

struct shape *shape_add (struct shape *parent, enum shape_kind, const char *key);
const struct shape *shape_find (const struct shape *parent, const char *key);
void shape_sort (struct shape *);
void shape_fini (struct shape *);

#endif
