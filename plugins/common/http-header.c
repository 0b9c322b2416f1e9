/* http-header: the few response headers that sinks look at, and Retry-After. See http.h. */
#include <config.h>

#include "http-private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A new answer begins (a proxy's or an interim one came before it). */
static void
forget (struct http_reply *r)
{
  r->content_type[0] = r->etag[0] = r->location[0] = '\0';
  r->correlation[0] = r->retry_after[0] = r->date[0] = '\0';
  r->allowed = r->used = r->reset_ms = -1;
}

/* A value that does not fit is dropped: half of one would be wrong. */
static void
keep (char *out, size_t size, const char *value, size_t len)
{
  if (len < size && memchr (value, '\0', len) == NULL) {
    memcpy (out, value, len);
    out[len] = '\0';
  }
}

static int64_t
number (const char *value, size_t len)
{
  int64_t n = 0;
  if (len == 0 || len > 12)
    return -1;
  for (size_t i = 0; i < len; i++) {
    if (value[i] < '0' || value[i] > '9')
      return -1;
    n = n * 10 + (value[i] - '0');
  }
  return n;
}

struct line {
  const char *name;
  size_t name_len;
  const char *value;
  size_t len;
};

static bool
named (const struct line *l, const char *name)
{
  return name != NULL && (l->name[0] | 0x20) == (name[0] | 0x20) && strlen (name) == l->name_len
         && strncasecmp (name, l->name, l->name_len) == 0;
}

static void
keep_limit (struct http_reply *r, const struct http_header_names *n, const struct line *l)
{
  int64_t value = number (l->value, l->len);
  if (named (l, n->allowed))
    r->allowed = value;
  else if (named (l, n->used))
    r->used = value;
  else if (named (l, n->reset))
    r->reset_ms = value < 0 ? -1 : value * 1000;
  else if (named (l, n->correlation))
    text_plain (l->value, l->len, r->correlation, sizeof r->correlation);
}

void
http_header_line (struct http *h, const char *text, size_t len)
{
  struct http_reply *r = &h->reply;
  const char *colon = memchr (text, ':', len);
  if (len >= 5 && strncmp (text, "HTTP/", 5) == 0) {
    forget (r);
    h->head_ended = false;
  }
  if ((len == 1 && text[0] == '\n') || (len == 2 && text[0] == '\r' && text[1] == '\n'))
    h->head_ended = true;
  if (colon == NULL)
    return;
  struct line l = {text, (size_t) (colon - text), colon + 1, len - (size_t) (colon + 1 - text)};
  for (; l.len > 0 && (*l.value == ' ' || *l.value == '\t'); l.len--)
    l.value++;
  while (l.len > 0 && strchr (" \t\r\n", l.value[l.len - 1]) != NULL)
    l.len--;
  if (named (&l, "content-type"))
    keep (r->content_type, sizeof r->content_type, l.value, l.len);
  else if (named (&l, "etag"))
    keep (r->etag, sizeof r->etag, l.value, l.len);
  else if (named (&l, "location"))
    keep (r->location, sizeof r->location, l.value, l.len);
  else if (named (&l, "retry-after"))
    keep (r->retry_after, sizeof r->retry_after, l.value, l.len);
  else if (named (&l, "date"))
    keep (r->date, sizeof r->date, l.value, l.len);
  else if (h->client->names != NULL)
    keep_limit (r, h->client->names, &l);
}

int64_t
http_retry_after (const char *value, int64_t now)
{
  int64_t seconds = number (value, strlen (value));
  if (value[0] == '\0')
    return -1;
  if (seconds < 0) {
    time_t at = curl_getdate (value, NULL);
    if (at < 0 || strchr (value, ':') == NULL)
      return -1;
    seconds = (int64_t) at > now ? (int64_t) at - now : 0;
  }
  return (seconds < 31536000 ? seconds : 31536000) * 1000;
}

int64_t
http_wait (const struct http_reply *r)
{
  time_t peer = r->retry_after[0] != '\0' && r->date[0] != '\0' ? curl_getdate (r->date, NULL) : -1;
  return http_retry_after (r->retry_after, (int64_t) (peer < 0 ? time (NULL) : peer));
}
