/* /users and /users/{id}: create, read, update, delete. */
#include <config.h>
#include "patch.h"
#include "user_change.h"

#include <stdlib.h>
#include <string.h>

static bool
visible (const struct account *account)
{
  return account->visible_from == 0 || account->visible_from <= clock_steady ();
}

/* What the request is about, or a reply of 404. */
static struct account *
account_wanted (struct request *request, bool reading)
{
  const struct switches *switches = &request->sim->switches;
  struct account *account = store_by_id (&request->sim->store, request->id);
  bool found = account != NULL && visible (account);
  if (found && account->state == STATE_DELETED)
    found = reading && switches->find_deleted;
  if (found && account->state == STATE_INACTIVE && reading)
    found = switches->find_inactive;
  if (found)
    return account;
  reply_error (request, 404, NULL, "User %.60s not found", request->id);
  return NULL;
}

static void
remove_id (struct buffer *text)
{
  json_t *object = json_loadb (text->data, text->length, 0, NULL);
  json_object_del (object, "id");
  text->length = 0;
  buffer_json (text, object);
  json_decref (object);
}

void
user_reply (struct request *request, int status, const struct account *account)
{
  struct reply *reply = &request->reply;
  struct projection projection;
  struct problem problem;
  if (!projection_read (request, &user_type, &projection, &problem)) {
    reply_problem (request, &problem);
    return;
  }
  struct buffer whole = {0};
  reply_reset (reply);
  reply->status = status;
  reply->content_type = "application/scim+json";
  user_write (request, account, &whole);
  projection_write (&projection, &whole, &reply->body);
  buffer_fini (&whole);
  reply_etag (reply, account->version);
  if (request->verb == VERB_POST && !request->faults[FAULT_NO_ID])
    reply->location = resource_location (request, "/users", account->id);
  if (request->faults[FAULT_NO_ID])
    remove_id (&reply->body);
}

static bool
clash (const struct account *holder, const struct account *self)
{
  return holder != NULL && holder != self && holder->state != STATE_DELETED;
}

/* User name and external ids must be nobody else's. */
bool
user_unique (const struct sim *sim, const json_t *document, const struct account *self,
             struct problem *problem)
{
  const char *name = json_string_value (json_object_get (document, "userName"));
  json_t *list = json_object_get (json_object_get (document, URN_GENESYS), "externalIds"), *one;
  size_t i;
  if (clash (store_by_name (&sim->store, name), self))
    return problem_set (problem, 409, "uniqueness", "User name already in use by non-deleted user");
  if (!sim->switches.external_id_unique)
    return true;
  json_array_foreach (list, i, one)
  {
    const char *authority = json_string_value (json_object_get (one, "authority"));
    const char *value = json_string_value (json_object_get (one, "value"));
    if (clash (store_by_external (&sim->store, authority, value), self))
      return problem_set (problem, 409, "uniqueness",
                          "External id \"%.100s\" of %.100s already in use by another user", value,
                          authority);
  }
  return true;
}

/* What the service did before it gave up: the profile, not the rest. */
void
user_cut (const struct request *request, json_t *document)
{
  const char *key;
  json_t *value;
  void *next;
  if (request->faults[FAULT_PARTIAL] == NULL || request->verb == VERB_PATCH)
    return;
  json_object_foreach_safe (document, next, key, value)
  {
    if (strcmp (key, "userName") != 0 && strcmp (key, "displayName") != 0 &&
        strcmp (key, "active") != 0 && strcmp (key, "externalId") != 0)
      json_object_del (document, key);
  }
}

/* Fault: lists keep their last value only. */
void
user_drop_values (json_t *document)
{
  const char *key;
  json_t *value;
  json_object_foreach (document, key, value)
  {
    while (json_is_array (value) && json_array_size (value) > 1 && strcmp (key, "schemas") != 0)
      json_array_remove (value, 0);
  }
}

/* Takes "active" out of a document. */
enum account_state
user_state_take (json_t *document, enum account_state otherwise)
{
  const json_t *active = json_object_get (document, "active");
  enum account_state state = active == NULL          ? otherwise
                             : json_is_true (active) ? STATE_ACTIVE
                                                     : STATE_INACTIVE;
  json_object_del (document, "active");
  return state;
}

