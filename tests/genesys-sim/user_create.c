/* POST /users: new accounts, and deleted ones that come back. */
#include <config.h>
#include "user_change.h"

#include <stdlib.h>
#include <string.h>

static void
create_new (struct request *request, json_t *document)
{
  struct sim *sim = request->sim;
  enum account_state initial = sim->switches.default_active ? STATE_ACTIVE : STATE_INACTIVE;
  struct account *account = account_new (NULL);
  int64_t hidden = sim->switches.invisible;
  if (request->faults[FAULT_INVISIBLE])
    hidden = request->faults[FAULT_INVISIBLE]->delay;
  account->state = user_state_take (document, initial);
  account->visible_from = hidden > 0 ? clock_steady () + hidden : 0;
  if (request->faults[FAULT_DROP_VALUES])
    user_drop_values (document);
  account_fill (account, document);
  memcpy (request->account, account->id, UUID_SIZE);
  if (request->faults[FAULT_IGNORE] == NULL) {
    store_insert (&sim->store, account);
    request->applied = true;
  }
  user_reply (request, 201, account);
  if (request->faults[FAULT_IGNORE] != NULL)
    account_free (account);
}

/* A deleted account comes back: what was posted, over what is left of it. */
static json_t *
revived_document (const struct sim *sim, const struct account *old, json_t *posted)
{
  if (!sim->switches.revive_keeps)
    return json_incref (posted);
  json_t *document = account_document (old);
  json_object_del (document, "active");
  json_object_update (document, posted);
  return document;
}

static void
create_revived (struct request *request, struct account *old, json_t *posted)
{
  struct sim *sim = request->sim;
  struct problem problem;
  json_t *document = revived_document (sim, old, posted);
  if (json_object_get (document, "active") == NULL)
    json_object_set_new (document, "active", json_true ());
  memcpy (request->account, old->id, UUID_SIZE);
  if (user_rules (sim, document, old, &problem)) {
    user_commit (request, old, document, atoi (sim->switches.revive_status));
  } else {
    reply_problem (request, &problem);
  }
  json_decref (document);
}

void
user_create (struct request *request)
{
  struct sim *sim = request->sim;
  struct problem problem;
  json_t *document = request->json;
  if (!document_check (&sim->switches, &user_type, document, &problem)) {
    reply_problem (request, &problem);
    return;
  }
  user_cut (request, document);
  const char *name = json_string_value (json_object_get (document, "userName"));
  struct account *old = name != NULL ? store_by_name (&sim->store, name) : NULL;
  bool revive =
      old != NULL && old->state == STATE_DELETED && strcmp (sim->switches.revive, "new-id") != 0;
  user_defaults (sim, document, !revive);
  if (!user_rules (sim, document, NULL, &problem) ||
      !user_unique (sim, document, revive ? old : NULL, &problem))
    reply_problem (request, &problem);
  else if (revive && strcmp (sim->switches.revive, "conflict") == 0)
    reply_error (request, 409, "uniqueness", "User name already in use by deleted user");
  else if (revive)
    create_revived (request, old, document);
  else
    create_new (request, document);
}
