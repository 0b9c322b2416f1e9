/* What the sink keeps: its schema (RFC 7643 section 7), for types, required attributes and
 * "did you mean". Read-only after parsing; any thread. */
#ifndef SYNCD_RECORD_SCHEMA_H
#define SYNCD_RECORD_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

enum schema_type {
  SCHEMA_STRING, SCHEMA_BOOLEAN, SCHEMA_DECIMAL, SCHEMA_INTEGER, SCHEMA_DATETIME,
  SCHEMA_REFERENCE, SCHEMA_BINARY, SCHEMA_COMPLEX
};

struct schema_attribute {
  char *name;               /* as the schema spells it; compared without case */
  char *urn;                /* of the schema that declares it; core User or an extension */
  enum schema_type type;
  bool multi, required, read_only, write_only, case_exact;
  char **canonical_values;  /* "work", "home", … */
  size_t canonical_count;
  struct schema_attribute *subs;
  size_t sub_count;
};

struct schema;

/* JSON: an array of schema definitions, or a ListResponse. */
int schema_parse (const char *json, size_t len, struct schema **ret_schema, struct error *);
void schema_free (struct schema *);
/* Is URN one of the schemas (without case)? */
bool schema_has_urn (const struct schema *, const char *urn);
/* The attribute NAME of the schema URN (NULL: the core User), or NULL. */
const struct schema_attribute *schema_find (const struct schema *, const char *urn, const char *name);
const struct schema_attribute *schema_sub (const struct schema_attribute *, const char *name);
/* The required, writable attributes of the core User: count and each. */
size_t schema_required_count (const struct schema *);
const struct schema_attribute *schema_required (const struct schema *, size_t i);
/* The known name nearest to NAME, or NULL. */
const char *schema_nearest (const struct schema *, const char *urn, const char *name);
/* The same for the URNs of the schemas, for sub-attributes, and for the RFC's core User. */
const char *schema_nearest_urn (const struct schema *, const char *urn);
const char *schema_nearest_sub (const struct schema_attribute *, const char *name);
const char *schema_nearest_rfc_core (const char *name);
/* Is it an attribute of the SCIM core User of RFC 7643 section 4.1, whether or not this sink
 * keeps it? */
bool schema_is_rfc_core (const char *name);

#endif
