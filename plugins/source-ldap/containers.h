/* containers.h: entries that have others below them. */
#ifndef SYNCD_SOURCE_LDAP_CONTAINERS_H
#define SYNCD_SOURCE_LDAP_CONTAINERS_H

#include "source-ldap.h"

/* By its object classes; the message shows these. */
bool containers_is (LDAP *ld, LDAPMessage *message);
/* The top of the naming context. */
bool containers_is_top (const struct session *session, const char *dn);

/* The rest waits for answers. Is anybody who matches the user's filter below one of these
 * containers (DNs, each with its NUL)? */
int32_t containers_any (struct syncd_ctx *ctx, struct session *session, const struct text *dns,
                        bool *ret_any);
/* The same for ids, of containers and others. */
int32_t containers_any_of (struct syncd_ctx *ctx, struct session *session, const struct text *ids,
                           bool *ret_any);
/* Raises NEWEST to the time at which a container changed last. */
int32_t containers_newest (struct syncd_ctx *ctx, struct session *session,
                           char newest[TIME_SIZE]);

#endif
