/* url: see url.h. */
#include <config.h>

#include "url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool
part (CURLU *u, CURLUPart what, char *out, size_t size)
{
  char *value = NULL;
  bool fits = true;
  out[0] = '\0';
  if (curl_url_get (u, what, &value, 0) == CURLUE_OK)
    fits = (size_t) snprintf (out, size, "%s", value) < size;
  curl_free (value);
  return fits;
}

static bool
has (CURLU *u, CURLUPart what)
{
  char *value = NULL;
  bool there = curl_url_get (u, what, &value, 0) == CURLUE_OK;
  curl_free (value);
  return there;
}

static bool
is_loopback (const char *host)
{
  size_t n = strlen (host);
  if (strcasecmp (host, "localhost") == 0 || strcmp (host, "[::1]") == 0)
    return true;
  return strncmp (host, "127.", 4) == 0 && n == strspn (host, "0123456789.");
}

static const char *
take_apart (CURLU *u, const char *text, struct url *ret)
{
  char scheme[16], port[8];
  if (curl_url_set (u, CURLUPART_URL, text, 0) != CURLUE_OK
      || !part (u, CURLUPART_SCHEME, scheme, sizeof scheme)
      || (strcmp (scheme, "https") != 0 && strcmp (scheme, "http") != 0))
    return "is no https:// address";
  if (has (u, CURLUPART_USER) || has (u, CURLUPART_PASSWORD))
    return "must not hold a user or password";
  if (has (u, CURLUPART_QUERY) || has (u, CURLUPART_FRAGMENT))
    return "must not have a query or fragment";
  if (!part (u, CURLUPART_HOST, ret->host, sizeof ret->host)
      || !part (u, CURLUPART_PATH, ret->path, sizeof ret->path)
      || !part (u, CURLUPART_PORT, port, sizeof port) || ret->host[0] == '\0')
    return "is too long or has no host";
  snprintf (ret->port, sizeof ret->port, "%s%.6s", port[0] != '\0' ? ":" : "", port);
  ret->https = strcmp (scheme, "https") == 0;
  ret->loopback = is_loopback (ret->host);
  return NULL;
}

bool
url_parse (const char *text, struct url *ret, char *why, size_t size)
{
  CURLU *u = curl_url ();
  struct url url;
  memset (&url, 0, sizeof url);
  const char *wrong = u != NULL ? take_apart (u, text, &url) : "cannot be read: no memory";
  curl_url_cleanup (u);
  for (size_t n = strlen (url.path); n > 0 && url.path[n - 1] == '/'; n--)
    url.path[n - 1] = '\0';
  if (wrong != NULL)
    snprintf (why, size, "%s", wrong);
  else
    *ret = url;
  return wrong == NULL;
}

void
url_origin (const struct url *u, char *out, size_t size)
{
  snprintf (out, size, "%s://%s%s", u->https ? "https" : "http", u->host, u->port);
}
