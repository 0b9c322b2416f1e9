/* What clients send, checked against the schemas. */
#ifndef SIM_DOCUMENT_H
#define SIM_DOCUMENT_H

#include "schema.h"
#include "switches.h"

/* A value as it will be kept: a new reference, NULL for "unassigned" (null, an empty list).
   "where" is for messages. */
bool value_check (const struct switches *switches, const struct attribute *attribute, json_t *value,
                  json_t **ret_value, struct problem *problem);
/* One value of a list. */
bool item_check (const struct switches *switches, const struct attribute *attribute, json_t *value,
                 json_t **ret_value, struct problem *problem);
/* Checks and rewrites the attributes of object in place: names as the schema writes them, read-only
   ones dropped. type: of a whole resource, else NULL. */
bool object_check (const struct switches *switches, const struct attribute *attributes,
                   const struct resource_type *type, json_t *object, struct problem *problem);
/* A whole resource: its "schemas" too. */
bool document_check (const struct switches *switches, const struct resource_type *type,
                     json_t *document, struct problem *problem);
/* Writes "schemas" anew: the core one and those of the extensions that are there. */
void document_schemas (const struct resource_type *type, json_t *document);

#endif
