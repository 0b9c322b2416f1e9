/* Accounts that carry an externalId of no entry: listed, and disabled only where somebody approves
 * the list by its token (guarantees: State). Main thread only. */
#ifndef SYNCD_PIPELINE_UNCLAIMED_H
#define SYNCD_PIPELINE_UNCLAIMED_H

#include <jansson.h>

#include "pipeline/pass.h"

/* Lists them from the accounts that the sink showed (store.h: accounts met), in the report too, and
 * keeps the list with its token. */
int unclaimed_list (struct pass *, struct error *);
/* Has an entry that account or external id? 1: yes, 0: nobody, -1: failed. */
int unclaimed_is_claimed (struct pass *, const char *account, const char *external_id, struct error *);
/* Was their token approved? Then each that is still as it was listed becomes a leaver of this
 * pass, to be confirmed like any other. Outside of a transaction. */
int unclaimed_approve (struct pass *, struct error *);
/* Lets those leavers pass the brakes. Inside the transaction that applies them. */
int unclaimed_release (struct pass *, struct error *);
/* The kept list: {"token": …, "accounts": [[account, externalId, user name], …]}, or NULL. */
json_t *unclaimed_kept (struct store *);
/* Is it the token of the kept list? */
bool unclaimed_is_token (struct store *, const char *token);

#endif
