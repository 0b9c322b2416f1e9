/* scim-client: a SCIM service reached with an OAuth access token.
 *
 * A struct scim_client is shared by the sessions of an instance; a struct scim_session is one
 * thread's. Requests go through scim_send(), which asks the host's permit, adds the token, renews
 * it once on 401, tells the host what it observed, and keeps the words of a failure in s->why. */
#ifndef COMMON_SCIM_CLIENT_H
#define COMMON_SCIM_CLIENT_H

#include "http.h"
#include "json-scan.h"
#include "oauth.h"
#include "scim-class.h"

#include <syncd/plugin.h>

#define SCIM_MAX_REPLY ((size_t) 1024 * 1024)     /* of one account */
#define SCIM_MAX_LIST  ((size_t) 8 * 1024 * 1024) /* of a page, or the schemas */

struct scim_client {
  const struct syncd_host *host;
  char *base; /* "https://host/api/v2/scim/v2": no slash at the end */
  struct http_client *http;
  struct oauth *oauth;
};

struct scim_session {
  struct scim_client *client;
  struct syncd_ctx *ctx; /* of the call that runs */
  struct http *http;
  struct text url;
  struct text body;
  struct text authorization;
  struct scim_answer answer; /* of the last request */
  struct scim_error error;
  char why[1200];         /* the last failure, for people */
  int64_t retry_after_ms; /* of the last answer, -1: not told */
};

int32_t scim_session_init (struct scim_session *, struct scim_client *, struct syncd_ctx *);
void scim_session_fini (struct scim_session *);

/* Begins a URL: s->url becomes the base and PATH. */
void scim_url (struct scim_session *, const char *path);

struct scim_call {
  uint32_t kind; /* SYNCD_REQUEST_* */
  const char *method;
  bool with_body; /* s->body */
  const char *if_match;
  bool names_user;
  size_t max_reply;
};

/* Sends s->url. Returns SYNCD_RESULT_*: OK for a 2xx; else s->why says what happened. */
int32_t scim_send (struct scim_session *, const struct scim_call *);

/* The last answer's body as JSON of that kind; no value where it is none. */
struct json scim_body (const struct scim_session *, enum json_kind);
/* The same for an object, with its members noted; false where it is none. */
bool scim_body_table (const struct scim_session *, struct json_table *ret);
/* Puts into s->why what the last answer holds instead of what was asked for. */
void scim_explain_body (struct scim_session *);
const struct http_reply *scim_reply (const struct scim_session *);
/* The correlation id of the last answer; "" for none. */
const char *scim_correlation (const struct scim_session *);

/* Writes s->why: "POST <path>: <words>, …". For what scim_send() could not know. */
void scim_explain (struct scim_session *, const char *fmt, ...) TEXT_PRINTF (2, 3);

/* Fails the call with s->why and the code that fits RESULT. */
int32_t scim_fail (struct scim_session *, int32_t result);

#endif
