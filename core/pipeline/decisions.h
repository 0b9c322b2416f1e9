/* What an administrator's decision does to the state: approve, retry, link, unlink. Inside a
 * transaction; no plugin, no network. */
#ifndef SYNCD_PIPELINE_DECISIONS_H
#define SYNCD_PIPELINE_DECISIONS_H

#include "store/store.h"
#include "util/error.h"

/* Whom a person means by an id, a DN or a user name; -1 where nobody. */
int decide_find (struct store *, const char *text, struct link *ret_link, struct error *);
/* Remembers the token until the next pass has counted its brakes. */
int decide_approve (struct store *, const char *token, struct error *);
/* A parked entry is due now. */
int decide_retry (struct store *, struct link *, struct error *);
/* The account is the entry's from now on; all its attributes are sent in the next pass. Refused
 * where another entry that is there has it; the check alone changes nothing. */
int decide_check_link (struct store *, const struct link *, const char *account, struct error *);
int decide_link (struct store *, struct link *, const char *account, struct error *);
/* The entry has no account, and is parked until it is told otherwise. The account is not
 * touched. */
int decide_check_unlink (const struct link *, struct error *);
int decide_unlink (struct store *, struct link *, struct error *);

#endif
