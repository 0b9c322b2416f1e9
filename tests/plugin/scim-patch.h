/* SCIM PATCH operations on a JSON document (RFC 7644 section 3.5.2), for test sinks. Pure. */
#ifndef SYNCD_TESTS_SCIM_PATCH_H
#define SYNCD_TESTS_SCIM_PATCH_H

#include <jansson.h>
#include <stdint.h>

/* Applies one operation; OP is SYNCD_OP_*, VALUE may be NULL. 0, or -1 with *ret_why (a constant
 * text such as "noTarget") and the document perhaps half changed. */
int scim_patch (json_t *document, uint32_t op, const char *path, json_t *value,
                const char **ret_why);
/* The member NAME without regard to case (attribute names), or NULL. */
json_t *scim_get (json_t *object, const char *name);
/* The first part of a path, without URN: "emails" of emails[type eq "work"].value; in NAME. */
void scim_attribute (const char *path, char *name, size_t size);

#endif
