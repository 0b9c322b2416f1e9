/* endpoints: regions, and what is derived from them. See endpoints.h. */
#include <config.h>

#include "endpoints.h"
#include "url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
  const char *name;
  const char *domain;
} regions[] = {
    {"us-east-1", "mypurecloud.com"},
    {"us-east-2", "use2.us-gov-pure.cloud"},
    {"us-west-2", "usw2.pure.cloud"},
    {"ca-central-1", "cac1.pure.cloud"},
    {"mx-central-1", "mxc1.pure.cloud"},
    {"sa-east-1", "sae1.pure.cloud"},
    {"eu-west-1", "mypurecloud.ie"},
    {"eu-west-2", "euw2.pure.cloud"},
    {"eu-central-1", "mypurecloud.de"},
    {"eu-central-2", "euc2.pure.cloud"},
    {"eusc-de-east-1", "edee1.eusc-pure.cloud"},
    {"me-central-1", "mec1.pure.cloud"},
    {"ap-south-1", "aps1.pure.cloud"},
    {"ap-southeast-1", "apse1.pure.cloud"},
    {"ap-southeast-2", "mypurecloud.com.au"},
    {"ap-northeast-1", "mypurecloud.jp"},
    {"ap-northeast-2", "apne2.pure.cloud"},
    {"ap-northeast-3", "apne3.pure.cloud"},
};

#define REGIONS (sizeof regions / sizeof regions[0])

const char *
endpoints_region (const char *name)
{
  for (size_t i = 0; i < REGIONS; i++)
    if (strcasecmp (regions[i].name, name) == 0)
      return regions[i].domain;
  return NULL;
}

static void
name_regions (char *out, size_t size)
{
  size_t n = 0;
  for (size_t i = 0; i < REGIONS && n < size; i++)
    n += (size_t) snprintf (out + n, size - n, "%s%s", i > 0 ? " " : "", regions[i].name);
}

/* The API's base: of the region, or base_url itself. */
static bool
choose_base (const struct endpoints_wanted *w, char *base, size_t size, char *why, size_t why_size)
{
  const char *given =
      w->base_url != NULL && w->base_url[0] != '\0' ? w->base_url : ENDPOINTS_DEFAULT;
  if (w->region == NULL || w->region[0] == '\0') {
    snprintf (base, size, "%s", given);
    return true;
  }
  const char *domain = endpoints_region (w->region);
  if (domain == NULL) {
    char known[400];
    name_regions (known, sizeof known);
    snprintf (why, why_size,
              "region \"%s\" is not known; known are: %s; for any other set base_url", w->region,
              known);
    return false;
  }
  snprintf (base, size, "https://api.%s", domain);
  if (strcmp (given, ENDPOINTS_DEFAULT) != 0 && strncasecmp (given, base, strlen (base)) != 0) {
    snprintf (
        why, why_size,
        "region \"%s\" means %s, but base_url (or GENESYS_BASE_URL) is %s; set only one of them",
        w->region, base, given);
    return false;
  }
  return true;
}

static bool
check (const char *key, const char *text, const struct endpoints_wanted *w, struct url *ret,
       char *why, size_t size)
{
  char wrong[128];
  if (!url_parse (text, ret, wrong, sizeof wrong)) {
    snprintf (why, size, "%s %s: %s", key, wrong,
              strchr (text, '@') != NULL ? "(not shown)" : text);
    return false;
  }
  if (ret->https || ret->loopback || w->plaintext)
    return true;
  snprintf (
      why, size,
      "%s is %s, which is not encrypted; use https://, or set allow_plaintext: true where the way "
      "is safe by other means",
      key, text);
  return false;
}

/* The token endpoint of an API: login.X beside api.X; of a gateway or a loopback address, below
 * the same base. */
static void
derive_token (const struct url *base, char *out, size_t size)
{
  char origin[300];
  struct url login = *base;
  if (strncasecmp (base->host, "api.", 4) == 0 && base->path[0] == '\0') {
    snprintf (login.host, sizeof login.host, "login.%.*s", (int) sizeof login.host - 8,
              base->host + 4);
    url_origin (&login, origin, sizeof origin);
    snprintf (out, size, "%s/oauth/token", origin);
  } else {
    url_origin (base, origin, sizeof origin);
    snprintf (out, size, "%s%s/oauth/token", origin, base->path);
  }
}

static bool
check_scim_path (const char *path, char *why, size_t size)
{
  if (path[0] == '/' && strlen (path) < 256 && strpbrk (path, "?# %\"\\") == NULL
      && strstr (path, "//") == NULL)
    return true;
  snprintf (why, size,
            "scim_path is \"%.100s\"; it must begin with one / and hold no query, such as "
            "/api/v2/scim/v2",
            path);
  return false;
}

bool
endpoints_resolve (const struct endpoints_wanted *w, struct endpoints *ret, char *why, size_t size)
{
  char text[1024], origin[300];
  struct url base, token;
  if (!choose_base (w, text, sizeof text, why, size)
      || !check ("base_url", text, w, &base, why, size)
      || !check_scim_path (w->scim_path, why, size))
    return false;
  url_origin (&base, origin, sizeof origin);
  size_t path_len = strlen (w->scim_path);
  for (; path_len > 0 && w->scim_path[path_len - 1] == '/'; path_len--)
    ;
  snprintf (ret->scim, sizeof ret->scim, "%s%s%.*s", origin, base.path, (int) path_len,
            w->scim_path);
  if (w->token_url != NULL && w->token_url[0] != '\0')
    snprintf (ret->token, sizeof ret->token, "%s", w->token_url);
  else
    derive_token (&base, ret->token, sizeof ret->token);
  if (!check ("token_url", ret->token, w, &token, why, size))
    return false;
  ret->tls = base.https || token.https;
  ret->plain = !base.https || !token.https;
  return true;
}
