/* oauth-request: one request for a token, and what its answers mean. A throttled token endpoint
 * of Genesys Cloud answers 400 invalid_request "rate limit exceeded; …", not 429. */
#include <config.h>

#include "json-scan.h"
#include "oauth-private.h"
#include "scim-error.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_TOKEN_REPLY    ((size_t) 64 * 1024)
#define DEFAULT_LIFETIME_S 3600 /* where the answer has none; a 401 renews anyway */

void
oauth_observe (const struct syncd_host *host, struct syncd_ctx *ctx, uint32_t kind,
               const struct http_reply *r, bool throttled, int64_t retry_after_ms)
{
  struct syncd_observation o = {0};
  o.struct_size = sizeof o;
  o.kind = kind;
  o.status = r->status;
  o.throttled = throttled;
  o.allowed = r->allowed;
  o.used = r->used;
  o.reset_ms = r->reset_ms;
  o.retry_after_ms = http_wait (r);
  if (o.retry_after_ms < 0)
    o.retry_after_ms = retry_after_ms;
  o.latency_us = r->latency_us;
  host->observed (ctx, &o);
}

/* "Authorization: Basic …". Client id and secret as they are: Genesys Cloud makes both, of
 * characters that need no escape. */
static bool
basic_header (const struct oauth *o, struct text *header)
{
  struct text pair;
  text_init (&pair, OAUTH_MAX_HEADER / 2);
  text_puts (&pair, o->client_id);
  text_puts (&pair, ":");
  text_puts (&pair, o->client_secret);
  size_t size = (pair.len + 2) / 3 * 4 + 1;
  unsigned char *coded = text_ok (&pair) ? malloc (size) : NULL;
  if (coded != NULL) {
    EVP_EncodeBlock (coded, (const unsigned char *) pair.data, (int) pair.len);
    text_puts (header, "Authorization: Basic ");
    text_puts (header, (const char *) coded);
    o->host->wipe (coded, size);
  }
  free (coded);
  text_wipe (&pair);
  return coded != NULL && text_ok (header);
}

/* Only what may stand in a header (RFC 6750): nothing else is ever put into one. */
static bool
token_is_sound (const char *token, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (token[i] <= ' ' || token[i] > '~')
      return false;
  return len > 0;
}

static int32_t
take_token (const struct oauth *o, const struct http_reply *r, struct text *header, int64_t *ret_ms,
            char *why, size_t size)
{
  struct json body = {NULL, 0};
  char token[OAUTH_MAX_HEADER - 64];
  size_t len = 0;
  bool ok = json_check (text_get (&r->body), r->body.len, &body)
            && json_text (json_member (body, "access_token"), token, sizeof token, &len)
            && token_is_sound (token, len);
  int64_t lifetime = json_integer (json_member (body, "expires_in"), DEFAULT_LIFETIME_S);
  if (ok) {
    text_puts (header, "Authorization: Bearer ");
    text_add (header, token, len);
    *ret_ms = (lifetime > 0 && lifetime < 100000000 ? lifetime : DEFAULT_LIFETIME_S) * 1000;
  }
  o->host->wipe (token, sizeof token);
  if (ok && text_ok (header))
    return SYNCD_OK;
  snprintf (why, size, "POST %s: HTTP %d without an access token in it; check token_url",
            o->token_url, (int) r->status);
  return SYNCD_E_UNREACHABLE;
}

static bool
is_throttled (int32_t status, const struct scim_error *e)
{
  return status == 429 || (status == 400 && scim_error_says (e, "rate limit exceeded"));
}

static int32_t
code_of (int32_t status, const struct scim_error *e)
{
  if (is_throttled (status, e))
    return SYNCD_E_BUDGET;
  if (status == 408 || status >= 500)
    return SYNCD_E_UNREACHABLE;
  if (status == 401 || status == 403 || (status == 400 && e->json))
    return SYNCD_E_AUTH;
  return SYNCD_E_CONFIG;
}

