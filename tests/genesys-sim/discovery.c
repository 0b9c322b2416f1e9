/* /serviceproviderconfig, /resourcetypes, /schemas. */
#include <config.h>
#include "user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void
service_handle (struct request *request)
{
  json_t *scheme =
      json_pack ("{s:s, s:s, s:s, s:s}", "type", "oauthbearertoken", "name", "OAuth Bearer Token",
                 "description", "A token of a client-credentials grant", "specUri",
                 "https://www.rfc-editor.org/info/rfc6750");
  if (version_unchanged (request, 1)) {
    json_decref (scheme);
    return;
  }
  reply_json_take (
      request, 200,
      json_pack ("{s:[s], s:s, s:{s:b}, s:{s:b, s:i, s:i}, s:{s:b, s:I}, s:{s:b}, s:{s:b}, s:{s:b},"
                 " s:[o], s:{s:s, s:s, s:s, s:s}}",
                 "schemas", URN_CORE "ServiceProviderConfig", "documentationUri",
                 "https://developer.genesys.cloud/", "patch", "supported", 1, "bulk", "supported",
                 0, "maxOperations", 0, "maxPayloadSize", 0, "filter", "supported", 1, "maxResults",
                 (json_int_t)request->sim->switches.page_max, "changePassword", "supported", 1,
                 "sort", "supported", 0, "etag", "supported", 1, "authenticationSchemes", scheme,
                 "meta", "resourceType", "ServiceProviderConfig", "location",
                 "/api/v2/scim/v2/serviceproviderconfig", "lastModified",
                 "2024-01-01T00:00:00.000Z", "version", "1"));
  reply_etag (&request->reply, 1);
}

static json_t *
type_document (const char *name, const char *endpoint, const char *schema,
               const struct resource_type *type)
{
  char location[100];
  json_t *document, *extensions;
  snprintf (location, sizeof location, "/api/v2/scim/v2/resourcetypes/%s", name);
  document = json_pack ("{s:[s], s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "schemas",
                        URN_CORE "ResourceType", "id", name, "name", name, "description",
                        type != NULL ? type->description : name, "endpoint", endpoint, "schema",
                        schema, "meta", "resourceType", "ResourceType", "location", location);
  if (type == NULL || type->extensions[0] == NULL)
    return document;
  json_object_set_new (document, "schemaExtensions", extensions = json_array ());
  for (const struct schema *const *at = type->extensions; *at != NULL; at++)
    json_array_append_new (extensions,
                           json_pack ("{s:s, s:b}", "schema", (*at)->id, "required", 0));
  return document;
}

static json_t *
types_make (void)
{
  json_t *list = json_array ();
  json_array_append_new (list, type_document ("User", "/users", URN_USER, &user_type));
  json_array_append_new (list, type_document ("Group", "/groups", URN_GROUP, &group_type));
  json_array_append_new (list, type_document ("ServiceProviderConfig", "/serviceproviderconfig",
                                              URN_CORE "ServiceProviderConfig", NULL));
  json_array_append_new (
      list, type_document ("ResourceType", "/resourcetypes", URN_CORE "ResourceType", NULL));
  json_array_append_new (list, type_document ("Schema", "/schemas", URN_CORE "Schema", NULL));
  return list;
}

static json_t *
schemas_make (void)
{
  json_t *list = json_array ();
  for (const struct schema *const *at = all_schemas; *at != NULL; at++)
    json_array_append_new (list, schema_document (*at));
  return list;
}

/* The whole list, or the one of it that the request names. */
static void
reply_from (struct request *request, json_t *list)
{
  size_t i;
  json_t *one, *found = NULL;
  if (request->id == NULL) {
    json_int_t total = (json_int_t)json_array_size (list);
    reply_json_take (request, 200,
                     json_pack ("{s:[s], s:I, s:i, s:I, s:o}", "schemas", URN_LIST, "totalResults",
                                total, "startIndex", 1, "itemsPerPage", total, "Resources", list));
    return;
  }
  json_array_foreach (list, i, one)
  {
    if (strcasecmp (json_string_value (json_object_get (one, "id")), request->id) == 0)
      found = one;
  }
  if (found != NULL)
    reply_json_take (request, 200, json_incref (found));
  else
    reply_error (request, 404, NULL, "%.100s not found", request->id);
  json_decref (list);
}

void
discovery_handle (struct request *request)
{
  if (request->verb != VERB_GET) {
    reply_error (request, 405, "method.not.allowed", "%s is not allowed here", request->method);
    request->reply.allow = mem_copy ("GET");
  } else if (request->resource == RESOURCE_SERVICE) {
    service_handle (request);
  } else if (request->resource == RESOURCE_TYPES) {
    reply_from (request, types_make ());
  } else if (request_argument (request, "filter") != NULL) {
    reply_error (request, 403, "not.authorized", "schemas cannot be filtered");
  } else {
    reply_from (request, schemas_make ());
  }
}
