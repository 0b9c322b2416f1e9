/* What creating and changing users have in common. */
#ifndef SIM_USER_CHANGE_H
#define SIM_USER_CHANGE_H

#include "user.h"

void user_create (struct request *request);
void user_reply (struct request *request, int status, const struct account *account);
/* User name and external ids must be nobody else's. */
bool user_unique (const struct sim *sim, const json_t *document, const struct account *self,
                  struct problem *problem);
/* Fault "partial": what the service did before it gave up. */
void user_cut (const struct request *request, json_t *document);
/* Fault "drop-values". */
void user_drop_values (json_t *document);
/* Takes "active" out of a document. */
enum account_state user_state_take (json_t *document, enum account_state otherwise);
/* Writes a checked document to the account, or shows what would have been (fault "ignore"). */
void user_commit (struct request *request, struct account *account, json_t *document, int status);

#endif
