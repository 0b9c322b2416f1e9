/* ad.h: what the grades for Active Directory share. */
#ifndef SYNCD_SOURCE_LDAP_AD_H
#define SYNCD_SOURCE_LDAP_AD_H

#include "source-ldap.h"

/* Reads what a server's and a directory's checkpoints are bound to: session->server_id (the
 * invocation id), server_object and context_id. */
int32_t ad_identify (struct syncd_ctx *ctx, struct session *session);
/* Are deleted objects shown to us? session->deletes_seen, and session->deleted_control. */
int32_t ad_probe_deleted (struct syncd_ctx *ctx, struct session *session);
/* The control that shows them; NULL: no memory. */
LDAPControl *ad_show_deleted (const struct session *session);

#endif
