/* What the tests of the mapping, the filters and the plan share: a mapping from YAML text and an
 * entry from pairs. */
#ifndef SYNCD_TESTS_MAPPING_H
#define SYNCD_TESTS_MAPPING_H

#include "map/map.h"

struct bench {
  struct schema *schema;
  struct node *tree;
  struct mapping *mapping;
  struct entry entry;
  struct leaves leaves;
  struct hasher *hasher;
  struct buffer warnings, out;
  enum active_state active;
  struct error error;
  int status; /* of map_entry() */
};

/* Compiles the YAML under mapping: (and schemas:); SCHEMA is JSON text or NULL. Fails the test
 * where that does not work. */
void bench_init (struct bench *, const char *schema, const char *yaml);
void bench_fini (struct bench *);
/* The message of a mapping that must not compile. A text of its own. */
char *bench_refused (const char *schema, const char *yaml);
/* The entry anew: pairs of name and value, ended by NULL; the id is "id-1". */
void bench_entry (struct bench *, ...);
void bench_add (struct bench *, const char *name, const void *bytes, size_t len);
/* Maps the entry; the document (everything), or NULL where it cannot be mapped. Borrowed. */
const char *bench_document (struct bench *);
/* A leaf's JSON by its path after bench_document(), or NULL. */
const char *bench_leaf (const struct bench *, const char *path);
size_t bench_index (const struct bench *, const char *path);

/* A schema like that of Genesys Cloud: displayName required, no `name`. */
extern const char genesys_schema[];

#endif
