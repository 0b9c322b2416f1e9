/* oauth: the cached token and who renews it. The request itself is in oauth-request.c. */
#include <config.h>

#include "oauth-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RENEW_BEFORE_MS 60000
#define REFUSAL_HOLDS_MS 1000

static int64_t
monotonic_ms (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
init_locks (struct oauth *o)
{
  pthread_condattr_t attr;
  if (pthread_mutex_init (&o->lock, NULL) != 0)
    return -1;
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  int rc = pthread_cond_init (&o->renewed, &attr);
  pthread_condattr_destroy (&attr);
  if (rc != 0)
    pthread_mutex_destroy (&o->lock);
  return rc;
}

struct oauth *
oauth_new (const struct oauth_settings *s)
{
  struct oauth *o = calloc (1, sizeof *o);
  char *url = strdup (s->token_url);
  if (o == NULL || url == NULL || init_locks (o) != 0) {
    free (o);
    free (url);
    return NULL;
  }
  o->host = s->host;
  o->token_url = url;
  o->client_id = s->client_id;
  o->client_secret = s->client_secret;
  text_init (&o->header, OAUTH_MAX_HEADER);
  return o;
}

void
oauth_free (struct oauth *o)
{
  if (o == NULL)
    return;
  text_wipe (&o->header);
  pthread_cond_destroy (&o->renewed);
  pthread_mutex_destroy (&o->lock);
  free (o->token_url);
  free (o);
}

void
oauth_reject (struct oauth *o, uint64_t generation)
{
  pthread_mutex_lock (&o->lock);
  if (o->generation == generation)
    o->renew_at = 0;
  pthread_mutex_unlock (&o->lock);
}

static bool
fresh (const struct oauth *o)
{
  return o->header.len > 0 && monotonic_ms () < o->renew_at;
}

/* With the lock held: waits while another session renews, but never long without asking whether
 * the call should end. */
static int32_t
wait_for_other (struct oauth *o, struct syncd_ctx *ctx)
{
  while (o->renewing) {
    struct timespec until;
    clock_gettime (CLOCK_MONOTONIC, &until);
    until.tv_nsec += 200000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait (&o->renewed, &o->lock, &until);
    if (o->renewing && o->host->cancelled (ctx))
      return SYNCD_E_CANCELLED;
  }
  return SYNCD_OK;
}

/* With the lock held, which is given up during the request. */
static int32_t
renew (struct oauth *o, struct syncd_ctx *ctx, struct http *http, char *why, size_t size)
{
  struct text header;
  int64_t lifetime_ms = 0;
  text_init (&header, OAUTH_MAX_HEADER);
  o->renewing = true;
  pthread_mutex_unlock (&o->lock);
  int32_t rc = oauth_request (o, ctx, http, &header, &lifetime_ms, why, size);
  pthread_mutex_lock (&o->lock);
  o->renewing = false;
  if (rc == SYNCD_OK) {
    text_wipe (&o->header);
    o->header = header;
    o->generation++;
    int64_t early = lifetime_ms > 2 * RENEW_BEFORE_MS ? RENEW_BEFORE_MS : lifetime_ms / 4;
    o->renew_at = monotonic_ms () + lifetime_ms - early;
  } else {
    text_wipe (&header);
    snprintf (o->why, sizeof o->why, "%s", why);
  }
  o->failure = rc;
  o->failed_at = monotonic_ms ();
  pthread_cond_broadcast (&o->renewed);
  return rc;
}

/* The endpoint is not asked once for each session: a failure is that of all who waited for it, and a
 * refusal that of all who come soon after. */
static bool
shares_failure (const struct oauth *o, bool waited)
{
  bool soon = o->failure == SYNCD_E_AUTH && monotonic_ms () < o->failed_at + REFUSAL_HOLDS_MS;
  return o->failure != SYNCD_OK && o->failure != SYNCD_E_CANCELLED && (waited || soon) && !fresh (o);
}

/* With the lock held: waits for another session's renewal, if there is one. */
static int32_t
share_renewal (struct oauth *o, struct syncd_ctx *ctx, char *why, size_t size)
{
  bool waited = o->renewing;
  int32_t rc = wait_for_other (o, ctx);
  if (rc == SYNCD_E_CANCELLED)
    snprintf (why, size, "stopped while waiting for an access token");
  if (rc != SYNCD_OK || !shares_failure (o, waited))
    return rc;
  snprintf (why, size, "%s", o->why);
  return o->failure;
}

int32_t
oauth_header (struct oauth *o, struct syncd_ctx *ctx, struct http *http, struct text *ret_header,
              uint64_t *ret_generation, char *why, size_t size)
{
  pthread_mutex_lock (&o->lock);
  int32_t rc = share_renewal (o, ctx, why, size);
  if (rc == SYNCD_OK && !fresh (o))
    rc = renew (o, ctx, http, why, size);
  if (rc == SYNCD_OK) {
    text_reset (ret_header);
    text_add (ret_header, text_get (&o->header), o->header.len);
    *ret_generation = o->generation;
    if (!text_ok (ret_header)) {
      snprintf (why, size, "no memory for the access token");
      rc = SYNCD_E_INTERNAL;
    }
  }
  pthread_mutex_unlock (&o->lock);
  return rc;
}
