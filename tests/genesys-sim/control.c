/* /_sim/…: the control interface. It needs no token and is not logged. */
#include <config.h>
#include "user.h"

#include <stdlib.h>
#include <string.h>

static void
control_error (struct request *request, int status, const char *message)
{
  reply_json_take (request, status, json_pack ("{s:s}", "error", message));
}

static void
control_wrong_method (struct request *request)
{
  control_error (request, 405, "this method does nothing here");
}

static uint64_t
number_argument (const struct request *request, const char *name, uint64_t initial)
{
  const char *text = request_argument (request, name);
  return text != NULL ? strtoull (text, NULL, 10) : initial;
}

static void
control_log (struct request *request)
{
  struct log *log = &request->sim->log;
  if (request->verb == VERB_DELETE) {
    log_clear (log);
    reply_json_take (request, 200, json_object ());
  } else {
    request->reply.status = 200;
    request->reply.content_type = "application/json";
    log_dump (log, number_argument (request, "from", 0),
              number_argument (request, "limit", SIZE_MAX), &request->reply.body);
  }
}

static bool
faults_add_all (struct request *request, json_t *ids, struct problem *problem)
{
  struct faults *faults = &request->sim->faults;
  json_t *list = json_is_array (request->json) ? json_incref (request->json)
                                               : json_pack ("[O]", request->json),
         *one;
  size_t i;
  bool good = list != NULL || problem_set (problem, 400, NULL, "the body is no JSON");
  json_array_foreach (list, i, one)
  {
    uint64_t id = 0;
    good = good && faults_add (faults, one, &id, problem);
    json_array_append_new (ids, json_integer ((json_int_t)id));
  }
  json_decref (list);
  return good;
}

static void
control_faults (struct request *request, const char *id)
{
  struct sim *sim = request->sim;
  struct problem problem;
  json_t *ids = json_array ();
  if (request->verb == VERB_DELETE && *id != '\0') {
    if (faults_remove (&sim->faults, strtoull (id, NULL, 10)))
      reply_json_take (request, 200, json_object ());
    else
      control_error (request, 404, "there is no such fault");
  } else if (request->verb == VERB_GET || request->verb == VERB_DELETE) {
    if (request->verb == VERB_DELETE)
      faults_clear (&sim->faults);
    reply_json_take (request, 200, json_pack ("{s:o}", "faults", faults_dump (&sim->faults)));
  } else {
    if (request->verb == VERB_PUT)
      faults_clear (&sim->faults);
    if (faults_add_all (request, ids, &problem))
      reply_json_take (request, 200, json_pack ("{s:O}", "ids", ids));
    else
      control_error (request, problem.status, problem.detail);
  }
  json_decref (ids);
}

static void
control_switches (struct request *request)
{
  struct sim *sim = request->sim;
  struct problem problem;
  if (request->verb != VERB_GET &&
      (!json_is_object (request->json)
           ? !problem_set (&problem, 400, NULL, "the body must be a JSON object")
           : !switches_set_json (&sim->switches, request->json, &problem))) {
    control_error (request, problem.status, problem.detail);
    return;
  }
  reply_json_take (request, 200, switches_get (&sim->switches));
}

static json_t *
tokens_dump (const struct tokens *tokens)
{
  json_t *list = json_array ();
  for (size_t i = 0; i < tokens->count; i++) {
    const struct token *token = tokens->all[i];
    json_array_append_new (list, json_pack ("{s:s, s:b, s:b, s:I, s:I}", "token", token->text,
                                            "revoked", token->revoked, "expired", token->expired,
                                            "ageMs", (json_int_t)(clock_steady () - token->issued),
                                            "used", (json_int_t)token->window.used));
  }
  return list;
}

static void
control_tokens (struct request *request)
{
  struct tokens *tokens = &request->sim->tokens;
  if (request->verb == VERB_DELETE)
    tokens_revoke (tokens, request_argument (request, "expire") != NULL);
  reply_json_take (request, 200, json_pack ("{s:o}", "tokens", tokens_dump (tokens)));
}

