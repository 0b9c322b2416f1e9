/* endpoints: where an organisation's API and its token endpoint are. Pure. */
#ifndef GENESYS_ENDPOINTS_H
#define GENESYS_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>

#define ENDPOINTS_DEFAULT "https://api.mypurecloud.com"

struct endpoints_wanted {
  const char *region;    /* NULL: not set */
  const char *base_url;  /* NULL or ENDPOINTS_DEFAULT where not set */
  const char *token_url; /* NULL: derived */
  const char *scim_path;
  bool plaintext; /* http:// is allowed everywhere */
};

struct endpoints {
  char scim[1400];  /* "https://api.mypurecloud.ie/api/v2/scim/v2" */
  char token[1400]; /* "https://login.mypurecloud.ie/oauth/token"  */
  bool tls;         /* one of them is https */
  bool plain;       /* one of them is http */
};

/* The domain of a region ("mypurecloud.ie"); NULL for an unknown one. */
const char *endpoints_region (const char *name);

/* False with WHY: a sentence for the administrator. */
bool endpoints_resolve (const struct endpoints_wanted *, struct endpoints *ret, char *why,
                        size_t size);

#endif