/* Writes a checked document to the account, or only shows what would have been (fault "ignore"). */
void
user_commit (struct request *request, struct account *account, json_t *document, int status)
{
  struct sim *sim = request->sim;
  const struct fault *ignore = request->faults[FAULT_IGNORE];
  enum account_state state = user_state_take (document, account->state);
  if (request->faults[FAULT_DROP_VALUES])
    user_drop_values (document);
  if (ignore == NULL) {
    store_update (&sim->store, account, document, state, sim->switches.version_step);
    request->applied = true;
  } else if (ignore->echo) {
    struct account *shown = account_new (account->id);
    account_fill (shown, document);
    shown->state = state;
    shown->version = account->version + 1;
    user_reply (request, status, shown);
    account_free (shown);
    return;
  }
  user_reply (request, status, account);
}

/* Applies the operations; those after a fault's "keep" are left out. */
static bool
operations_apply (struct request *request, json_t *document, struct problem *problem)
{
  const struct switches *switches = &request->sim->switches;
  const struct fault *partial = request->faults[FAULT_PARTIAL];
  json_t *operations, *operation;
  size_t i;
  if (!patch_check (switches, request->json, &operations, problem))
    return false;
  json_array_foreach (operations, i, operation)
  {
    if (partial != NULL && (int64_t)i >= partial->keep)
      break;
    if (!patch_apply (switches, &user_type, document, operation, problem))
      return false;
  }
  return true;
}

static void
user_patch (struct request *request, struct account *account)
{
  const struct sim *sim = request->sim;
  struct problem problem;
  json_t *document = account_document (account);
  if (operations_apply (request, document, &problem) &&
      user_rules (sim, document, account, &problem) &&
      user_unique (sim, document, account, &problem))
    user_commit (request, account, document, 200);
  else
    reply_problem (request, &problem);
  json_decref (document);
}

static void
user_put (struct request *request, struct account *account)
{
  const struct sim *sim = request->sim;
  struct problem problem;
  json_t *document = json_incref (request->json);
  bool good = document_check (&sim->switches, &user_type, document, &problem);
  if (good) {
    user_cut (request, document);
    if (!sim->switches.put_clears || request->faults[FAULT_PARTIAL]) {
      json_t *kept = account_document (account);
      json_object_update (kept, document);
      json_decref (document);
      document = kept;
    }
    user_defaults (sim, document, false);
  }
  if (good && user_rules (sim, document, account, &problem) &&
      user_unique (sim, document, account, &problem))
    user_commit (request, account, document, 200);
  else
    reply_problem (request, &problem);
  json_decref (document);
}

/* Soft: roles, custom division, own extensions and external ids are gone, the rest is kept. */
static void
user_delete (struct request *request, struct account *account)
{
  struct sim *sim = request->sim;
  json_t *document = account_document (account);
  json_object_del (document, "active");
  json_object_del (document, "roles");
  json_object_del (document, "externalId");
  json_object_del (document, URN_GENESYS);
  json_object_del (json_object_get (document, URN_ENTERPRISE), "division");
  user_defaults (sim, document, false);
  document_schemas (&user_type, document);
  if (request->faults[FAULT_IGNORE] == NULL) {
    store_update (&sim->store, account, document, STATE_DELETED, sim->switches.version_step);
    request->applied = true;
  }
  json_decref (document);
  reply_reset (&request->reply);
  request->reply.status = atoi (sim->switches.delete_status);
  if (request->reply.status == 200)
    reply_json_take (request, 200, json_object ());
}

static void
user_write_handle (struct request *request)
{
  struct account *account = account_wanted (request, false);
  if (account == NULL || !version_admit (request, account->version))
    return;
  if (request->verb == VERB_PATCH)
    user_patch (request, account);
  else if (request->verb == VERB_PUT)
    user_put (request, account);
  else
    user_delete (request, account);
}

static void
user_read (struct request *request)
{
  struct account *account = account_wanted (request, true);
  if (account != NULL && !version_unchanged (request, account->version))
    user_reply (request, 200, account);
}

void
users_handle (struct request *request)
{
  if (request->id == NULL && request->verb == VERB_GET)
    users_list (request);
  else if (request->id == NULL && request->verb == VERB_POST)
    user_create (request);
  else if (request->id != NULL && request->verb == VERB_GET)
    user_read (request);
  else if (request->id != NULL && request->verb != VERB_POST && request->verb != VERB_OTHER)
    user_write_handle (request);
  else {
    reply_error (request, 405, "method.not.allowed", "%s is not allowed here", request->method);
    request->reply.allow = mem_copy (request->id == NULL ? "GET, POST" : "GET, PUT, PATCH, DELETE");
  }
}
