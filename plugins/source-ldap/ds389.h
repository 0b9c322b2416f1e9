/* ds389.h: what a 389 Directory Server tells of its own numbers, in its root DSE. */
#ifndef SYNCD_SOURCE_LDAP_DS389_H
#define SYNCD_SOURCE_LDAP_DS389_H

#include "source-ldap.h"

struct ds389_root {
  struct berval changelog; /* DN of the retro changelog; NULL: there is none */
  uint64_t first_change, last_change; /* 0: none */
};

/* Asks the root DSE; also sets whose numbers they are, and since when: session->numbers_of. On
 * success to be freed by ds389_fini(). */
int32_t ds389_read (struct syncd_ctx *ctx, struct session *session, struct ds389_root *ret_root);
void ds389_fini (struct ds389_root *root);
/* What the USN plug-in tells. */
struct ds389_usn {
  size_t count;    /* counters; 0: the plug-in is not enabled */
  uint64_t number; /* how far the last of them got */
  bool odd;        /* a number that is none */
};

int32_t ds389_usn_read (struct syncd_ctx *ctx, struct session *session, struct ds389_usn *ret_usn);
/* A whole number in decimal digits; false: it is none. */
bool ds389_number (const struct berval *value, uint64_t *ret_number);
/* grade's server(): whose numbers a checkpoint is made of. */
const char *ds389_server (const struct session *session);

#endif
