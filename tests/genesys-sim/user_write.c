/* Users as the service writes them, projections, pages and versions. */
#include <config.h>
#include "user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

char *
resource_location (const struct request *request, const char *endpoint, const char *id)
{
  char text[512];
  const char *host = request_header (request, "Host");
  bool absolute = request->sim->switches.absolute_location && host != NULL;
  snprintf (text, sizeof text, "%s%.200s/api/v2/scim/v2%s/%s",
            !absolute           ? ""
            : request->sim->tls ? "https://"
                                : "http://",
            absolute ? host : "", endpoint, id);
  return mem_copy (text);
}

void
user_write (const struct request *request, const struct account *account, struct buffer *out)
{
  char modified[TIME_SIZE];
  char *location = resource_location (request, "/users", account->id);
  clock_format (account->modified, modified);
  buffer_reserve (out, account->length + 400);
  buffer_format (out, "{\"id\":\"%s\",\"active\":%s,", account->id,
                 account->state == STATE_ACTIVE ? "true" : "false");
  buffer_add (out, account->text, account->length);
  groups_of (&request->sim->groups, account->id, out);
  buffer_format (
      out, ",\"meta\":{\"resourceType\":\"User\",\"lastModified\":\"%s\",\"location\":", modified);
  buffer_quote (out, location);
  buffer_format (out, ",\"version\":\"%llu\"}}", (unsigned long long)account->version);
  free (location);
}

/* The next name of a comma list, copied without blanks; NULL at the end. */
static char *
list_next (const char **list)
{
  const char *at = *list + strspn (*list, ", ");
  size_t length = strcspn (at, ",");
  *list = at + length;
  while (length > 0 && at[length - 1] == ' ')
    length--;
  return length > 0 ? mem_copy_n (at, length) : NULL;
}

static bool
names_check (const struct resource_type *type, const char *list, struct problem *problem)
{
  char *name;
  bool good = true;
  while (good && list != NULL && (name = list_next (&list)) != NULL) {
    struct path path = {0};
    bool core = strcasecmp (name, type->core->id) == 0;
    good = core || path_parse (type, name, &path, problem);
    if (good && path.filter != NULL)
      good = problem_set (problem, 400, "invalidValue", "no filter can stand in \"%.100s\"", name);
    path_fini (&path);
    free (name);
  }
  return good;
}

bool
projection_read (const struct request *request, const struct resource_type *type,
                 struct projection *ret_projection, struct problem *problem)
{
  struct projection projection = {request_argument (request, "attributes"),
                                  request_argument (request, "excludedAttributes"), type};
  if (projection.only != NULL && projection.without != NULL)
    return problem_set (problem, 400, "invalidValue",
                        "attributes and excludedAttributes exclude each other");
  if (request->sim->switches.strict_attributes &&
      (!names_check (type, projection.only, problem) ||
       !names_check (type, projection.without, problem)))
    return false;
  *ret_projection = projection;
  return true;
}

/* Whether a list of names covers the path, wholly or from above. */
static bool
list_covers (const struct projection *projection, const char *list, const char *urn,
             const char *attribute, bool partly)
{
  char *name;
  bool found = false;
  while (!found && list != NULL && (name = list_next (&list)) != NULL) {
    struct path path;
    struct problem problem;
    if (strcasecmp (name, projection->type->core->id) == 0) {
      found = urn == NULL;
    } else if (path_parse (projection->type, name, &path, &problem)) {
      const char *have = path.extension != NULL ? path.extension->id : NULL;
      bool same = urn == NULL ? have == NULL : have != NULL && strcmp (urn, have) == 0;
      found = same && (path.attribute == NULL || strcmp (path.attribute->name, attribute) == 0) &&
              (partly || path.sub == NULL);
      path_fini (&path);
    }
    free (name);
  }
  return found;
}

static bool
returned (const struct projection *projection, const char *urn, const char *attribute)
{
  if (projection->only != NULL)
    return list_covers (projection, projection->only, urn, attribute, true);
  return !list_covers (projection, projection->without, urn, attribute, false);
}

