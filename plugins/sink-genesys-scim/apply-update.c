/* apply-update: PATCH with the operations given, and nothing else (RFC 7644 section 3.5.2); and
 * DELETE. */
#include <config.h>

#include "sink.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *
op_name (uint32_t op)
{
  return op == SYNCD_OP_ADD ? "add" : op == SYNCD_OP_REPLACE ? "replace" : "remove";
}

static void
build_patch (struct apply *a, struct text *body)
{
  const struct syncd_host *h = a->session->sink->host;
  size_t n = h->change_operation_count (a->change);
  text_reset (body);
  text_puts (body,
             "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[");
  for (size_t i = 0; i < n; i++) {
    const struct syncd_operation *o = h->change_operation (a->change, i);
    text_printf (body, "%s{\"op\":\"%s\"", i > 0 ? "," : "", op_name (o->op));
    if (o->path != NULL && o->path[0] != '\0') {
      text_puts (body, ",\"path\":");
      text_add_json (body, o->path, strlen (o->path));
    }
    if (o->value != NULL) {
      text_puts (body, ",\"value\":");
      text_add (body, o->value, o->value_len);
    }
    text_puts (body, "}");
  }
  text_puts (body, "]}");
}

static bool
names_user (struct apply *a)
{
  const struct syncd_host *h = a->session->sink->host;
  for (size_t i = 0; i < h->change_operation_count (a->change); i++) {
    const char *path = h->change_operation (a->change, i)->path;
    const char *colon = path != NULL ? strrchr (path, ':') : NULL;
    if (path == NULL || path[0] == '\0'
        || strcasecmp (colon != NULL ? colon + 1 : path, "userName") == 0)
      return true;
  }
  return false;
}

/* If-Match as an entity tag: meta.version has no quotes, an ETag comes with them. */
static const char *
entity_tag (struct apply *a, char *out, size_t size)
{
  const char *version = a->session->sink->host->change_version (a->change);
  if (version == NULL || version[0] == '\0')
    return NULL;
  bool quoted = version[0] == '"' || strncmp (version, "W/\"", 3) == 0;
  int n = snprintf (out, size, quoted ? "%s" : "\"%s\"", version);
  return n > 0 && (size_t) n < size && strpbrk (out, "\r\n") == NULL ? out : NULL;
}

static void
updated (struct apply *a, const char *id)
{
  struct json_table account;
  bool same = scim_body_table (&a->session->scim, &account)
              && json_equals (json_table_get (&account, "id"), id, strlen (id), false);
  apply_conclude (a, id, 0, same ? &account : NULL);
}

void
apply_update (struct apply *a)
{
  struct scim_session *s = &a->session->scim;
  const struct syncd_host *h = a->session->sink->host;
  const char *id = h->change_account (a->change);
  char tag[256];
  struct scim_call call = {.kind = SYNCD_REQUEST_UPDATE,
                           .method = "PATCH",
                           .with_body = true,
                           .if_match = entity_tag (a, tag, sizeof tag),
                           .names_user = names_user (a),
                           .max_reply = SCIM_MAX_REPLY};
  if (h->change_operation_count (a->change) == 0) {
    h->result_set (a->result, SYNCD_RESULT_OK, 0);
    h->result_set_account (a->result, id, h->change_version (a->change), 0);
    a->outcome = SYNCD_RESULT_OK;
    return;
  }
  sink_account_url (s, id);
  build_patch (a, &s->body);
  int32_t result = scim_send (s, &call);
  if (result == SYNCD_RESULT_LINK)
    result = apply_confirm_gone (a, id);
  if (result == SYNCD_RESULT_OK)
    updated (a, id);
  else
    apply_refuse (a, result);
}

/* 204, or 200 with an object. A page in the place of that is not the service's answer: of a proxy,
 * say, through which nothing reached it. */
static int32_t
believe (struct scim_session *s, int32_t result)
{
  struct json_table object;
  if (result != SYNCD_RESULT_OK || scim_reply (s)->body.len == 0 || scim_body_table (s, &object))
    return result;
  scim_explain_body (s);
  return SYNCD_RESULT_UNKNOWN;
}

/* After a 404, a 5xx or a page: is the account away? One that was just made is not seen for a while:
 * the core looks for it before it believes that. */
static int32_t
look_again (struct apply *a, const char *id, int32_t result)
{
  struct scim_session *s = &a->session->scim;
  int32_t status = s->answer.status;
  bool told = status >= 200 && status != 408;
  if (result == SYNCD_RESULT_LINK && s->error.scim)
    return SYNCD_RESULT_LINK;
  if (result != SYNCD_RESULT_LINK && (result != SYNCD_RESULT_UNKNOWN || !told))
    return result;
  char words[sizeof s->why];
  memcpy (words, s->why, sizeof words);
  int32_t now = apply_confirm_gone (a, id);
  if (now == SYNCD_RESULT_LINK)
    return now;
  if (result == SYNCD_RESULT_UNKNOWN) {
    memcpy (s->why, words, sizeof words);
    s->answer.status = status;
    return result;
  }
  return now;
}

void
apply_delete (struct apply *a)
{
  struct scim_session *s = &a->session->scim;
  const struct syncd_host *h = a->session->sink->host;
  const char *id = h->change_account (a->change);
  char tag[256];
  struct scim_call call = {.kind = SYNCD_REQUEST_DELETE,
                           .method = "DELETE",
                           .if_match = entity_tag (a, tag, sizeof tag),
                           .max_reply = SCIM_MAX_REPLY};
  sink_account_url (s, id);
  int32_t result = look_again (a, id, believe (s, scim_send (s, &call)));
  apply_refuse (a, result);
  if (result == SYNCD_RESULT_OK)
    h->result_set_account (a->result, id, NULL, 0);
}
