/* One change at one place of a document. */
#ifndef SIM_PATCH_TARGET_H
#define SIM_PATCH_TARGET_H

#include "document.h"
#include "filter.h"

enum patch_op { PATCH_ADD, PATCH_REPLACE, PATCH_REMOVE };
/* value: NULL only for remove. */
bool patch_target (const struct switches *switches, json_t *document, enum patch_op op,
                   const struct path *path, json_t *value, struct problem *problem);

#endif
