/* /_sim/users: dumping, seeding and purging accounts. Seeds are believed, not checked as a client's
   documents are. */
#include <config.h>
#include "user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GENERATE_MAX 5000000

static enum account_state
seed_state (const json_t *seed, enum account_state otherwise)
{
  const char *name = json_string_value (json_object_get (seed, "state"));
  const json_t *active = json_object_get (seed, "active");
  for (int state = 0; name != NULL && state < STATES; state++)
    if (strcmp (name, state_names[state]) == 0)
      return (enum account_state)state;
  return active == NULL ? otherwise : json_is_true (active) ? STATE_ACTIVE : STATE_INACTIVE;
}

/* Makes a seed a document: without what the account keeps elsewhere, with what is always there. */
static json_t *
seed_document (const struct sim *sim, const json_t *seed, const struct account *old)
{
  static const char *const elsewhere[] = {"id", "state", "active", "meta", "groups", "password"};
  struct switches lenient = {0};
  struct sim rules = *sim;
  struct problem problem;
  json_t *copy = json_deep_copy (seed), *document = old != NULL ? account_document (old) : copy;
  rules.switches = lenient;
  rules.switches.other_email = (char *)(uintptr_t) "ignore";
  rules.switches.unknown_names = rules.switches.unknown_references = (char *)(uintptr_t) "accept";
  for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
    json_object_del (copy, elsewhere[i]);
  if (old != NULL) {
    json_object_del (document, "active");
    json_object_update (document, copy);
    json_decref (copy);
  }
  if (document_check (&rules.switches, &user_type, document, &problem) &&
      user_rules (&rules, document, old, &problem))
    return document;
  json_decref (document);
  return NULL;
}

static bool
seed_one (struct sim *sim, const json_t *seed, struct problem *problem)
{
  const char *id = json_string_value (json_object_get (seed, "id"));
  const char *name = json_string_value (json_object_get (seed, "userName"));
  struct account *account = id != NULL ? store_by_id (&sim->store, id) : NULL;
  struct account *holder = name != NULL ? store_by_name (&sim->store, name) : NULL;
  enum account_state state = seed_state (seed, account != NULL ? account->state : STATE_ACTIVE);
  if (holder != NULL && holder != account && holder->state != STATE_DELETED &&
      state != STATE_DELETED)
    return problem_set (problem, 409, NULL, "the user name \"%.100s\" is taken", name);
  json_t *document = seed_document (sim, seed, account);
  if (document == NULL)
    return problem_set (problem, 400, NULL, "\"%.100s\" cannot be an account",
                        name != NULL ? name : "(no userName)");
  if (account != NULL) {
    store_update (&sim->store, account, document, state, sim->switches.version_step);
  } else {
    account = account_new (id);
    account->state = state;
    account_fill (account, document);
    store_insert (&sim->store, account);
  }
  json_decref (document);
  return true;
}

/* {"generate": N, "start": 0, "prefix": "user", "domain": "example.com", "external": "ext-"} */
static bool
generate (struct sim *sim, const json_t *message, size_t *ret_count, struct problem *problem)
{
  const char *prefix = json_string_value (json_object_get (message, "prefix"));
  const char *domain = json_string_value (json_object_get (message, "domain"));
  const char *external = json_string_value (json_object_get (message, "external"));
  json_int_t start = json_integer_value (json_object_get (message, "start"));
  json_int_t many = json_integer_value (json_object_get (message, "generate"));
  bool good = (many > 0 && many <= GENERATE_MAX) ||
              problem_set (problem, 400, NULL, "generate is 1 to %d", GENERATE_MAX);
  for (json_int_t i = start; good && i < start + many; i++) {
    char name[256], display[64], key[128];
    snprintf (name, sizeof name, "%.60s%lld@%.150s", prefix != NULL ? prefix : "user", (long long)i,
              domain != NULL ? domain : "example.com");
    snprintf (display, sizeof display, "User %lld", (long long)i);
    snprintf (key, sizeof key, "%.60s%lld", external != NULL ? external : "", (long long)i);
    json_t *seed = json_pack ("{s:s, s:s}", "userName", name, "displayName", display);
    if (external != NULL)
      json_object_set_new (seed, "externalId", json_string (key));
    good = seed_one (sim, seed, problem);
    *ret_count += good;
    json_decref (seed);
  }
  return good;
}

bool
control_seed (struct sim *sim, const json_t *message, size_t *ret_count, struct problem *problem)
{
  const json_t *list = json_is_array (message) ? message : json_object_get (message, "users");
  size_t i;
  json_t *seed;
  *ret_count = 0;
  if (json_object_get (message, "generate") != NULL)
    return generate (sim, message, ret_count, problem);
  if (!json_is_array (list))
    return problem_set (problem, 400, NULL, "\"users\" must be a JSON array");
  json_array_foreach ((json_t *)(uintptr_t)list, i, seed)
  {
    if (!seed_one (sim, seed, problem))
      return false;
    ++*ret_count;
  }
  return true;
}

static void
dump_one (const struct request *request, const struct account *account, struct buffer *out)
{
  buffer_format (out, "{\"state\":\"%s\",\"resource\":", state_names[account->state]);
  user_write (request, account, out);
  buffer_text (out, "}");
}

static void
dump (struct request *request)
{
  const struct store *store = &request->sim->store;
  const char *name = request_argument (request, "userName");
  struct buffer *out = &request->reply.body;
  char *folded = name != NULL ? text_fold (name) : NULL;
  size_t written = 0;
  request->reply.status = 200;
  buffer_text (out, "{\"users\":[");
  for (size_t i = 0; i < store->count; i++) {
    const struct account *account = store->accounts[i];
    if (account == NULL || (folded != NULL && strcmp (folded, account->folded) != 0))
      continue;
    buffer_text (out, written++ > 0 ? "," : "");
    dump_one (request, account, out);
  }
  buffer_text (out, "]}");
  free (folded);
}

static void
purge (struct request *request, const char *id)
{
  struct store *store = &request->sim->store;
  struct account *account = *id != '\0' ? store_by_id (store, id) : NULL;
  if (account != NULL)
    store_purge (store, account);
  else if (*id == '\0')
    store_clear (store);
  reply_json_take (request, account != NULL || *id == '\0' ? 200 : 404, json_object ());
}

void
control_users (struct request *request)
{
  struct problem problem;
  size_t count = 0;
  const char *id = strchr (request->id, '/');
  if (request->verb == VERB_GET)
    dump (request);
  else if (request->verb == VERB_DELETE)
    purge (request, id != NULL ? id + 1 : "");
  else if (control_seed (request->sim, request->json, &count, &problem))
    reply_json_take (request, 200, json_pack ("{s:I}", "seeded", (json_int_t)count));
  else
    reply_json_take (
        request, problem.status,
        json_pack ("{s:s, s:I}", "error", problem.detail, "seeded", (json_int_t)count));
}
