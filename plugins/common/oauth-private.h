/* oauth-private: what oauth.c and oauth-request.c share. */
#ifndef COMMON_OAUTH_PRIVATE_H
#define COMMON_OAUTH_PRIVATE_H

#include "oauth.h"

#include <pthread.h>

#define OAUTH_MAX_HEADER ((size_t) 16 * 1024)

struct oauth {
  const struct syncd_host *host;
  char *token_url;
  const char *client_id;
  const char *client_secret;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t renewed;
  bool renewing;
  struct text header;  /* "Authorization: Bearer …" */
  uint64_t generation; /* counts the tokens */
  int64_t renew_at;    /* CLOCK_MONOTONIC, ms */
  int32_t failure;     /* of the last renewal; SYNCD_OK where it succeeded */
  int64_t failed_at;
  char why[1200];
};

/* One request to the token endpoint. */
int32_t oauth_request (struct oauth *, struct syncd_ctx *, struct http *, struct text *ret_header,
                       int64_t *ret_lifetime_ms, char *why, size_t size);

#endif
