/* http: one session's requests. See http.h. */
#include <config.h>

#include "http-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t
take_body (char *bytes, size_t size, size_t count, void *data)
{
  struct http *h = data;
  size_t len = size * count;
  text_add (&h->reply.body, bytes, len);
  h->reply.too_large = !text_ok (&h->reply.body);
  return h->reply.too_large ? 0 : len;
}

static size_t
take_header (char *bytes, size_t size, size_t count, void *data)
{
  http_header_line (data, bytes, size * count);
  return size * count;
}

static int
progress (void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
  struct http *h = data;
  (void) a, (void) b, (void) c, (void) d;
  h->reply.cancelled = h->cancelled (h->data) != 0;
  return h->reply.cancelled;
}

/* Called when a connection stands and the request is about to go. A second time means that
 * libcurl found the connection dead and would send again by itself: refused, because the peer may
 * have obeyed the first. */
static int
about_to_send (void *data, char *from, char *to, int from_port, int to_port)
{
  struct http *h = data;
  (void) from, (void) to, (void) from_port, (void) to_port;
  h->reply.sent = true;
  return h->attempts++ == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static CURLcode
lend_store (CURL *easy, void *ssl_ctx, void *data)
{
  struct http_client *c = data;
  (void) easy;
  SSL_CTX_set1_cert_store (ssl_ctx, c->store);
  return CURLE_OK;
}

static void
set_protocols (struct http *h)
{
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt (h->easy, CURLOPT_PROTOCOLS_STR, h->client->plaintext ? "http,https" : "https");
#else
  curl_easy_setopt (h->easy, CURLOPT_PROTOCOLS,
                    h->client->plaintext ? CURLPROTO_HTTP | CURLPROTO_HTTPS
                                         : (long) CURLPROTO_HTTPS);
#endif
}

static void
set_tls (struct http *h)
{
  struct http_client *c = h->client;
  curl_easy_setopt (h->easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt (h->easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt (h->easy, CURLOPT_SSLVERSION, c->tls_version);
  if (c->store != NULL) {
    curl_easy_setopt (h->easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt (h->easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt (h->easy, CURLOPT_SSL_CTX_DATA, c);
    curl_easy_setopt (h->easy, CURLOPT_SSL_CTX_FUNCTION, lend_store);
  } else if (c->ca_file != NULL) {
    curl_easy_setopt (h->easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt (h->easy, CURLOPT_CAINFO, c->ca_file);
  }
}

/* What holds for every request of the session. */
static void
set_once (struct http *h)
{
  curl_easy_setopt (h->easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (h->easy, CURLOPT_HTTP_VERSION, h->client->http_version);
  curl_easy_setopt (h->easy, CURLOPT_SHARE, h->client->share.curl);
  curl_easy_setopt (h->easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt (h->easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt (h->easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt (h->easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
  curl_easy_setopt (h->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt (h->easy, CURLOPT_TIMEOUT_MS, h->client->timeout_ms);
  curl_easy_setopt (h->easy, CURLOPT_CONNECTTIMEOUT_MS, h->client->timeout_ms);
  curl_easy_setopt (h->easy, CURLOPT_USERAGENT, h->client->user_agent);
  if (h->client->proxy != NULL)
    curl_easy_setopt (h->easy, CURLOPT_PROXY, h->client->proxy);
  curl_easy_setopt (h->easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt (h->easy, CURLOPT_WRITEDATA, h);
  curl_easy_setopt (h->easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt (h->easy, CURLOPT_HEADERDATA, h);
  curl_easy_setopt (h->easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt (h->easy, CURLOPT_XFERINFOFUNCTION, progress);
  curl_easy_setopt (h->easy, CURLOPT_XFERINFODATA, h);
  curl_easy_setopt (h->easy, CURLOPT_PREREQFUNCTION, about_to_send);
  curl_easy_setopt (h->easy, CURLOPT_PREREQDATA, h);
  curl_easy_setopt (h->easy, CURLOPT_ERRORBUFFER, h->error);
  set_protocols (h);
  set_tls (h);
}

struct header {
  const char *name, *value;
};

#define MAX_HEADERS 5

static size_t
headers_of (const struct http_request *q, struct header headers[MAX_HEADERS])
{
  size_t n = 0;
  headers[n++] = (struct header){"Accept: ", q->accept};
  if (q->body != NULL) {
    headers[n++] = (struct header){"Content-Type: ", q->content_type};
    headers[n++] = (struct header){"", "Expect:"};
  }
  if (q->authorization != NULL)
    headers[n++] = (struct header){"", q->authorization};
  if (q->if_match != NULL)
    headers[n++] = (struct header){"If-Match: ", q->if_match};
  return n;
}

static bool
is_line (const char *line, const struct header *header)
{
  size_t n = strlen (header->name);
  return strncmp (line, header->name, n) == 0 && strcmp (line + n, header->value) == 0;
}

static bool
same_headers (const struct curl_slist *list, const struct header *headers, size_t n)
{
  for (size_t i = 0; i < n; i++, list = list->next)
    if (list == NULL || !is_line (list->data, &headers[i]))
      return false;
  return list == NULL;
}

/* Values of our own come short; the authorization, as long as a token is, has no name here. */
static bool
add_header (struct curl_slist **list, const struct header *header)
{
  char line[512];
  const char *text = header->value;
  if (header->name[0] != '\0') {
    int n = snprintf (line, sizeof line, "%s%s", header->name, header->value);
    if (n < 0 || (size_t) n >= sizeof line || strpbrk (line, "\r\n") != NULL)
      return false;
    text = line;
  }
  struct curl_slist *more = curl_slist_append (*list, text);
  if (more != NULL)
    *list = more;
  return more != NULL;
}

/* They hold the token. */
static void
drop_headers (struct http *h)
{
  curl_easy_setopt (h->easy, CURLOPT_HTTPHEADER, NULL);
  for (struct curl_slist *l = h->headers; l != NULL; l = l->next)
    for (volatile char *p = l->data; *p != '\0'; p++)
      *p = 'x';
  curl_slist_free_all (h->headers);
  h->headers = NULL;
}

static bool
set_headers (struct http *h, const struct http_request *q)
{
  struct header headers[MAX_HEADERS];
  size_t n = headers_of (q, headers);
  if (same_headers (h->headers, headers, n))
    return true;
  drop_headers (h);
  for (size_t i = 0; i < n; i++)
    if (!add_header (&h->headers, &headers[i]))
      return false;
  curl_easy_setopt (h->easy, CURLOPT_HTTPHEADER, h->headers);
  return true;
}

struct http *
http_new (struct http_client *client, int (*cancelled) (void *), void *data)
{
  struct http *h = calloc (1, sizeof *h);
  if (h == NULL)
    return NULL;
  h->client = client;
  h->cancelled = cancelled;
  h->data = data;
  h->easy = curl_easy_init ();
  if (h->easy == NULL) {
    free (h);
    return NULL;
  }
  set_once (h);
  return h;
}

void
http_free (struct http *h)
{
  if (h == NULL)
    return;
  drop_headers (h);
  curl_easy_cleanup (h->easy);
  text_wipe (&h->reply.body);
  free (h);
}

const struct http_reply *
http_reply (const struct http *h)
{
  return &h->reply;
}

/* Empties the reply and keeps its buffer's memory, unless the last answer was a large one. */
static void
begin (struct http *h, size_t max)
{
  struct text body = h->reply.body;
  text_reset (&body);
  body.max = max;
  if (body.size > 1024 * 1024)
    text_fini (&body);
  memset (&h->reply, 0, sizeof h->reply);
  h->reply.body = body;
  h->reply.allowed = h->reply.used = h->reply.reset_ms = -1;
  h->error[0] = '\0';
  h->attempts = 0;
  h->head_ended = false;
}

static void
set_request (struct http *h, const struct http_request *q)
{
  curl_easy_setopt (h->easy, CURLOPT_URL, q->url);
  if (q->body != NULL) {
    curl_easy_setopt (h->easy, CURLOPT_POST, 1L);
    curl_easy_setopt (h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) q->body_len);
    curl_easy_setopt (h->easy, CURLOPT_POSTFIELDS, q->body);
  } else {
    curl_easy_setopt (h->easy, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt (h->easy, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt (h->easy, CURLOPT_CUSTOMREQUEST, q->method);
}

static void
explain (struct http *h, CURLcode code)
{
  struct http_reply *r = &h->reply;
  const char *words = h->error[0] != '\0' ? h->error : curl_easy_strerror (code);
  r->untrusted = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
  if (r->too_large)
    words = "the answer is larger than we take";
  else if (r->cancelled)
    words = "stopped";
  else if (code == CURLE_OK)
    words = "the connection was closed in the middle of the answer's headers";
  else if (h->attempts > 1)
    words = "the connection was closed before an answer came";
  text_plain (words, strlen (words), r->why, sizeof r->why);
  r->status = 0;
}

/* Half of the headers is no answer, though libcurl takes it for one: the status alone would be
 * believed, and of a refusal even where the words that it came with were lost. */
static void
perform (struct http *h)
{
  struct http_reply *r = &h->reply;
  CURLcode code = curl_easy_perform (h->easy);
  curl_off_t total = 0;
  long status = 0;
  curl_easy_getinfo (h->easy, CURLINFO_TOTAL_TIME_T, &total);
  curl_easy_getinfo (h->easy, CURLINFO_RESPONSE_CODE, &status);
  r->latency_us = total;
  r->status = (int32_t) status;
  if (code != CURLE_OK || !h->head_ended)
    explain (h, code);
}

void
http_send (struct http *h, const struct http_request *q)
{
  begin (h, q->max_reply);
  if (set_headers (h, q)) {
    set_request (h, q);
    perform (h);
    curl_easy_setopt (h->easy, CURLOPT_POSTFIELDS, NULL);
  } else {
    drop_headers (h);
    snprintf (h->reply.why, sizeof h->reply.why, "the request's headers could not be built");
  }
}
