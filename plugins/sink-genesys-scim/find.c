/* find: single accounts, by id or by a value. The service's word that an account matches is not
 * taken: a filter that it does not understand may find everybody, or nobody. */
#include <config.h>

#include "sink.h"

#include <string.h>
#include <strings.h>

void
sink_add_attributes (struct scim_session *s, const char *also, const char *const *names, size_t n)
{
  text_puts (&s->url, "attributes=id%2CuserName%2Cactive%2Cmeta");
  if (also != NULL) {
    text_puts (&s->url, "%2C");
    text_add_percent (&s->url, also, strlen (also));
  }
  for (size_t i = 0; i < n; i++) {
    bool always = strcasecmp (names[i], "id") == 0 || strcasecmp (names[i], "userName") == 0
                  || strcasecmp (names[i], "active") == 0 || strcasecmp (names[i], "meta") == 0
                  || (also != NULL && strcasecmp (names[i], also) == 0);
    if (always)
      continue;
    text_puts (&s->url, "%2C");
    text_add_percent (&s->url, names[i], strlen (names[i]));
  }
}

void
sink_account_url (struct scim_session *s, const char *id)
{
  scim_url (s, "/users/");
  text_add_percent (&s->url, id, strlen (id));
}

int32_t
sink_get (struct scim_session *s, const char *id)
{
  struct scim_call call = {
      .kind = SYNCD_REQUEST_READ, .method = "GET", .max_reply = SCIM_MAX_REPLY};
  sink_account_url (s, id);
  return scim_send (s, &call);
}

struct json
sink_resources (const struct scim_session *s, int64_t *ret_total)
{
  static const char none[] = "[]";
  struct json list = scim_body (s, JSON_OBJECT);
  struct json resources = json_member_nocase (list, "Resources", 9);
  int64_t total = json_integer (json_member_nocase (list, "totalResults", 12), -1);
  if (ret_total != NULL)
    *ret_total = total;
  if (json_kind (resources) == JSON_ARRAY)
    return resources;
  bool empty = list.at != NULL && total >= 0 && json_is_empty (resources);
  return (struct json){empty ? none : NULL, empty ? sizeof none - 1 : 0};
}

static void
add_filter (struct scim_session *s, const char *attribute, const char *value)
{
  struct text filter;
  text_init (&filter, s->url.max);
  text_printf (&filter, "%s eq ", attribute);
  text_add_json (&filter, value, strlen (value));
  text_puts (&s->url, "&filter=");
  text_add_percent (&s->url, text_get (&filter), filter.len);
  if (!text_ok (&filter))
    s->url.broken = true;
  text_fini (&filter);
}

int32_t
sink_search (struct scim_session *s, const char *attribute, const char *value,
             const char *const *names, size_t n)
{
  struct scim_call call = {.kind = SYNCD_REQUEST_FIND, .method = "GET", .max_reply = SCIM_MAX_LIST};
  scim_url (s, "/users?");
  sink_add_attributes (s, attribute, names, n);
  add_filter (s, attribute, value);
  int32_t result = scim_send (s, &call);
  if (result == SYNCD_RESULT_OK && sink_resources (s, NULL).at == NULL) {
    struct scim_error e;
    scim_error_parse (text_get (&scim_reply (s)->body), scim_reply (s)->body.len, &e);
    scim_explain (s, "GET %s/users: HTTP %d, but no list: %s", s->client->base,
                  (int) s->answer.status,
                  e.json ? "Resources and totalResults are missing" : e.detail);
    return SYNCD_RESULT_SINK;
  }
  /* Some services fail on a quote in a filter: that is this value's misfortune alone. */
  if (result == SYNCD_RESULT_SINK && s->answer.status == 500 && strpbrk (value, "\"\\") != NULL)
    return SYNCD_RESULT_ENTRY;
  return result;
}

bool
sink_has (struct json item, const char *attribute, const char *value)
{
  struct json found = json_member_nocase (item, attribute, strlen (attribute));
  return json_equals (found, value, strlen (value), strcasecmp (attribute, "userName") == 0);
}

/* Appends the resources that really match, as an array. */
static int32_t
give_matches (struct session *s, const char *attribute, const char *value, struct syncd_buffer *out)
{
  const struct syncd_host *h = s->sink->host;
  struct json_walk w = json_begin (sink_resources (&s->scim, NULL));
  struct json item;
  size_t given = 0, dropped = 0;
  int32_t rc = h->buffer_append (out, "[", 1);
  while (rc == SYNCD_OK && json_next (&w, NULL, &item)) {
    if (!sink_has (item, attribute, value)) {
      dropped++;
      continue;
    }
    if (given++ > 0)
      rc = h->buffer_append (out, ",", 1);
    if (rc == SYNCD_OK)
      rc = h->buffer_append (out, item.at, item.len);
  }
  if (rc == SYNCD_OK)
    rc = h->buffer_append (out, "]", 1);
  if (dropped > 0)
    h->log (s->scim.ctx, SYNCD_LOG_WARNING,
            "a look-up by %s brought accounts with another value, which are not used: %zu", attribute,
            dropped);
  return rc == SYNCD_OK
             ? rc
             : h->fail (s->scim.ctx, rc, "the accounts found by %s are more than the host takes",
                        attribute);
}

int32_t
sink_find (struct syncd_ctx *ctx, void *session, const char *type, const char *attribute,
           const char *value, const char *const *names, size_t n, struct syncd_buffer *documents)
{
  struct session *s = session;
  int32_t rc = sink_check_type (s, ctx, type);
  if (rc != SYNCD_OK)
    return rc;
  const char *known = strcasecmp (attribute, "userName") == 0     ? "userName"
                      : strcasecmp (attribute, "externalId") == 0 ? "externalId"
                                                                  : NULL;
  if (known == NULL)
    return s->sink->host->fail (ctx, SYNCD_E_UNSUPPORTED,
                                "accounts can be found by userName and externalId, not by %s",
                                attribute);
  int32_t result = sink_search (&s->scim, known, value, names, n);
  return result == SYNCD_RESULT_OK ? give_matches (s, known, value, documents)
                                   : scim_fail (&s->scim, result);
}

int32_t
sink_read (struct syncd_ctx *ctx, void *session, const char *type, const char *id,
           const char *const *names, size_t n, struct syncd_buffer *document)
{
  struct session *s = session;
  struct scim_call call = {
      .kind = SYNCD_REQUEST_READ, .method = "GET", .max_reply = SCIM_MAX_REPLY};
  int32_t rc = sink_check_type (s, ctx, type);
  if (rc != SYNCD_OK)
    return rc;
  sink_account_url (&s->scim, id);
  if (n > 0) {
    text_puts (&s->scim.url, "?");
    sink_add_attributes (&s->scim, NULL, names, n);
  }
  int32_t result = scim_send (&s->scim, &call);
  if (result != SYNCD_RESULT_OK)
    return scim_fail (&s->scim, result);
  struct json account = scim_body (&s->scim, JSON_OBJECT);
  if (!json_equals (json_member_nocase (account, "id", 2), id, strlen (id), false)) {
    scim_explain_body (&s->scim);
    return s->sink->host->fail (ctx, SYNCD_E_PROTOCOL,
                                "GET %s: HTTP %d, but not with the account of that id: %s",
                                text_get (&s->scim.url), (int) s->scim.answer.status, s->scim.why);
  }
  rc = s->sink->host->buffer_append (document, account.at, account.len);
  return rc == SYNCD_OK
             ? rc
             : s->sink->host->fail (ctx, rc, "the account %s is larger than the host takes", id);
}
