/* lookup.h: small questions that are answered at once. */
#ifndef SYNCD_SOURCE_LDAP_LOOKUP_H
#define SYNCD_SOURCE_LDAP_LOOKUP_H

#include "source-ldap.h"

/* The first value of each of ATTRIBUTES (ends in NULL) of the entry at DN, "" for the root DSE;
 * a NULL bv_val where it has none, is not there or may not be seen. To be freed by
 * lookup_fini(). RET_VALUES comes zeroed. */
int32_t lookup_values (struct syncd_ctx *ctx, struct session *session, const char *dn,
                       const char *const *attributes, struct berval *ret_values);
void lookup_fini (struct berval *values, size_t count);
/* Does the user's filter find anybody at DN or below? */
int32_t lookup_any (struct syncd_ctx *ctx, struct session *session, const char *dn, bool *ret_any);

#endif
