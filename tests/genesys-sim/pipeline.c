/* From a request that has arrived whole to its reply: routing, gates, faults, work, log. */
#include <config.h>
#include "sim.h"
#include "filter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
  const char *name;
  enum resource resource;
} resources[] = {
    {"users", RESOURCE_USERS},
    {"groups", RESOURCE_GROUPS},
    {"serviceproviderconfig", RESOURCE_SERVICE},
    {"resourcetypes", RESOURCE_TYPES},
    {"schemas", RESOURCE_SCHEMAS},
};

static bool
lead (const char **path, const char *prefix)
{
  size_t length = strlen (prefix);
  if (strncmp (*path, prefix, length) != 0)
    return false;
  *path += length;
  return true;
}

/* …/users or …/users/ID */
static void
route_resource (struct request *request, const char *rest)
{
  size_t length = strcspn (rest, "/");
  const char *id = rest[length] == '/' && rest[length + 1] != '\0' ? rest + length + 1 : NULL;
  if (id != NULL && strchr (id, '/') != NULL)
    return;
  for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
    if (strlen (resources[i].name) == length && strncasecmp (resources[i].name, rest, length) == 0)
      request->resource = resources[i].resource;
  if (request->resource == RESOURCE_SERVICE && id != NULL)
    request->resource = RESOURCE_NONE;
  request->id = id;
}

void
request_route (struct request *request)
{
  const char *rest = request->path;
  request->resource = RESOURCE_NONE;
  if (lead (&rest, "/_sim/")) {
    request->resource = RESOURCE_CONTROL;
    request->id = rest;
  } else if (strcmp (rest, "/oauth/token") == 0) {
    request->resource = RESOURCE_TOKEN;
  } else if (lead (&rest, "/api/v2/scim/v2/") ||
             (request->sim->switches.bare_path && lead (&rest, "/scim/v2/"))) {
    request->v2 = true;
    route_resource (request, rest);
  } else if (lead (&rest, "/api/v2/scim/")) {
    route_resource (request, rest);
  }
}

static enum request_kind
kind_of (const struct request *request)
{
  static const enum request_kind writes[] = {KIND_READ,   KIND_CREATE, KIND_UPDATE,
                                             KIND_UPDATE, KIND_DELETE, KIND_OTHER};
  if (request->resource == RESOURCE_TOKEN)
    return KIND_TOKEN;
  if (request->resource == RESOURCE_NONE)
    return KIND_OTHER;
  if (request->resource == RESOURCE_GROUPS)
    return KIND_GROUP;
  if (request->resource != RESOURCE_USERS)
    return KIND_DISCOVERY;
  if (request->verb == VERB_GET && request->id == NULL)
    return request_argument (request, "filter") != NULL ? KIND_FIND : KIND_LIST;
  return writes[request->verb];
}

static void
known_set (char **at, const char *text)
{
  if (*at == NULL && text != NULL && *text != '\0')
    *at = mem_copy (text);
}

static void
known_from_filter (struct request *request, const char *text)
{
  struct problem problem;
  struct filter *filter = filter_parse (text, true, &problem);
  const char *value =
      filter != NULL && filter->value != NULL ? json_string_value (filter->value) : NULL;
  if (value != NULL && strcasecmp (filter->attribute, "userName") == 0)
    known_set (&request->user_name, value);
  else if (value != NULL && strcasecmp (filter->attribute, "externalId") == 0)
    known_set (&request->external_id, value);
  filter_free (filter);
}

/* Whom the request is about, for the log and for faults that wait for somebody. */
static void
known_find (struct request *request)
{
  const struct account *account = NULL;
  const char *filter = request->verb == VERB_GET ? request_argument (request, "filter") : NULL;
  if (request->resource != RESOURCE_USERS)
    return;
  if (request->id != NULL)
    account = store_by_id (&request->sim->store, request->id);
  if (account != NULL) {
    known_set (&request->user_name, account->user_name);
    known_set (&request->external_id, account_external_id (account));
    memcpy (request->account, account->id, UUID_SIZE);
  }
  known_set (&request->user_name, json_string_value (json_object_get (request->json, "userName")));
  known_set (&request->external_id,
             json_string_value (json_object_get (request->json, "externalId")));
  if (filter != NULL)
    known_from_filter (request, filter);
}

