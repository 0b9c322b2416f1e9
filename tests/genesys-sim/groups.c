/* /groups: read and update; groups are made by administrators (a fixture), never through SCIM. */
#include <config.h>
#include "groups.h"
#include "patch.h"
#include "user.h"

#include <stdlib.h>
#include <string.h>

static json_t *
group_document (const struct group *group)
{
  json_t *document = json_pack ("{s:[s], s:s}", "schemas", URN_GROUP, "displayName", group->name);
  json_t *members = json_array (), *type;
  const char *id;
  if (group->external_id != NULL)
    json_object_set_new (document, "externalId", json_string (group->external_id));
  json_object_foreach (group->members, id, type)
  {
    char reference[100];
    bool nested = strcmp (json_string_value (type), "Group") == 0;
    snprintf (reference, sizeof reference, "/api/v2/scim/v2/%s/%.36s", nested ? "groups" : "users",
              id);
    json_array_append_new (
        members, json_pack ("{s:s, s:O, s:s}", "value", id, "type", type, "$ref", reference));
  }
  if (json_array_size (members) > 0)
    json_object_set (document, "members", members);
  json_decref (members);
  return document;
}

void
group_write (const struct request *request, const struct group *group, struct buffer *out)
{
  char modified[TIME_SIZE], version[24];
  char *location = resource_location (request, "/groups", group->id);
  json_t *document = group_document (group);
  clock_format (group->modified, modified);
  snprintf (version, sizeof version, "%llu", (unsigned long long)group->version);
  json_object_set_new (document, "id", json_string (group->id));
  json_object_set_new (document, "meta",
                       json_pack ("{s:s, s:s, s:s, s:s}", "resourceType", "Group", "lastModified",
                                  modified, "location", location, "version", version));
  buffer_json (out, document);
  json_decref (document);
  free (location);
}

void
groups_of (const struct groups *groups, const char *id, struct buffer *out)
{
  size_t found = 0;
  for (size_t i = 0; i < groups->count; i++) {
    const struct group *group = groups->all[i];
    if (json_object_get (group->members, id) == NULL)
      continue;
    buffer_format (out,
                   "%s{\"value\":\"%s\",\"type\":\"direct\","
                   "\"$ref\":\"/api/v2/scim/v2/groups/%s\"}",
                   found++ == 0 ? ",\"groups\":[" : ",", group->id, group->id);
  }
  if (found > 0)
    buffer_text (out, "]");
}

static void
group_free (struct group *group)
{
  free (group->name);
  free (group->external_id);
  json_decref (group->members);
  free (group);
}

void
groups_clear (struct groups *groups)
{
  for (size_t i = 0; i < groups->count; i++)
    group_free (groups->all[i]);
  free (groups->all);
  table_fini (&groups->by_id);
  *groups = (struct groups){0};
}

static void
group_add (struct groups *groups, const json_t *one)
{
  const char *id = json_string_value (json_object_get (one, "id"));
  const char *external = json_string_value (json_object_get (one, "externalId"));
  const json_t *members = json_object_get (one, "members");
  struct group *group = mem_new (sizeof *group);
  random_uuid (group->id);
  if (id != NULL && strlen (id) < UUID_SIZE)
    strcpy (group->id, id);
  group->name = mem_copy (json_string_value (json_object_get (one, "displayName")));
  group->external_id = external != NULL ? mem_copy (external) : NULL;
  group->members = json_object ();
  for (size_t i = 0; i < json_array_size (members); i++) {
    const json_t *member = json_array_get (members, i);
    const char *value = json_string_value (json_object_get (member, "value"));
    if (value != NULL)
      json_object_set_new (group->members, value, json_string ("User"));
  }
  group->version = 1;
  group->modified = clock_wall ();
  groups->all = mem_resize (groups->all, (groups->count + 1) * sizeof *groups->all);
  groups->all[groups->count++] = group;
  table_put (&groups->by_id, group->id, group);
}

bool
groups_load (struct groups *groups, const json_t *list, struct problem *problem)
{
  if (!json_is_array (list))
    return problem_set (problem, 400, NULL, "groups must be a JSON array");
  for (size_t i = 0; i < json_array_size (list); i++)
    if (!json_is_string (json_object_get (json_array_get (list, i), "displayName")))
      return problem_set (problem, 400, NULL, "group %zu has no displayName", i);
  for (size_t i = 0; i < json_array_size (list); i++)
    group_add (groups, json_array_get (list, i));
  return true;
}

json_t *
groups_dump (const struct groups *groups)
{
  json_t *list = json_array ();
  for (size_t i = 0; i < groups->count; i++) {
    json_t *document = group_document (groups->all[i]);
    json_object_set_new (document, "id", json_string (groups->all[i]->id));
    json_array_append_new (list, document);
  }
  return list;
}

