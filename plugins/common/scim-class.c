/* scim-class: see scim-class.h. The table is the manual's "ERRORS AND RETRIES". */
#include <config.h>

#include "scim-class.h"

#include <syncd/plugin.h>

#include <string.h>
#include <strings.h>

static bool
writes (uint32_t kind)
{
  return kind == SYNCD_REQUEST_CREATE || kind == SYNCD_REQUEST_UPDATE
         || kind == SYNCD_REQUEST_DELETE;
}

static bool
one_account (uint32_t kind)
{
  return kind == SYNCD_REQUEST_READ || kind == SYNCD_REQUEST_UPDATE || kind == SYNCD_REQUEST_DELETE;
}

static bool
is_type (const struct scim_error *e, const char *type)
{
  return strcasecmp (e->type, type) == 0;
}

static bool
stale (const struct scim_error *e)
{
  return is_type (e, "invalidVers")
         || (e->type[0] == '\0' && scim_error_says (e, "version")
             && (scim_error_says (e, "match") || scim_error_says (e, "current")));
}

static int32_t
no_answer (const struct scim_answer *a)
{
  if (a->untrusted)
    return SYNCD_RESULT_CONFIG;
  if (a->sent && writes (a->kind))
    return SYNCD_RESULT_UNKNOWN;
  return a->cancelled ? SYNCD_RESULT_CANCELLED : SYNCD_RESULT_SINK;
}

/* 408 and 5xx: a write may have been carried out. That matters for an update too: it is not always sent
 * again, for the source may take it back meanwhile. */
static int32_t
unwell (const struct scim_answer *a)
{
  return writes (a->kind) ? SYNCD_RESULT_UNKNOWN : SYNCD_RESULT_SINK;
}

static int32_t
uniqueness (const struct scim_answer *a)
{
  return scim_class_conflict (a) != NULL ? SYNCD_RESULT_COLLISION : SYNCD_RESULT_ENTRY;
}

static int32_t
conflict (const struct scim_answer *a)
{
  if (stale (a->error))
    return SYNCD_RESULT_RACE;
  if (is_type (a->error, "uniqueness") || a->kind == SYNCD_REQUEST_CREATE || a->names_user)
    return uniqueness (a);
  return SYNCD_RESULT_RACE;
}

/* noTarget (RFC 7644, section 3.12): what a path selects is not there any more. */
static int32_t
refused (const struct scim_answer *a)
{
  if (stale (a->error) || (a->kind == SYNCD_REQUEST_UPDATE && is_type (a->error, "noTarget")))
    return SYNCD_RESULT_RACE;
  return is_type (a->error, "uniqueness") ? uniqueness (a) : SYNCD_RESULT_ENTRY;
}

static int32_t
gone (const struct scim_answer *a)
{
  return one_account (a->kind) && a->error->json ? SYNCD_RESULT_LINK : SYNCD_RESULT_CONFIG;
}

int32_t
scim_class (const struct scim_answer *a)
{
  if (a->status >= 200 && a->status < 300)
    return SYNCD_RESULT_OK;
  switch (a->status) {
  case 0:
    return no_answer (a);
  case 401:
    return SYNCD_RESULT_AUTH;
  case 403:
    return SYNCD_RESULT_FORBIDDEN;
  case 404:
  case 410:
    return gone (a);
  case 405:
  case 406:
  case 415:
  case 501:
    return SYNCD_RESULT_CONFIG;
  case 408:
    return unwell (a);
  case 409:
    return conflict (a);
  case 412:
    return SYNCD_RESULT_RACE;
  case 423:
  case 425:
    return SYNCD_RESULT_SINK;
  case 429:
    return SYNCD_RESULT_BUDGET;
  default:
    break;
  }
  if (a->status >= 500)
    return unwell (a);
  return a->status >= 400 ? refused (a) : SYNCD_RESULT_CONFIG; /* a redirect: not followed */
}

/* The user name unless the service's words name another attribute. */
const char *
scim_class_conflict (const struct scim_answer *a)
{
  static const char *const others[] = {"phone", "extension", "employeeNumber", "authority", NULL};
  const struct scim_error *e = a->error;
  if (scim_error_says (e, "user name") || scim_error_says (e, "userName")
      || scim_error_says (e, "username"))
    return "userName";
  for (const char *const *o = others; *o != NULL; o++)
    if (scim_error_says (e, *o))
      return NULL;
  return scim_error_says (e, "externalId") || scim_error_says (e, "external id") ? "externalId"
                                                                                 : "userName";
}

int32_t
scim_class_code (int32_t result)
{
  switch (result) {
  case SYNCD_RESULT_OK:
    return SYNCD_OK;
  case SYNCD_RESULT_AUTH:
    return SYNCD_E_AUTH;
  case SYNCD_RESULT_FORBIDDEN:
    return SYNCD_E_FORBIDDEN;
  case SYNCD_RESULT_CONFIG:
    return SYNCD_E_CONFIG;
  case SYNCD_RESULT_BUDGET:
    return SYNCD_E_BUDGET;
  case SYNCD_RESULT_CANCELLED:
    return SYNCD_E_CANCELLED;
  case SYNCD_RESULT_LINK:
    return SYNCD_E_NOT_FOUND;
  case SYNCD_RESULT_ENTRY:
    return SYNCD_E_PROTOCOL;
  default:
    return SYNCD_E_UNREACHABLE;
  }
}

const char *
scim_class_advice (int32_t result, const struct scim_answer *a)
{
  switch (result) {
  case SYNCD_RESULT_AUTH:
    return "; a new token is refused too: check that the OAuth client is active and of this region";
  case SYNCD_RESULT_FORBIDDEN:
    return "; give the OAuth client's role the permissions that the manual lists (PERMISSIONS "
           "NEEDED)";
  case SYNCD_RESULT_CONFIG:
    return a->untrusted
               ? "; check base_url and tls.ca_file"
               : "; check base_url and scim_path: no SCIM service answers there in this way";
  case SYNCD_RESULT_ENTRY:
    return a->status == 403 ? "" : "; correct the value in the source or the mapping";
  case SYNCD_RESULT_SINK:
    return a->status == 0 ? "; check base_url and the network" : "";
  default:
    return "";
  }
}
