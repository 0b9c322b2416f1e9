/* bare_client BASE_URL TOKEN_URL CLIENT_ID SECRET COUNT SESSIONS
 *
 * What the wire itself allows: COUNT creates over SESSIONS kept connections by libcurl's easy
 * handles, a thread each, replies not looked at and nothing recorded. The yardstick for what syncd
 * adds to that (BENCHMARKING.md). Prints the seconds from the first to the last answer. */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <jansson.h>

struct bare {
  const char *base;
  char authorization[600];
  long count;
  atomic_long next, failed;
};

struct reply {
  char bytes[8192];
  size_t len;
};

static size_t
keep (char *bytes, size_t size, size_t n, void *data)
{
  struct reply *reply = data;
  size_t len = size * n, room = sizeof reply->bytes - 1 - reply->len;
  memcpy (reply->bytes + reply->len, bytes, len < room ? len : room);
  reply->len += len < room ? len : room;
  reply->bytes[reply->len] = '\0';
  return len;
}

static size_t
drop (char *bytes, size_t size, size_t n, void *data)
{
  (void) bytes;
  (void) data;
  return size * n;
}

static int
get_token (struct bare *bare, const char *url, const char *client, const char *secret)
{
  struct reply reply = { .len = 0 };
  CURL *curl = curl_easy_init ();
  curl_easy_setopt (curl, CURLOPT_URL, url);
  curl_easy_setopt (curl, CURLOPT_USERNAME, client);
  curl_easy_setopt (curl, CURLOPT_PASSWORD, secret);
  curl_easy_setopt (curl, CURLOPT_POSTFIELDS, "grant_type=client_credentials");
  curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt (curl, CURLOPT_WRITEDATA, &reply);
  int rc = curl_easy_perform (curl);
  curl_easy_cleanup (curl);
  json_t *json = rc == CURLE_OK ? json_loads (reply.bytes, 0, NULL) : NULL;
  const char *token = json_string_value (json_object_get (json, "access_token"));
  if (token)
    snprintf (bare->authorization, sizeof bare->authorization, "Authorization: Bearer %s", token);
  json_decref (json);
  return bare->authorization[0] ? 0 : -1;
}

/* As many bytes as syncd's own document of the bench's people. */
static void
write_document (char *out, size_t size, long i)
{
  snprintf (out, size,
            "{\"active\":true,\"displayName\":\"Ada Person%ld\",\"emails\":[{\"type\":\"work\",\"value\":"
            "\"u%07ld@example.com\"}],\"externalId\":\"00000000-0000-4000-8000-%012ld\",\"phoneNumbers\":"
            "[{\"type\":\"work\",\"value\":\"+4930%07ld\"}],\"schemas\":[\"urn:ietf:params:scim:schemas:"
            "core:2.0:User\"],\"title\":\"Engineer\",\"userName\":\"u%07ld@example.com\"}",
            i, i, i, i, i);
}

static void *
session (void *data)
{
  struct bare *bare = data;
  char url[600], document[1024];
  long i, status;
  CURL *curl = curl_easy_init ();
  struct curl_slist *headers = curl_slist_append (NULL, bare->authorization);
  headers = curl_slist_append (headers, "Content-Type: application/scim+json");
  snprintf (url, sizeof url, "%s/api/v2/scim/v2/users", bare->base);
  curl_easy_setopt (curl, CURLOPT_URL, url);
  curl_easy_setopt (curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
  while ((i = atomic_fetch_add (&bare->next, 1)) < bare->count) {
    write_document (document, sizeof document, i);
    curl_easy_setopt (curl, CURLOPT_POSTFIELDS, document);
    int rc = curl_easy_perform (curl);
    curl_easy_getinfo (curl, CURLINFO_RESPONSE_CODE, &status);
    if (rc != CURLE_OK || status != 201)
      atomic_fetch_add (&bare->failed, 1);
  }
  curl_slist_free_all (headers);
  curl_easy_cleanup (curl);
  return NULL;
}

static double
now (void)
{
  struct timespec at;
  clock_gettime (CLOCK_MONOTONIC, &at);
  return (double) at.tv_sec + (double) at.tv_nsec / 1e9;
}

static double
run (struct bare *bare, int sessions)
{
  pthread_t threads[256];
  double began = now ();
  for (int i = 0; i < sessions; i++)
    if (pthread_create (&threads[i], NULL, session, bare) != 0)
      exit (1);
  for (int i = 0; i < sessions; i++)
    pthread_join (threads[i], NULL);
  return now () - began;
}

int
main (int argc, char **argv)
{
  struct bare bare = { .base = argc == 7 ? argv[1] : "" };
  int sessions = argc == 7 ? atoi (argv[6]) : 0;
  if (sessions < 1 || sessions > 256) {
    fprintf (stderr, "usage: bare_client BASE_URL TOKEN_URL CLIENT_ID SECRET COUNT SESSIONS\n");
    return 2;
  }
  curl_global_init (CURL_GLOBAL_DEFAULT);
  bare.count = atol (argv[5]);
  if (get_token (&bare, argv[2], argv[3], argv[4]) < 0) {
    fprintf (stderr, "bare_client: no access token from %s\n", argv[2]);
    return 1;
  }
  double seconds = run (&bare, sessions);
  printf ("%.3f\n", seconds);
  if (bare.failed)
    fprintf (stderr, "bare_client: %ld of %ld creates failed\n", bare.failed, bare.count);
  return bare.failed ? 1 : 0;
}
