/* Replies: errors in the two shapes of the service (and in wrong ones, for faults). */
#include <config.h>
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCIM_JSON "application/scim+json"

void
reply_reset (struct reply *reply)
{
  buffer_fini (&reply->body);
  free (reply->location);
  free (reply->allow);
  *reply = (struct reply){0};
  reply->retry_after = -1;
}

void
reply_etag (struct reply *reply, uint64_t version)
{
  snprintf (reply->etag, sizeof reply->etag, "\"%llu\"", (unsigned long long)version);
}

static const char *
code_of (int status)
{
  switch (status) {
  case 400:
    return "bad.request";
  case 401:
    return "bad.credentials";
  case 403:
    return "missing.any.permissions";
  case 404:
    return "not.found";
  case 405:
    return "method.not.allowed";
  case 406:
    return "not.acceptable";
  case 408:
    return "client.timeout";
  case 409:
    return "conflict";
  case 413:
    return "request.entity.too.large";
  case 415:
    return "unsupported.media.type";
  case 429:
    return "too.many.requests";
  case 503:
    return "service.unavailable";
  case 504:
    return "request.timeout";
  default:
    return status < 500 ? "bad.request" : "internal.server.error";
  }
}

static void
write_scim (struct reply *reply, int status, const char *type, const char *detail)
{
  reply->content_type = SCIM_JSON;
  buffer_format (&reply->body,
                 "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],"
                 "\"status\":\"%d\",",
                 status);
  if (type != NULL && strchr (type, '.') == NULL)
    buffer_format (&reply->body, "\"scimType\":\"%s\",", type);
  buffer_text (&reply->body, "\"detail\":");
  buffer_quote (&reply->body, detail);
  buffer_text (&reply->body, "}");
}

static void
write_error_body (const struct request *request, struct reply *reply, int status, const char *type,
                  const char *detail)
{
  bool code = type != NULL && strchr (type, '.') != NULL;
  reply->content_type = "application/json";
  buffer_text (&reply->body, "{\"message\":");
  buffer_quote (&reply->body, detail);
  buffer_format (&reply->body,
                 ",\"code\":\"%s\",\"status\":%d,\"messageParams\":{},\"contextId\":\"%s\","
                 "\"details\":[],\"errors\":[]",
                 code ? type : code_of (status), status, request->correlation);
  if (status == 429)
    buffer_format (&reply->body,
                   ",\"limit\":{\"key\":\"client.credentials.token.rate.per.minute\","
                   "\"namespace\":\"platform.api\",\"value\":%lld}",
                   (long long)request->sim->switches.rate_limit);
  buffer_text (&reply->body, "}");
}

/* The SCIM service itself speaks ScimError, the gateway before it ErrorBody. */
static bool
scim_by_default (int status, const char *type)
{
  bool scim = status == 400 || status == 404 || status == 409 || status == 412;
  return scim && (type == NULL || strchr (type, '.') == NULL);
}

void
reply_shaped (struct request *request, const char *shape, int status, const char *type,
              const char *detail)
{
  struct reply *reply = &request->reply;
  int64_t retry_after = reply->retry_after;
  reply_reset (reply);
  reply->status = status;
  reply->retry_after = retry_after;
  bool scim = scim_by_default (status, type);
  if (strcmp (shape, "swapped") == 0)
    scim = !scim;
  else if (strcmp (shape, "scim") == 0)
    scim = true;
  else if (strcmp (shape, "error-body") == 0)
    scim = false;
  if (strcmp (shape, "html") == 0) {
    reply->content_type = "text/html";
    buffer_format (&reply->body,
                   "<html><head><title>%d</title></head><body><h1>%d</h1>%s</body></html>", status,
                   status, detail);
  } else if (strcmp (shape, "text") == 0) {
    reply->content_type = "text/plain";
    buffer_text (&reply->body, detail);
  } else if (strcmp (shape, "json") == 0) {
    reply->content_type = "application/json";
    buffer_text (&reply->body, "{\"unexpected\":true}");
  } else if (strcmp (shape, "empty") != 0) {
    if (scim)
      write_scim (reply, status, type, detail);
    else
      write_error_body (request, reply, status, type, detail);
  }
}

void
reply_error (struct request *request, int status, const char *type, const char *format, ...)
{
  char detail[600];
  va_list values;
  va_start (values, format);
  vsnprintf (detail, sizeof detail, format, values);
  va_end (values);
  reply_shaped (request, request->sim->switches.error_shape, status, type, detail);
}

void
reply_problem (struct request *request, const struct problem *problem)
{
  reply_error (request, problem->status, problem->type, "%s", problem->detail);
}

void
reply_throttled (struct request *request, const char *message, int64_t seconds)
{
  char text[200];
  request->reply.retry_after = seconds;
  request->sim->stats.throttled++;
  if (message == NULL) {
    snprintf (text, sizeof text,
              "Rate limit exceeded the maximum. Retry the request in [%lld] seconds",
              (long long)seconds);
    message = text;
  }
  reply_error (request, 429, "too.many.requests", "%s", message);
}

void
reply_json_take (struct request *request, int status, json_t *json)
{
  reply_reset (&request->reply);
  request->reply.status = status;
  request->reply.content_type = SCIM_JSON;
  buffer_json (&request->reply.body, json);
  json_decref (json);
}
