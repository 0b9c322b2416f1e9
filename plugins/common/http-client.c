/* http-client: what sessions share: settings and the certificates of the CAs. See http.h.
 *
 * The X509_STORE is loaded once and lent to each connection through CURLOPT_SSL_CTX_FUNCTION.
 * Where libcurl was built with another TLS library, it loads the file itself. */
#include <config.h>

#include "http-private.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
copy (const char *s)
{
  return s != NULL ? strdup (s) : NULL;
}

static bool
uses_our_openssl (void)
{
  const curl_version_info_data *v = curl_version_info (CURLVERSION_NOW);
  return v->ssl_version != NULL && strncmp (v->ssl_version, "OpenSSL/3", 9) == 0;
}

/* Why the CA certificates cannot be read, in words; clears OpenSSL's queue. */
static void
explain_store (const char *file, char *why, size_t size)
{
  const char *reason = ERR_reason_error_string (ERR_peek_last_error ());
  ERR_clear_error ();
  snprintf (why, size,
            "cannot load CA certificates from %s: %s; tls.ca_file must name a readable PEM file",
            file != NULL ? file : "the system's folders",
            reason != NULL ? reason : "no certificate in it");
}

static bool
load_store (struct http_client *c, char *why, size_t size)
{
  if (!uses_our_openssl ())
    return true;
  c->store = X509_STORE_new ();
  int ok = c->store != NULL
           && (c->ca_file != NULL ? X509_STORE_load_file (c->store, c->ca_file)
                                  : X509_STORE_set_default_paths (c->store));
  if (!ok)
    explain_store (c->ca_file, why, size);
  return ok;
}

struct http_client *
http_client_new (const struct http_settings *s, char *why, size_t size)
{
  struct http_client *c = calloc (1, sizeof *c);
  snprintf (why, size, "no memory");
  if (c == NULL)
    return NULL;
  c->ca_file = copy (s->ca_file);
  c->proxy = copy (s->proxy);
  c->user_agent = copy (s->user_agent);
  c->timeout_ms = s->timeout_ms > 0 ? (long) s->timeout_ms : 20000;
  c->tls_version = s->min_tls != NULL && strcmp (s->min_tls, "1.3") == 0 ? CURL_SSLVERSION_TLSv1_3
                                                                         : CURL_SSLVERSION_TLSv1_2;
  c->http_version = s->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
  c->plaintext = s->plaintext;
  c->names = s->names;
  bool copied = (c->ca_file != NULL) == (s->ca_file != NULL)
                && (c->proxy != NULL) == (s->proxy != NULL)
                && (c->user_agent != NULL) == (s->user_agent != NULL);
  if (http_share_init (&c->share) && copied && (!s->tls || load_store (c, why, size)))
    return c;
  http_client_free (c);
  return NULL;
}

void
http_client_free (struct http_client *c)
{
  if (c == NULL)
    return;
  http_share_fini (&c->share);
  X509_STORE_free (c->store);
  free (c->ca_file);
  free (c->proxy);
  free (c->user_agent);
  free (c);
}

bool
http_global_init (void)
{
  return curl_global_init (CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void
http_global_cleanup (void)
{
  curl_global_cleanup ();
}
