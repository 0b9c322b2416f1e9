/* apply-create: POST of a whole document, at once: the service itself finds what is taken. */
#include <config.h>

#include "sink.h"

#include <string.h>
#include <strings.h>

/* A new account's version counts the service's own few steps; a higher one had a life before. */
#define REVIVED_VERSION 16

/* Attributes that the service gives to a new account of itself. */
static bool
service_made (struct json key)
{
  static const char *const names[] = {"id",          "schemas",     "meta",   "active", "userName",
                                      "displayName", "externalId",  "emails", "roles",  "groups",
                                      "division",    "externalIds", NULL};
  for (const char *const *n = names; *n != NULL; n++)
    if (json_equals (key, *n, strlen (*n), true))
      return true;
  return false;
}

static bool
is_extension (struct json key, struct json value)
{
  return json_kind (value) == JSON_OBJECT && key.len > 5 && strncasecmp (key.at, "\"urn:", 5) == 0;
}

static bool has_leftovers (const struct json_table *sent, const struct json_table *account);

static bool
extension_has_leftovers (struct json sent, struct json account)
{
  struct json_table ours, theirs;
  json_table_fill (&ours, sent);
  json_table_fill (&theirs, account);
  return has_leftovers (&ours, &theirs);
}

/* ACCOUNT has what nobody sent: a title, say, of the person who had it before. */
static bool
has_leftovers (const struct json_table *sent, const struct json_table *account)
{
  struct json_rows rows = json_table_rows (account);
  struct json key, value;
  while (json_rows_next (&rows, &key, &value)) {
    struct json ours = json_table_find (sent, key);
    bool unknown = is_extension (key, value) ? extension_has_leftovers (ours, value)
                                             : ours.at == NULL;
    if (unknown && !service_made (key) && !json_is_empty (value))
      return true;
  }
  return false;
}

static uint32_t
account_flags (int32_t status, const struct json_table *sent, const struct json_table *account)
{
  struct json version = json_member_nocase (json_table_get (account, "meta"), "version", 7);
  if (status == 200 || json_integer (version, 0) > REVIVED_VERSION
      || has_leftovers (sent, account))
    return SYNCD_ACCOUNT_REVIVED;
  return SYNCD_ACCOUNT_CREATED;
}

static int
hex (char c)
{
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/* The last segment of a Location, decoded. */
static bool
id_of_location (const char *location, char *id, size_t size)
{
  const char *p = strrchr (location, '/');
  size_t n = 0;
  for (p = p != NULL ? p + 1 : ""; *p != '\0' && *p != '?' && n + 1 < size; p++) {
    bool coded = p[0] == '%' && hex (p[1]) >= 0 && hex (p[2]) >= 0;
    id[n++] = coded ? (char) (hex (p[1]) * 16 + hex (p[2])) : *p;
    p += coded ? 2 : 0;
  }
  id[n] = '\0';
  return n > 0 && strcasecmp (id, "users") != 0;
}

/* An answer without an id: the account that has the user name which was sent. */
static bool
id_by_name (struct apply *a, char *id, size_t size)
{
  struct scim_session *s = &a->session->scim;
  char name[SINK_MAX_ID];
  struct json found = {NULL, 0}, item;
  if (!json_text (json_table_get (&a->document, "userName"), name, sizeof name, NULL)
      || sink_search (s, "userName", name, NULL, 0) != SYNCD_RESULT_OK)
    return false;
  struct json_walk w = json_begin (sink_resources (s, NULL));
  while (json_next (&w, NULL, &item)) {
    if (!sink_has (item, "userName", name))
      continue;
    if (found.at != NULL)
      return false;
    found = item;
  }
  return json_text (json_member_nocase (found, "id", 2), id, size, NULL) && id[0] != '\0';
}

static void
created (struct apply *a)
{
  struct scim_session *s = &a->session->scim;
  int32_t status = s->answer.status;
  struct json_table account;
  char id[SINK_MAX_ID];
  if (!scim_body_table (s, &account))
    json_table_fill (&account, (struct json){NULL, 0});
  uint32_t flags = account_flags (status, &a->document, &account);
  if (json_text (json_table_get (&account, "id"), id, sizeof id, NULL) && id[0] != '\0') {
    apply_conclude (a, id, flags, &account);
    return;
  }
  if (id_of_location (scim_reply (s)->location, id, sizeof id)
      || id_by_name (a, id, sizeof id)) {
    apply_conclude (a, id, flags, NULL);
    return;
  }
  scim_explain (s,
                "POST /users: HTTP %d without the account's id in it, and no account with this "
                "user name is found",
                (int) status);
  s->answer.status = status;
  apply_refuse (a, SYNCD_RESULT_UNKNOWN);
}

/* The document with the "schemas" that fit it: the core one and each extension it uses. */
static void
build_document (const struct json_table *document, struct text *body)
{
  struct json_rows rows = json_table_rows (document);
  struct json key, value;
  text_reset (body);
  text_puts (body, "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"");
  while (json_rows_next (&rows, &key, &value))
    if (is_extension (key, value)) {
      text_add (body, ",", 1);
      text_add (body, key.at, key.len);
    }
  text_add (body, "]", 1);
  rows = json_table_rows (document);
  while (json_rows_next (&rows, &key, &value)) {
    if (json_equals (key, "schemas", 7, true))
      continue;
    text_add (body, ",", 1);
    text_add (body, key.at, key.len);
    text_add (body, ":", 1);
    text_add (body, value.at, value.len);
  }
  text_add (body, "}", 1);
}

void
apply_create (struct apply *a)
{
  struct scim_session *s = &a->session->scim;
  struct scim_call call = {.kind = SYNCD_REQUEST_CREATE,
                           .method = "POST",
                           .with_body = true,
                           .names_user = true,
                           .max_reply = SCIM_MAX_REPLY};
  size_t len = 0;
  const char *text = a->session->sink->host->change_document (a->change, &len);
  if (!json_check_table (text, len, &a->document)) {
    scim_explain (s, "the document of the new account is no JSON object: nothing was sent");
    apply_refuse (a, SYNCD_RESULT_ENTRY);
    return;
  }
  scim_url (s, "/users");
  build_document (&a->document, &s->body);
  int32_t result = scim_send (s, &call);
  if (result == SYNCD_RESULT_OK)
    created (a);
  else
    apply_refuse (a, result);
}
