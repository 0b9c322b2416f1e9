/* scim-compare: did a SCIM service take what it was sent? Compares only what was sent; what
 * a service adds of its own is not looked at, but where a whole list was replaced. Pure. */
#ifndef COMMON_SCIM_COMPARE_H
#define COMMON_SCIM_COMPARE_H

#include "json-scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCIM_COMPARE_MAX_PATHS 64
#define SCIM_COMPARE_PATH      256

/* What a service is known to alter. Paths are without filters: "emails.value", or "URN:attr". */
struct scim_rules {
  /* Not compared at all: never returned, or the service's own. */
  bool (*ignored) (const char *path);
  /* Equal but for the service's way of writing it. ITEM: the returned list item that holds
   * RETURNED, or no value. Asked only where the two are not the same. */
  bool (*same) (const char *path, struct json sent, struct json returned, struct json item,
                struct json account);
  /* An item that the service keeps in this list whatever is sent. */
  bool (*kept) (const char *path, struct json item);
};

struct scim_compare {
  const struct scim_rules *rules;
  const struct json_table *account; /* what came back; borrowed */
  size_t missing;                   /* paths that are not as sent */
  char paths[SCIM_COMPARE_MAX_PATHS][SCIM_COMPARE_PATH];
};

void scim_compare_begin (struct scim_compare *, const struct scim_rules *,
                         const struct json_table *account);

/* A whole document, as in a create. */
void scim_compare_document (struct scim_compare *, const struct json_table *sent);

/* One operation (SYNCD_OP_*) of an update; VALUE: none for a remove. */
void scim_compare_operation (struct scim_compare *, uint32_t op, const char *path,
                             struct json value);

#endif
