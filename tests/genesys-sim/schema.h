/* The attributes that the service keeps, as data: checks, paths and the documents of /schemas all
   come from these tables. */
#ifndef SIM_SCHEMA_H
#define SIM_SCHEMA_H

#include "util.h"

#define URN_CORE       "urn:ietf:params:scim:schemas:core:2.0:"
#define URN_USER       URN_CORE "User"
#define URN_GROUP      URN_CORE "Group"
#define URN_ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define URN_GENESYS    "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
#define URN_MESSAGES   "urn:ietf:params:scim:api:messages:2.0:"
#define URN_PATCH      URN_MESSAGES "PatchOp"
#define URN_LIST       URN_MESSAGES "ListResponse"
#define URN_ERROR      URN_MESSAGES "Error"

enum value_type {
  TYPE_STRING,
  TYPE_BOOLEAN,
  TYPE_DECIMAL,
  TYPE_INTEGER,
  TYPE_DATE_TIME,
  TYPE_REFERENCE,
  TYPE_COMPLEX
};
enum attribute_flag {
  MULTI = 1,
  REQUIRED = 2,
  EXACT = 4,
  READ_ONLY = 8,
  WRITE_ONLY = 16,
  IMMUTABLE = 32,
  ALWAYS = 64,
  UNIQUE = 128
};

struct attribute {
  const char *name;
  enum value_type type;
  unsigned flags;
  const char *description;
  const struct attribute *subs; /* of TYPE_COMPLEX; ends with a row without name */
  const char *words;            /* canonical values, or reference types, separated by blanks */
};
struct schema {
  const char *id, *name, *description;
  const struct attribute *attributes;
};
struct resource_type {
  const char *name, *endpoint, *description;
  const struct schema *core;
  const struct schema *extensions[3];
};

extern const struct attribute common_attributes[]; /* id, externalId, meta, schemas */
extern const struct resource_type user_type, group_type;
extern const struct schema *const all_schemas[]; /* ends with NULL */

/* By name, without regard to case; NULL where there is none. */
const struct attribute *attribute_find (const struct attribute *attributes, const char *name,
                                        size_t length);
/* The attribute of a resource's core schema or one of the common ones. */
const struct attribute *core_attribute_find (const struct resource_type *type, const char *name,
                                             size_t length);
const struct schema *extension_find (const struct resource_type *type, const char *urn);
bool word_listed (const char *words, const char *word);
json_t *schema_document (const struct schema *schema); /* RFC 7643 section 7 */

#endif
