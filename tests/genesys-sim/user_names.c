/* Roles, skills, languages and divisions go by name, managers by id: what does not exist is
   refused, dropped or accepted, as the switches say. */
#include <config.h>
#include "user.h"

#include <stdio.h>
#include <string.h>

const char *const name_names[NAME_KINDS] = {"roles", "skills", "languages", "divisions"};

/* true: keep it; false with problem->status 0: drop it. */
static bool
judge (const char *policy, bool exists, const char *what, const char *name, struct problem *problem)
{
  problem->status = 0;
  if (exists || strcmp (policy, "accept") == 0)
    return true;
  if (strcmp (policy, "drop") == 0)
    return false;
  return problem_set (problem, 400, "invalidValue", "%s: there is no \"%.100s\"", what, name);
}

static bool
list_judge (const struct sim *sim, json_t *holder, const char *attribute, const char *part,
            enum name_kind kind, struct problem *problem)
{
  json_t *list = json_object_get (holder, attribute);
  for (size_t i = json_array_size (list); i-- > 0;) {
    const char *name = json_string_value (json_object_get (json_array_get (list, i), part));
    bool exists = name != NULL && json_object_get (sim->names[kind], name) != NULL;
    if (judge (sim->switches.unknown_names, exists, attribute, name != NULL ? name : "", problem))
      continue;
    if (problem->status != 0)
      return false;
    json_array_remove (list, i);
  }
  if (list != NULL && json_array_size (list) == 0)
    json_object_del (holder, attribute);
  return true;
}

bool
user_names (const struct sim *sim, json_t *document, struct problem *problem)
{
  json_t *genesys = json_object_get (document, URN_GENESYS);
  json_t *enterprise = json_object_get (document, URN_ENTERPRISE);
  const char *division = json_string_value (json_object_get (enterprise, "division"));
  if (!list_judge (sim, document, "roles", "value", NAME_ROLE, problem) ||
      !list_judge (sim, genesys, "routingSkills", "name", NAME_SKILL, problem) ||
      !list_judge (sim, genesys, "routingLanguages", "name", NAME_LANGUAGE, problem))
    return false;
  if (division == NULL || judge (sim->switches.unknown_names,
                                 json_object_get (sim->names[NAME_DIVISION], division) != NULL,
                                 "division", division, problem))
    return true;
  if (problem->status != 0)
    return false;
  json_object_del (enterprise, "division");
  return true;
}

bool
user_references (const struct sim *sim, json_t *document, struct problem *problem)
{
  json_t *enterprise = json_object_get (document, URN_ENTERPRISE);
  json_t *manager = json_object_get (enterprise, "manager");
  const char *id = json_string_value (json_object_get (manager, "value"));
  char reference[80];
  if (manager == NULL)
    return true;
  if (id == NULL) {
    json_object_del (enterprise, "manager");
    return true;
  }
  const struct account *account = store_by_id (&sim->store, id);
  bool exists = account != NULL && account->state != STATE_DELETED;
  if (!judge (sim->switches.unknown_references, exists, "manager", id, problem)) {
    json_object_del (enterprise, "manager");
    return problem->status == 0;
  }
  snprintf (reference, sizeof reference, "/api/v2/scim/v2/users/%.36s", id);
  json_object_set_new (manager, "$ref", json_string (reference));
  return true;
}

void
user_defaults (const struct sim *sim, json_t *document, bool roles)
{
  json_t *enterprise = json_object_get (document, URN_ENTERPRISE);
  const char *role = sim->switches.default_role, *division = sim->switches.default_division;
  if (roles && *role != '\0' && json_object_get (document, "roles") == NULL)
    json_object_set_new (document, "roles", json_pack ("[{s:s}]", "value", role));
  if (*division == '\0' || json_object_get (enterprise, "division") != NULL)
    return;
  if (enterprise == NULL)
    json_object_set_new (document, URN_ENTERPRISE, enterprise = json_object ());
  json_object_set_new (enterprise, "division", json_string (division));
}

void
names_reset (struct sim *sim)
{
  static const char *const initial[NAME_KINDS][6] = {
      {"employee", "admin", "supervisor", "agent", NULL},
      {"Support", "Sales", NULL},
      {"English", "German", "French", NULL},
      {"Home", NULL},
  };
  for (int kind = 0; kind < NAME_KINDS; kind++) {
    json_decref (sim->names[kind]);
    sim->names[kind] = json_object ();
    for (size_t i = 0; initial[kind][i] != NULL; i++)
      json_object_set_new (sim->names[kind], initial[kind][i], json_true ());
  }
}

bool
names_add (struct sim *sim, const json_t *object, struct problem *problem)
{
  for (int kind = 0; kind < NAME_KINDS; kind++) {
    const json_t *list = json_object_get (object, name_names[kind]);
    for (size_t i = 0; i < json_array_size (list); i++) {
      const char *name = json_string_value (json_array_get (list, i));
      if (name == NULL)
        return problem_set (problem, 400, NULL, "%s must be a list of strings", name_names[kind]);
      json_object_set_new (sim->names[kind], name, json_true ());
    }
  }
  return true;
}