static bool
type_is_json (const char *type)
{
  static const char *const types[] = {"application/scim+json", "application/json"};
  for (size_t i = 0; i < 2; i++) {
    size_t length = strlen (types[i]);
    if (strncasecmp (type, types[i], length) == 0 && strchr ("; ", type[length]) != NULL)
      return true;
  }
  return false;
}

static bool
accept_fits (const char *accept)
{
  return accept == NULL || strstr (accept, "*/*") != NULL ||
         strstr (accept, "application/*") != NULL ||
         strcasestr (accept, "application/scim+json") != NULL ||
         strcasestr (accept, "application/json") != NULL;
}

/* What the gateway and the parser refuse before anything is looked at. */
static bool
form_admit (struct request *request)
{
  const struct switches *switches = &request->sim->switches;
  const char *type = request_header (request, "Content-Type");
  bool body =
      request->verb == VERB_POST || request->verb == VERB_PUT || request->verb == VERB_PATCH;
  if (request->too_large)
    reply_error (request, 413, "request.entity.too.large",
                 "the body is over the maximum of %lld bytes", (long long)switches->max_body);
  else if (request->resource == RESOURCE_NONE)
    reply_error (request, 404, "not.found", "there is nothing at %.200s", request->path);
  else if (switches->strict_content_type && !accept_fits (request_header (request, "Accept")))
    reply_error (request, 406, "not.acceptable", "replies are application/scim+json");
  else if (body && switches->strict_content_type && (type == NULL || !type_is_json (type)))
    reply_error (request, 415, "unsupported.media.type",
                 "the body must be application/scim+json or application/json");
  else if (body && request->resource == RESOURCE_USERS && request->json == NULL)
    reply_error (request, 400, "invalidSyntax", "the body is no JSON");
  else if (body && request->resource == RESOURCE_GROUPS && request->id && request->json == NULL)
    reply_error (request, 400, "invalidSyntax", "the body is no JSON");
  else
    return true;
  return false;
}

static void
work (struct request *request)
{
  switch (request->resource) {
  case RESOURCE_TOKEN:
    token_handle (request);
    break;
  case RESOURCE_USERS:
    users_handle (request);
    break;
  case RESOURCE_GROUPS:
    groups_handle (request);
    break;
  default:
    discovery_handle (request);
    break;
  }
}

static void
body_parse (struct request *request)
{
  if (request->body.length > 0 && !request->too_large && request->resource != RESOURCE_TOKEN)
    request->json = json_loadb (request->body.data, request->body.length,
                                JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
}

static void
latency_add (struct request *request)
{
  const struct switches *switches = &request->sim->switches;
  request->delay += switches->latency;
  if (switches->latency_jitter > 0)
    request->delay +=
        (int64_t)(random_next (&request->sim->dice) % (uint64_t)(switches->latency_jitter + 1));
}

static void
service_process (struct request *request)
{
  request->kind = kind_of (request);
  body_parse (request);
  known_find (request);
  bool token = request->resource == RESOURCE_TOKEN;
  if (!token && (!token_admit (request) || !limiter_admit (request)))
    return;
  faults_select (request);
  if (faults_before (request))
    return;
  if (token || form_admit (request))
    work (request);
  faults_after (request);
}

void
request_process (struct request *request)
{
  struct sim *sim = request->sim;
  request_route (request);
  request->fault = -1;
  request->rate_allowed = -1;
  reply_reset (&request->reply);
  random_uuid (request->correlation);
  if (request->resource == RESOURCE_CONTROL) {
    body_parse (request);
    control_handle (request);
    return;
  }
  request->number = ++sim->requests;
  service_process (request);
  latency_add (request);
  bool told = sim->switches.rate_told && request->resource != RESOURCE_TOKEN;
  if (request->token != NULL && told) {
    request->rate_allowed = sim->switches.rate_limit;
    limiter_state (request, &request->rate_used, &request->rate_reset);
  }
  log_add (request);
}
