/* http: one peer's requests over libcurl, for sinks.
 *
 * A struct http_client holds what sessions share (settings, TLS sessions to be resumed, and the CA
 * certificates, loaded once: libcurl alone would load them for every connection).
 * A struct http is one session's connection, kept alive between requests; one thread at a time.
 * Certificates are always verified, redirects never followed, replies bounded, and no request is
 * ever repeated, not even by libcurl on a dead connection. Nothing here waits or retries. */
#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include "text.h"

#include <stdbool.h>
#include <stdint.h>

/* Names of the headers by which a peer tells its limits; NULL: it does not. */
struct http_header_names {
  const char *allowed; /* requests a window */
  const char *used;
  const char *reset; /* seconds until the window ends */
  const char *correlation;
};

struct http_settings {
  const char *ca_file; /* NULL: the system's */
  const char *min_tls; /* "1.2" or "1.3" */
  const char *proxy;   /* NULL: libcurl's own variables decide */
  const char *user_agent;
  int64_t timeout_ms; /* of a whole request; 0: 20 s */
  bool plaintext;     /* http:// is allowed */
  bool tls;           /* TLS will be used: load the certificates */
  bool http2;         /* offer HTTP/2 over TLS; else it is HTTP/1.1 */
  const struct http_header_names *names;
};

struct http_client;
struct http;

/* Once a process, before threads: in load(). */
bool http_global_init (void);
void http_global_cleanup (void);

/* Settings are copied, NAMES is kept. NULL with WHY filled on failure. */
struct http_client *http_client_new (const struct http_settings *, char *why, size_t size);
void http_client_free (struct http_client *);

/* CANCELLED is asked about once a second and more while a request runs. */
struct http *http_new (struct http_client *, int (*cancelled) (void *), void *data);
void http_free (struct http *);

struct http_request {
  const char *method; /* "GET", "POST", … */
  const char *url;
  const char *accept;
  const char *content_type;  /* with a body */
  const char *authorization; /* the whole header line; our copy, kept for the next request, is wiped
                                when another comes or the session ends; NULL: none */
  const char *if_match;      /* the header's value or NULL */
  const char *body;          /* NULL: none */
  size_t body_len;
  size_t max_reply; /* a longer body is a failure */
};

struct http_reply {
  int32_t status;   /* 0: no answer */
  bool sent;        /* the request may have reached the peer */
  bool cancelled;   /* given up because CANCELLED said so */
  bool too_large;   /* the body is longer than max_reply */
  bool untrusted;   /* the peer's certificate was not accepted */
  struct text body; /* until the next request */
  char content_type[64];
  char etag[160];
  char location[512];
  char correlation[96];
  char retry_after[64];
  char date[40]; /* the peer's clock */
  int64_t allowed, used, reset_ms; /* -1: not told */
  int64_t latency_us;
  char why[512]; /* without an answer: what happened, for people */
};

/* Sends one request and collects the answer in what http_reply() gives. */
void http_send (struct http *, const struct http_request *);
const struct http_reply *http_reply (const struct http *);

/* A Retry-After: seconds or an HTTP date, in ms from NOW (s since 1970); -1: not understood. */
int64_t http_retry_after (const char *value, int64_t now);
/* The reply's Retry-After in ms; a date is taken by the peer's own clock, where it tells that. */
int64_t http_wait (const struct http_reply *);

#endif
