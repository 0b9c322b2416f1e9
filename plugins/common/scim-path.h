/* scim-path: a SCIM attribute path (RFC 7644 section 3.5.2) taken apart in place. */
#ifndef COMMON_SCIM_PATH_H
#define COMMON_SCIM_PATH_H

#include "json-scan.h"

#include <stdbool.h>
#include <stddef.h>

struct scim_part {
  const char *at; /* NULL: the path has none */
  size_t len;
};

struct scim_path {
  struct scim_part urn;              /* of an extension; not of the core schema */
  struct scim_part attribute;        /* none: the whole extension, or the whole account */
  struct scim_part filter_attribute; /* [type eq "work"] */
  struct json filter_value;
  struct scim_part sub;
};

/* Understands attr, attr.sub, attr[a eq VALUE], attr[a eq VALUE].sub, each after a URN and a
 * colon, a URN alone, and "". False for anything else. */
bool scim_path_parse (const char *path, struct scim_path *ret);

bool scim_part_is (struct scim_part, const char *name);

#endif
