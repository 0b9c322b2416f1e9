/* scim-client: see scim-client.h. */
#include <config.h>

#include "scim-client.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_URL    ((size_t) 16 * 1024)
#define MAX_BODY   ((size_t) 4 * 1024 * 1024)
#define MAX_HEADER ((size_t) 32 * 1024)

static int
session_cancelled (void *data)
{
  struct scim_session *s = data;
  return s->client->host->cancelled (s->ctx);
}

int32_t
scim_session_init (struct scim_session *s, struct scim_client *client, struct syncd_ctx *ctx)
{
  memset (s, 0, sizeof *s);
  s->client = client;
  s->ctx = ctx;
  s->retry_after_ms = -1;
  text_init (&s->url, MAX_URL);
  text_init (&s->body, MAX_BODY);
  text_init (&s->authorization, MAX_HEADER);
  s->http = http_new (client->http, session_cancelled, s);
  return s->http != NULL ? SYNCD_OK : SYNCD_E_INTERNAL;
}

void
scim_session_fini (struct scim_session *s)
{
  http_free (s->http);
  text_wipe (&s->url);
  text_wipe (&s->body);
  text_wipe (&s->authorization);
}

void
scim_url (struct scim_session *s, const char *path)
{
  text_reset (&s->url);
  text_puts (&s->url, s->client->base);
  text_puts (&s->url, path);
}

const struct http_reply *
scim_reply (const struct scim_session *s)
{
  return http_reply (s->http);
}

struct json
scim_body (const struct scim_session *s, enum json_kind kind)
{
  const struct text *body = &scim_reply (s)->body;
  struct json value;
  if (json_check (text_get (body), body->len, &value) && json_kind (value) == kind)
    return value;
  return (struct json){NULL, 0};
}

bool
scim_body_table (const struct scim_session *s, struct json_table *ret)
{
  const struct text *body = &scim_reply (s)->body;
  return json_check_table (text_get (body), body->len, ret);
}

void
scim_explain_body (struct scim_session *s)
{
  const struct text *body = &scim_reply (s)->body;
  scim_error_parse (text_get (body), body->len, &s->error);
  scim_explain (s, "%s", s->error.json ? "the answer is JSON, but not what was asked for"
                                       : s->error.detail);
}

const char *
scim_correlation (const struct scim_session *s)
{
  const char *header = scim_reply (s)->correlation;
  return header[0] != '\0' ? header : s->error.context;
}

/* The method and the URL without its query, which may hold people's names. */
static void
name_request (struct scim_session *s, const char *method, char *out, size_t size)
{
  const char *url = text_get (&s->url);
  snprintf (out, size, "%s %.*s", method, (int) strcspn (url, "?"), url);
}

void
scim_explain (struct scim_session *s, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  vsnprintf (s->why, sizeof s->why, fmt, ap);
  va_end (ap);
}

static void
explain_answer (struct scim_session *s, const char *method, int32_t result)
{
  char request[600];
  const struct http_reply *r = scim_reply (s);
  const struct scim_error *e = &s->error;
  const char *correlation = scim_correlation (s);
  const char *type = e->type[0] != '\0' ? e->type : e->code;
  const char *advice = scim_class_advice (result, &s->answer);
  name_request (s, method, request, sizeof request);
  if (r->status == 0)
    scim_explain (s, "%s: %s%s", request, r->why, advice);
  else if (r->status >= 300 && r->status < 400)
    scim_explain (s, "%s: HTTP %d, a redirect to %s, which is not followed%s", request,
                  (int) r->status, r->location[0] != '\0' ? r->location : "nowhere", advice);
  else
    scim_explain (s, "%s: HTTP %d%s%s%s: %s%s%s%s%s", request, (int) r->status,
                  type[0] != '\0' ? " (" : "", type, type[0] != '\0' ? ")" : "", e->detail,
                  correlation[0] != '\0' ? " [correlation id " : "", correlation,
                  correlation[0] != '\0' ? "]" : "", advice);
}

/* Judges the answer that came and tells the host of it. */
static int32_t
judge (struct scim_session *s, const struct scim_call *call)
{
  const struct http_reply *r = scim_reply (s);
  bool fine = r->status >= 200 && r->status < 300;
  memset (&s->error, 0, sizeof s->error);
  s->error.retry_after_ms = -1;
  if (r->status != 0 && !fine)
    scim_error_parse (text_get (&r->body), r->body.len, &s->error);
  s->answer = (struct scim_answer){call->kind,       r->status,    r->sent,
                                   r->cancelled,     r->untrusted, call->if_match != NULL,
                                   call->names_user, &s->error};
  s->retry_after_ms = http_wait (r);
  if (s->retry_after_ms < 0)
    s->retry_after_ms = s->error.retry_after_ms;
  oauth_observe (s->client->host, s->ctx, call->kind, r, r->status == 429, s->error.retry_after_ms);
  int32_t result = scim_class (&s->answer);
  if (result != SYNCD_RESULT_OK)
    explain_answer (s, call->method, result);
  return result;
}

/* What a failed token means for the request that wanted it: it was not sent. */
static int32_t
without_token (int32_t code)
{
  switch (code) {
  case SYNCD_E_AUTH:
    return SYNCD_RESULT_AUTH;
  case SYNCD_E_CONFIG:
    return SYNCD_RESULT_CONFIG;
  case SYNCD_E_BUDGET:
    return SYNCD_RESULT_BUDGET;
  case SYNCD_E_CANCELLED:
    return SYNCD_RESULT_CANCELLED;
  default:
    return SYNCD_RESULT_SINK;
  }
}

static int32_t
send_once (struct scim_session *s, const struct scim_call *call, uint64_t *ret_generation)
{
  struct scim_client *c = s->client;
  int32_t rc = oauth_header (c->oauth, s->ctx, s->http, &s->authorization, ret_generation, s->why,
                             sizeof s->why);
  memset (&s->answer, 0, sizeof s->answer);
  if (rc != SYNCD_OK) {
    s->answer.status = 0;
    s->retry_after_ms = http_wait (scim_reply (s));
    return without_token (rc);
  }
  if (c->host->permit (s->ctx, call->kind) != SYNCD_OK) {
    scim_explain (s, "stopped before the request was sent");
    return SYNCD_RESULT_CANCELLED;
  }
  struct http_request q = {call->method,
                           text_get (&s->url),
                           "application/scim+json, application/json",
                           "application/scim+json",
                           text_get (&s->authorization),
                           call->if_match,
                           call->with_body ? text_get (&s->body) : NULL,
                           s->body.len,
                           call->max_reply};
  http_send (s->http, &q);
  return judge (s, call);
}

int32_t
scim_send (struct scim_session *s, const struct scim_call *call)
{
  uint64_t generation = 0;
  if (!text_ok (&s->url) || (call->with_body && !text_ok (&s->body))) {
    scim_explain (s, "the request is larger than %zu bytes; the value that makes it so is refused",
                  call->with_body ? s->body.max : s->url.max);
    memset (&s->answer, 0, sizeof s->answer);
    return SYNCD_RESULT_ENTRY;
  }
  int32_t result = send_once (s, call, &generation);
  if (result == SYNCD_RESULT_AUTH && s->answer.status == 401) {
    oauth_reject (s->client->oauth, generation);
    result = send_once (s, call, &generation);
  }
  return result;
}

int32_t
scim_fail (struct scim_session *s, int32_t result)
{
  int32_t code = scim_class_code (result);
  if (scim_reply (s)->too_large)
    code = SYNCD_E_LIMIT;
  return s->client->host->fail (s->ctx, code, "%s", s->why);
}
