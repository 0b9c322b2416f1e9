/* oauth: an access token by client credentials (RFC 6749 section 4.4), shared by the sessions of
 * an instance: one of them renews it while the others wait. Renewed a minute before it expires. */
#ifndef COMMON_OAUTH_H
#define COMMON_OAUTH_H

#include "http.h"

#include <syncd/plugin.h>

struct oauth;

struct oauth_settings {
  const struct syncd_host *host;
  const char *token_url;
  const char *client_id;     /* borrowed for as long as the struct oauth lives, */
  const char *client_secret; /* as the host's options are */
};

struct oauth *oauth_new (const struct oauth_settings *);
void oauth_free (struct oauth *);

/* Puts "Authorization: Bearer …" into RET_HEADER, asking for a token over HTTP where there is
 * none. RET_GENERATION names the token for oauth_reject(). SYNCD_OK or SYNCD_E_*, with WHY. */
int32_t oauth_header (struct oauth *, struct syncd_ctx *, struct http *, struct text *ret_header,
                      uint64_t *ret_generation, char *why, size_t size);

/* The service refused that token: it is not used again. */
void oauth_reject (struct oauth *, uint64_t generation);

/* Tells the host of a request's answer. RETRY_AFTER_MS: see scim_error, -1 for none. */
void oauth_observe (const struct syncd_host *, struct syncd_ctx *, uint32_t kind,
                    const struct http_reply *, bool throttled, int64_t retry_after_ms);

#endif
