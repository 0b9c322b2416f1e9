/* SCIM filters (RFC 7644 section 3.4.2.2) and attribute paths. */
#ifndef SIM_FILTER_H
#define SIM_FILTER_H

#include "schema.h"

enum filter_op {
  FILTER_EQ,
  FILTER_NE,
  FILTER_CO,
  FILTER_SW,
  FILTER_EW,
  FILTER_GT,
  FILTER_GE,
  FILTER_LT,
  FILTER_LE,
  FILTER_PR,
  FILTER_AND,
  FILTER_OR,
  FILTER_NOT,
  FILTER_VALUE /* attribute[left] */
};
struct filter {
  enum filter_op op;
  char *attribute;
  json_t *value;
  struct filter *left, *right;
};

/* unquoted: values may be bare words. NULL and a problem (400 invalidFilter) where it is wrong. */
struct filter *filter_parse (const char *text, bool unquoted, struct problem *problem);
void filter_free (struct filter *filter);
/* Whether an object with these attributes fits. Attribute names are those of subs. */
bool filter_fits (const struct filter *filter, const json_t *object,
                  const struct attribute *attributes, const struct resource_type *type);

struct path {
  const struct schema *extension;    /* NULL: core */
  const struct attribute *attribute; /* NULL: the whole extension */
  struct filter *filter;             /* the value filter, or NULL */
  const struct attribute *sub;
};
bool path_parse (const struct resource_type *type, const char *text, struct path *ret_path,
                 struct problem *problem);
void path_fini (struct path *path);

#endif
