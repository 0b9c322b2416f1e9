/* Faults: which strike a request, and what they make of it. fault_spec.c reads them. */
#include <config.h>
#include "sim.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
fits (const struct fault *fault, const struct request *request)
{
  if (fault->method != NULL && strcasecmp (fault->method, request->method) != 0)
    return false;
  if (fault->path == NULL ? request->resource == RESOURCE_TOKEN
                          : fnmatch (fault->path, request->path, FNM_CASEFOLD) != 0)
    return false;
  return fault->user_name == NULL ||
         (request->user_name != NULL &&
          fnmatch (fault->user_name, request->user_name, FNM_CASEFOLD) == 0);
}

static bool
strikes (struct fault *fault)
{
  if ((int64_t)++fault->seen < fault->nth ||
      (fault->count > 0 && (int64_t)fault->hits >= fault->count))
    return false;
  if (fault->probability < 1 &&
      (double)(random_next (&fault->dice) >> 11) / 9007199254740992.0 >= fault->probability)
    return false;
  fault->hits++;
  return true;
}

void
faults_select (struct request *request)
{
  struct faults *faults = &request->sim->faults;
  for (size_t i = 0; i < faults->count; i++) {
    struct fault *fault = faults->all[i];
    if (request->faults[fault->kind] != NULL || !fits (fault, request) || !strikes (fault))
      continue;
    request->faults[fault->kind] = fault;
    if (request->fault < 0) {
      request->fault = (int)fault->kind;
      request->sim->stats.faults++;
    }
  }
}

static void
reply_fault (struct request *request, const struct fault *fault)
{
  static const char text[] = "a fault was asked for";
  request->reply.retry_after = fault->retry_after;
  reply_shaped (request, fault->shape != NULL ? fault->shape : request->sim->switches.error_shape,
                fault->status, fault->code, fault->detail != NULL ? fault->detail : text);
}

static void
cut_connection (struct request *request, enum transport transport)
{
  reply_reset (&request->reply);
  request->reply.transport = transport;
}

bool
faults_before (struct request *request)
{
  const struct fault *status = request->faults[FAULT_STATUS];
  const struct fault *reset = request->faults[FAULT_RESET], *close_ = request->faults[FAULT_CLOSE];
  if (reset != NULL && !reset->applied)
    cut_connection (request, TRANSPORT_RESET);
  else if (close_ != NULL && !close_->applied)
    cut_connection (request, TRANSPORT_CLOSE);
  else if (status != NULL && !status->applied)
    reply_fault (request, status);
  else
    return false;
  return true;
}

static void
body_replace (struct request *request, const char *text)
{
  request->reply.body.length = 0;
  buffer_text (&request->reply.body, text);
}

static void
faults_on_reply (struct request *request)
{
  struct reply *reply = &request->reply;
  const struct fault *type = request->faults[FAULT_CONTENT_TYPE];
  const struct fault *huge = request->faults[FAULT_HUGE];
  if (request->faults[FAULT_NO_JSON])
    body_replace (request, "{\"schemas\": [this is no JSON");
  if (type != NULL && type->content_type != NULL)
    reply->content_type =
        strcmp (type->content_type, "text/plain") == 0 ? "text/plain" : "text/html";
  else if (type != NULL)
    reply->content_type = "text/html";
  if (request->faults[FAULT_TRUNCATE] && reply->body.length > 1)
    reply->transport = TRANSPORT_TRUNCATED;
  if (huge != NULL) {
    reply->transport = TRANSPORT_HUGE;
    reply->huge = huge->bytes;
  }
}

/* Whether what was asked for was done. */
static bool
succeeded (const struct request *request)
{
  return request->reply.status >= 200 && request->reply.status < 300;
}

void
faults_after (struct request *request)
{
  const struct fault *partial = request->faults[FAULT_PARTIAL];
  const struct fault *slow = request->faults[FAULT_SLOW];
  if (request->fault < 0)
    return;
  if (slow != NULL)
    request->delay += slow->delay;
  if (partial != NULL && succeeded (request) && partial->status >= 300)
    reply_fault (request, partial);
  if (request->faults[FAULT_STATUS] && request->faults[FAULT_STATUS]->applied)
    reply_fault (request, request->faults[FAULT_STATUS]);
  faults_on_reply (request);
  if (request->faults[FAULT_RESET])
    cut_connection (request, TRANSPORT_RESET);
  else if (request->faults[FAULT_CLOSE])
    cut_connection (request, TRANSPORT_CLOSE);
}
