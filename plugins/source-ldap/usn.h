/* usn.h: the usn grade: servers whose entries show the number of their last change. */
#ifndef SYNCD_SOURCE_LDAP_USN_H
#define SYNCD_SOURCE_LDAP_USN_H

#include "grade.h"

/* What a server's numbers are like. They are its own: no other server's checkpoint counts. */
struct usn_kind {
  enum vendor vendor;
  const char *attribute; /* of each entry, and of the filters */
  bool (*possible) (const struct session *session, struct text *why);
  /* Also finds out whether deletes are seen: session->deletes_seen. NULL: nothing to ask. */
  int32_t (*probe) (struct syncd_ctx *ctx, struct session *session, struct text *why);
  /* How far the numbers got by now, and the server's time. Never what was seen of entries: of
   * two changes the one with the lower number may become visible later. */
  int32_t (*now) (struct syncd_ctx *ctx, struct session *session, int64_t *ret_number,
                  char ret_time[TIME_SIZE]);
  /* Makes query B show what is deleted; NULL: it does by itself, or nothing does. */
  LDAPControl *(*deleted) (const struct session *session);
};

extern const struct usn_kind usn_ad;

/* ---- usn-ad.c: what the grades for Active Directory share ---- */

/* Reads what a server's and a directory's checkpoints are bound to: session->server_id (the
 * invocation id), server_object and context_id. */
int32_t ad_identify (struct syncd_ctx *ctx, struct session *session);
/* Are deleted objects shown to us? session->deletes_seen, and session->deleted_control. */
int32_t ad_probe_deleted (struct syncd_ctx *ctx, struct session *session);

#endif