static void
control_groups (struct request *request)
{
  struct sim *sim = request->sim;
  struct problem problem;
  const json_t *list = json_object_get (request->json, "groups");
  if (request->verb == VERB_DELETE || request->verb == VERB_PUT)
    groups_clear (&sim->groups);
  if ((request->verb == VERB_POST || request->verb == VERB_PUT) &&
      !groups_load (&sim->groups, list, &problem))
    control_error (request, problem.status, problem.detail);
  else
    reply_json_take (request, 200, json_pack ("{s:o}", "groups", groups_dump (&sim->groups)));
}

static void
control_names (struct request *request)
{
  struct sim *sim = request->sim;
  struct problem problem;
  json_t *object = json_object ();
  if (request->verb != VERB_GET && !names_add (sim, request->json, &problem)) {
    control_error (request, problem.status, problem.detail);
    json_decref (object);
    return;
  }
  for (int kind = 0; kind < NAME_KINDS; kind++) {
    const char *name;
    json_t *value, *list = json_array ();
    json_object_foreach (sim->names[kind], name, value)
        json_array_append_new (list, json_string (name));
    json_object_set_new (object, name_names[kind], list);
  }
  reply_json_take (request, 200, object);
}

static bool
wanted (const json_t *only, const char *part)
{
  for (size_t i = 0; i < json_array_size (only); i++) {
    const char *text = json_string_value (json_array_get (only, i));
    if (text != NULL && strcmp (text, part) == 0)
      return true;
  }
  return only == NULL;
}

void
control_reset (struct sim *sim, const json_t *only)
{
  struct problem problem;
  if (wanted (only, "users"))
    store_clear (&sim->store);
  if (wanted (only, "groups")) {
    groups_clear (&sim->groups);
    if (sim->group_fixture != NULL)
      groups_load (&sim->groups, sim->group_fixture, &problem);
  }
  if (wanted (only, "names"))
    names_reset (sim);
  if (wanted (only, "tokens"))
    tokens_clear (&sim->tokens);
  if (wanted (only, "faults"))
    faults_clear (&sim->faults);
  if (wanted (only, "switches"))
    switches_copy (&sim->switches, &sim->initial);
  if (wanted (only, "log"))
    log_clear (&sim->log);
  if (wanted (only, "stats"))
    sim->stats = (struct stats){0};
}

static void
control_reset_handle (struct request *request)
{
  if (request->verb != VERB_POST) {
    control_wrong_method (request);
    return;
  }
  control_reset (request->sim, json_object_get (request->json, "only"));
  reply_json_take (request, 200, json_object ());
}

void
control_handle (struct request *request)
{
  const char *name = request->id;
  size_t length = strcspn (name, "/");
  const char *rest = name[length] == '/' ? name + length + 1 : "";
  bool body = request->verb == VERB_POST || request->verb == VERB_PUT;
#define IS(word) (length == sizeof word - 1 && strncmp (name, word, length) == 0)
  if (body && request->body.length > 0 && request->json == NULL)
    control_error (request, request->too_large ? 413 : 400,
                   request->too_large ? "the body is too large" : "the body is no JSON");
  else if (IS ("log"))
    control_log (request);
  else if (IS ("users"))
    control_users (request);
  else if (IS ("reset"))
    control_reset_handle (request);
  else if (IS ("faults"))
    control_faults (request, rest);
  else if (IS ("switches"))
    control_switches (request);
  else if (IS ("stats"))
    reply_json_take (request, 200, stats_dump (request->sim));
  else if (IS ("tokens"))
    control_tokens (request);
  else if (IS ("groups"))
    control_groups (request);
  else if (IS ("names"))
    control_names (request);
  else
    control_error (request, 404, "no such part of the control interface");
#undef IS
  request->reply.content_type = "application/json";
}
