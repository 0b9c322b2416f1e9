/* PATCH (RFC 7644 section 3.5.2) on a JSON document. */
#ifndef SIM_PATCH_H
#define SIM_PATCH_H

#include "document.h"

/* Checks a PatchOp message; ret_operations is borrowed from it. */
bool patch_check (const struct switches *switches, const json_t *message, json_t **ret_operations,
                  struct problem *problem);
/* Applies one operation to document. After a problem the document may be half changed: the caller
   throws it away. */
bool patch_apply (const struct switches *switches, const struct resource_type *type,
                  json_t *document, const json_t *operation, struct problem *problem);

#endif
