/* http-share: what connections of different sessions have in common: TLS sessions, so that a new
 * connection resumes instead of shaking hands in full, and names that were looked up. libcurl keeps
 * both for a handle alone unless it is told to share them; connections themselves are not shared
 * (libcurl cannot do that between threads). Any thread: each kind has its lock. */
#include <config.h>

#include "http-private.h"

#include <stdlib.h>

static void
lock (CURL *easy, curl_lock_data kind, curl_lock_access access, void *data)
{
  struct http_share *s = data;
  (void) easy, (void) access;
  pthread_mutex_lock (&s->locks[kind]);
}

static void
unlock (CURL *easy, curl_lock_data kind, void *data)
{
  struct http_share *s = data;
  (void) easy;
  pthread_mutex_unlock (&s->locks[kind]);
}

static bool
share_kinds (struct http_share *s)
{
  return curl_share_setopt (s->curl, CURLSHOPT_LOCKFUNC, lock) == CURLSHE_OK
         && curl_share_setopt (s->curl, CURLSHOPT_UNLOCKFUNC, unlock) == CURLSHE_OK
         && curl_share_setopt (s->curl, CURLSHOPT_USERDATA, s) == CURLSHE_OK
         && curl_share_setopt (s->curl, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) == CURLSHE_OK
         && curl_share_setopt (s->curl, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK;
}

bool
http_share_init (struct http_share *s)
{
  for (size_t i = 0; i < HTTP_SHARE_LOCKS; i++)
    pthread_mutex_init (&s->locks[i], NULL);
  s->curl = curl_share_init ();
  return s->curl != NULL && share_kinds (s);
}

void
http_share_fini (struct http_share *s)
{
  if (s->curl != NULL)
    curl_share_cleanup (s->curl);
  for (size_t i = 0; i < HTTP_SHARE_LOCKS; i++)
    pthread_mutex_destroy (&s->locks[i]);
}
