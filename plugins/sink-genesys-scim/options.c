/* options: what can be configured, and the instance made of it. */
#include <config.h>

#include "endpoints.h"
#include "sink.h"

#include <stdlib.h>
#include <string.h>

const struct syncd_option sink_options[SINK_OPTIONS] = {
    {"region", SYNCD_OPT_STRING, 0, NULL, NULL, NULL,
     "AWS region of the organisation, such as eu-west-1; or set base_url"},
    {"base_url", SYNCD_OPT_URI, 0, ENDPOINTS_DEFAULT, NULL, "GENESYS_BASE_URL",
     "base address of the API"},
    {"token_url", SYNCD_OPT_URI, 0, NULL, NULL, NULL,
     "address of the token endpoint, where it is not derived from base_url"},
    {"scim_path", SYNCD_OPT_STRING, 0, "/api/v2/scim/v2", NULL, NULL,
     "path of the SCIM service below base_url"},
    {"client_id", SYNCD_OPT_STRING | SYNCD_OPT_REQUIRED, 0, NULL, NULL, "GENESYS_CLIENT_ID",
     "id of the OAuth client"},
    {"client_secret", SYNCD_OPT_STRING | SYNCD_OPT_REQUIRED | SYNCD_OPT_SECRET, 0, NULL, NULL,
     "GENESYS_CLIENT_SECRET", "secret of the OAuth client"},
    {"tls.ca_file", SYNCD_OPT_PATH, 0, NULL, NULL, NULL,
     "PEM file of the CAs to trust instead of the system's"},
    {"tls.min_version", SYNCD_OPT_ENUM, 0, "1.2", "1.2 1.3", NULL, "lowest version of TLS"},
    {"http_version", SYNCD_OPT_ENUM, 0, "1.1", "1.1 2", NULL,
     "2: use HTTP/2 where the service offers it"},
    {"page_size", SYNCD_OPT_INT, 0, "0", NULL, NULL,
     "accounts in a page of a list; 0: chosen by what is asked for"},
};

static const struct http_header_names header_names = {
    "inin-ratelimit-allowed", "inin-ratelimit-count", "inin-ratelimit-reset",
    "inin-correlation-id"};

/* Not by itself: each session has a connection of its own, where HTTP/2 has nothing to multiplex and
 * costs libcurl more for each request (BENCHMARKING.md, "HTTP/2"). */
static bool
wants_http2 (const char *version)
{
  return version != NULL && strcmp (version, "2") == 0;
}

static int32_t
make_client (struct sink *k, const struct syncd_config *config, const struct endpoints *e,
             char *why, size_t size)
{
  const struct syncd_host *h = k->host;
  struct http_settings s = {h->config_text (config, "tls.ca_file"),
                            h->config_text (config, "tls.min_version"),
                            h->config_text (config, "proxy"),
                            "syncd/" PACKAGE_VERSION " (genesys-scim)",
                            h->config_number (config, "timeout"),
                            e->plain,
                            e->tls,
                            wants_http2 (h->config_text (config, "http_version")),
                            &header_names};
  struct oauth_settings o = {h, e->token, h->config_text (config, "client_id"),
                             h->config_text (config, "client_secret")};
  k->client.host = h;
  k->client.base = strdup (e->scim);
  k->client.http = http_client_new (&s, why, size);
  k->client.oauth = oauth_new (&o);
  return k->client.base != NULL && k->client.http != NULL && k->client.oauth != NULL
             ? SYNCD_OK
             : SYNCD_E_CONFIG;
}

int32_t
sink_configure (struct syncd_ctx *ctx, const struct syncd_config *config, struct sink *k)
{
  const struct syncd_host *h = k->host;
  struct endpoints e;
  char why[1600] = "no memory";
  const char *id = h->config_text (config, "client_id"),
             *secret = h->config_text (config, "client_secret");
  const char *path = h->config_text (config, "scim_path");
  struct endpoints_wanted w = {
      h->config_text (config, "region"), h->config_text (config, "base_url"),
      h->config_text (config, "token_url"), path != NULL ? path : "/api/v2/scim/v2",
      h->config_number (config, "allow_plaintext") != 0};
  if (id == NULL || id[0] == '\0' || secret == NULL || secret[0] == '\0')
    return h->fail (ctx, SYNCD_E_CONFIG,
                    "%s: client_id and client_secret must be set (or GENESYS_CLIENT_ID and "
                    "GENESYS_CLIENT_SECRET)",
                    h->config_name (config));
  if (!endpoints_resolve (&w, &e, why, sizeof why))
    return h->fail (ctx, SYNCD_E_CONFIG, "%s: %s", h->config_name (config), why);
  k->page_size = h->config_number (config, "page_size");
  if (k->page_size < 0 || k->page_size > 1000)
    return h->fail (ctx, SYNCD_E_CONFIG, "%s: page_size must be 0 (automatic) to 1000",
                    h->config_name (config));
  k->plain = e.plain;
  if (make_client (k, config, &e, why, sizeof why) != SYNCD_OK)
    return h->fail (ctx, SYNCD_E_CONFIG, "%s: %s", h->config_name (config), why);
  return SYNCD_OK;
}