static void
reply_group (struct request *request, const struct group *group)
{
  struct projection projection;
  struct problem problem;
  struct buffer whole = {0};
  if (!projection_read (request, &group_type, &projection, &problem)) {
    reply_problem (request, &problem);
    return;
  }
  reply_reset (&request->reply);
  request->reply.status = 200;
  request->reply.content_type = "application/scim+json";
  group_write (request, group, &whole);
  projection_write (&projection, &whole, &request->reply.body);
  buffer_fini (&whole);
  reply_etag (&request->reply, group->version);
}

/* The members of a document as the group keeps them; NULL and a problem where one is unknown. */
static json_t *
members_read (const struct sim *sim, const json_t *list, struct problem *problem)
{
  json_t *members = json_object (), *item;
  size_t i;
  json_array_foreach ((json_t *)(uintptr_t)list, i, item)
  {
    const char *id = json_string_value (json_object_get (item, "value"));
    const struct account *account = id != NULL ? store_by_id (&sim->store, id) : NULL;
    bool user = account != NULL && account->state != STATE_DELETED;
    bool group = id != NULL && table_find (&sim->groups.by_id, id) != NULL;
    const char *policy = sim->switches.unknown_references;
    if (id != NULL && (user || group || strcmp (policy, "accept") == 0)) {
      json_object_set_new (members, id, json_string (group ? "Group" : "User"));
    } else if (strcmp (policy, "drop") != 0) {
      problem_set (problem, 400, "invalidValue", "members: there is no \"%.60s\"",
                   id != NULL ? id : "");
      json_decref (members);
      return NULL;
    }
  }
  return members;
}

static bool
group_set (const struct sim *sim, struct group *group, const json_t *document,
           struct problem *problem)
{
  const char *name = json_string_value (json_object_get (document, "displayName"));
  const char *external = json_string_value (json_object_get (document, "externalId"));
  if (name == NULL || *name == '\0')
    return problem_set (problem, 400, "invalidValue", "displayName is required");
  json_t *members = members_read (sim, json_object_get (document, "members"), problem);
  if (members == NULL)
    return false;
  bool same =
      strcmp (name, group->name) == 0 && json_equal (members, group->members) &&
      (external == NULL ? group->external_id == NULL
                        : group->external_id != NULL && strcmp (external, group->external_id) == 0);
  free (group->name);
  free (group->external_id);
  json_decref (group->members);
  group->name = mem_copy (name);
  group->external_id = external != NULL ? mem_copy (external) : NULL;
  group->members = members;
  if (!same) {
    group->version += (uint64_t)sim->switches.version_step;
    group->modified = clock_wall ();
  }
  return true;
}

static bool
operations_apply (const struct request *request, json_t *document, struct problem *problem)
{
  const struct switches *switches = &request->sim->switches;
  json_t *operations, *operation;
  size_t i;
  if (!patch_check (switches, request->json, &operations, problem))
    return false;
  json_array_foreach (operations, i, operation)
  {
    size_t named = json_array_size (json_object_get (operation, "value"));
    if (switches->members_max > 0 && (int64_t)named > switches->members_max)
      return problem_set (problem, 400, "tooMany", "at most %lld members in one operation",
                          (long long)switches->members_max);
    if (!patch_apply (switches, &group_type, document, operation, problem))
      return false;
  }
  return true;
}

static void
group_change (struct request *request, struct group *group)
{
  const struct sim *sim = request->sim;
  struct problem problem;
  bool patch = request->verb == VERB_PATCH;
  json_t *document = patch ? group_document (group) : json_incref (request->json);
  if (patch ? operations_apply (request, document, &problem)
            : document_check (&sim->switches, &group_type, document, &problem)) {
    if (group_set (sim, group, document, &problem)) {
      request->applied = true;
      reply_group (request, group);
    } else {
      reply_problem (request, &problem);
    }
  } else {
    reply_problem (request, &problem);
  }
  json_decref (document);
}

static void
group_one (struct request *request)
{
  struct group *group = table_find (&request->sim->groups.by_id, request->id);
  if (group == NULL)
    reply_error (request, 404, NULL, "Group %.60s not found", request->id);
  else if (request->verb == VERB_GET) {
    if (!version_unchanged (request, group->version))
      reply_group (request, group);
  } else if (version_admit (request, group->version))
    group_change (request, group);
}

void
groups_handle (struct request *request)
{
  bool one = request->id != NULL;
  if (!one && request->verb == VERB_GET)
    groups_list (request);
  else if (one &&
           (request->verb == VERB_GET || request->verb == VERB_PUT || request->verb == VERB_PATCH))
    group_one (request);
  else {
    int status = atoi (request->sim->switches.group_write_status);
    reply_error (request, status, status == 405 ? "method.not.allowed" : "not.found",
                 "%s is not allowed here: groups are made by an administrator", request->method);
    request->reply.allow = mem_copy (one ? "GET, PUT, PATCH" : "GET");
  }
}