bool
projection_costly (const struct projection *projection)
{
  if (projection->type == &group_type)
    return returned (projection, NULL, "members") || returned (projection, NULL, "externalId");
  return returned (projection, NULL, "externalId") || returned (projection, NULL, "roles") ||
         returned (projection, URN_GENESYS, "routingSkills") ||
         returned (projection, URN_GENESYS, "routingLanguages");
}

static bool
always (const struct projection *projection, const char *key)
{
  static const char *const user[] = {"id", "userName", "active", "meta", "schemas"};
  for (size_t i = 0; i < sizeof user / sizeof *user; i++)
    if (strcmp (key, user[i]) == 0)
      return projection->type == &user_type || (i != 1 && i != 2);
  return false;
}

static void
cut (const struct projection *projection, json_t *object, const char *urn)
{
  const char *key;
  json_t *value;
  void *next;
  json_object_foreach_safe (object, next, key, value)
  {
    const struct schema *extension = urn == NULL ? extension_find (projection->type, key) : NULL;
    if (extension != NULL)
      cut (projection, value, extension->id);
    if (extension != NULL
            ? json_object_size (value) == 0
            : !(urn == NULL && always (projection, key)) && !returned (projection, urn, key))
      json_object_del (object, key);
  }
}

void
projection_write (const struct projection *projection, const struct buffer *resource,
                  struct buffer *out)
{
  if (projection->only == NULL && projection->without == NULL) {
    buffer_add (out, resource->data, resource->length);
    return;
  }
  json_t *object = json_loadb (resource->data, resource->length, 0, NULL);
  cut (projection, object, NULL);
  document_schemas (projection->type, object);
  buffer_json (out, object);
  json_decref (object);
}

static bool
number_argument (const struct request *request, const char *name, int64_t initial,
                 int64_t *ret_number, struct problem *problem)
{
  const char *text = request_argument (request, name);
  char *end;
  *ret_number = initial;
  if (text == NULL)
    return true;
  long long number = strtoll (text, &end, 10);
  if (end == text || *end != '\0')
    return problem_set (problem, 400, "invalidValue", "%s must be a number", name);
  *ret_number = number;
  return true;
}

bool
page_read (const struct request *request, struct page *ret_page, struct problem *problem)
{
  const struct switches *switches = &request->sim->switches;
  struct page page;
  if (!number_argument (request, "startIndex", 1, &page.start, problem) ||
      !number_argument (request, "count", switches->page_default, &page.count, problem))
    return false;
  page.start = page.start < 1 || request->faults[FAULT_IGNORE_START] ? 1 : page.start;
  page.count = page.count < 0 ? 0 : page.count;
  *ret_page = page;
  return true;
}

bool
page_admit (struct request *request, const struct page *page, const struct projection *projection)
{
  const struct switches *switches = &request->sim->switches;
  if (!switches->costly_refused || page->count <= switches->costly_count ||
      !projection_costly (projection))
    return true;
  reply_throttled (request, COSTLY_MESSAGE, 1);
  return false;
}

static bool
etag_listed (const char *list, uint64_t version)
{
  char tag[32];
  snprintf (tag, sizeof tag, "\"%llu\"", (unsigned long long)version);
  return strcmp (list, "*") == 0 || strstr (list, tag) != NULL;
}

bool
version_admit (struct request *request, uint64_t version)
{
  const char *want = request_header (request, "If-Match");
  const char *policy = request->sim->switches.version_mismatch;
  if (want == NULL || etag_listed (want, version) || strcmp (policy, "ignore") == 0)
    return true;
  int status = atoi (policy);
  reply_error (request, status, status == 400 ? "invalidVers" : NULL,
               "Version does not match current version");
  return false;
}

bool
version_unchanged (struct request *request, uint64_t version)
{
  const char *known = request_header (request, "If-None-Match");
  if (known == NULL || !etag_listed (known, version))
    return false;
  reply_reset (&request->reply);
  request->reply.status = 304;
  reply_etag (&request->reply, version);
  return true;
}