static const char *
advice_of (int32_t code, const struct scim_error *e)
{
  if (code == SYNCD_E_AUTH && strcasecmp (e->code, "invalid_client") == 0)
    return "; check client_id and client_secret, that the OAuth client is of the grant type "
           "\"Client Credentials\" and active, and that region or base_url is the organisation's";
  if (code == SYNCD_E_AUTH)
    return "; check client_id, client_secret and token_url";
  return code == SYNCD_E_CONFIG ? "; check token_url: no token endpoint answers there" : "";
}

/* The peer's words never hold the secret, unless it echoes the request: then they are left out. */
static bool
leaks (const struct oauth *o, const struct scim_error *e)
{
  return o->client_secret[0] != '\0' && strstr (e->detail, o->client_secret) != NULL;
}

static int32_t
refuse (const struct oauth *o, struct syncd_ctx *ctx, const struct http_reply *r, char *why,
        size_t size)
{
  struct scim_error e;
  scim_error_parse (text_get (&r->body), r->body.len, &e);
  int32_t code = code_of (r->status, &e);
  const char *correlation = r->correlation[0] != '\0' ? r->correlation : e.context;
  oauth_observe (o->host, ctx, SYNCD_REQUEST_TOKEN, r, code == SYNCD_E_BUDGET, e.retry_after_ms);
  snprintf (why, size, "no access token: POST %s: HTTP %d%s%s: %s%s%s%s%s", o->token_url,
            (int) r->status, e.code[0] != '\0' ? " " : "", e.code,
            leaks (o, &e) ? "(not shown)" : e.detail,
            correlation[0] != '\0' ? " [correlation id " : "", correlation,
            correlation[0] != '\0' ? "]" : "", advice_of (code, &e));
  return code;
}

static int32_t
unanswered (const struct oauth *o, struct syncd_ctx *ctx, const struct http_reply *r, char *why,
            size_t size)
{
  oauth_observe (o->host, ctx, SYNCD_REQUEST_TOKEN, r, false, -1);
  snprintf (why, size, "no access token: POST %s: %s%s", o->token_url, r->why,
            r->untrusted ? "; check token_url and tls.ca_file"
                         : "; check token_url and the network");
  if (r->cancelled)
    return SYNCD_E_CANCELLED;
  return r->untrusted ? SYNCD_E_CONFIG : SYNCD_E_UNREACHABLE;
}

int32_t
oauth_request (struct oauth *o, struct syncd_ctx *ctx, struct http *http, struct text *ret_header,
               int64_t *ret_lifetime_ms, char *why, size_t size)
{
  static const char form[] = "grant_type=client_credentials";
  struct text basic;
  snprintf (why, size, "stopped before an access token was asked for");
  if (o->host->permit (ctx, SYNCD_REQUEST_TOKEN) != SYNCD_OK)
    return SYNCD_E_CANCELLED;
  text_init (&basic, OAUTH_MAX_HEADER);
  if (!basic_header (o, &basic)) {
    text_wipe (&basic);
    snprintf (why, size, "client_id and client_secret are too long");
    return SYNCD_E_CONFIG;
  }
  struct http_request q = {"POST",
                           o->token_url,
                           "application/json",
                           "application/x-www-form-urlencoded",
                           text_get (&basic),
                           NULL,
                           form,
                           sizeof form - 1,
                           MAX_TOKEN_REPLY};
  http_send (http, &q);
  text_wipe (&basic);
  const struct http_reply *r = http_reply (http);
  if (r->status == 0)
    return unanswered (o, ctx, r, why, size);
  if (r->status < 200 || r->status >= 300)
    return refuse (o, ctx, r, why, size);
  oauth_observe (o->host, ctx, SYNCD_REQUEST_TOKEN, r, false, -1);
  return take_token (o, r, ret_header, ret_lifetime_ms, why, size);
}
