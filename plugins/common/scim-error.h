/* scim-error: what a peer's error body says, whichever of the known shapes it has: a SCIM error
 * (RFC 7644 section 3.12), the Genesys platform's ErrorBody, or an OAuth error. */
#ifndef COMMON_SCIM_ERROR_H
#define COMMON_SCIM_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCIM_ERROR_URN "urn:ietf:params:scim:api:messages:2.0:Error"

struct scim_error {
  bool json;              /* the body is a JSON object */
  bool scim;              /* it names itself a SCIM error */
  char type[32];          /* scimType */
  char code[64];          /* ErrorBody's code or OAuth's error */
  char detail[400];       /* the words for people; of a body that is no JSON, its first words */
  char context[96];       /* contextId */
  int64_t retry_after_ms; /* told in words ("in [5] seconds"); -1: not */
};

void scim_error_parse (const char *body, size_t len, struct scim_error *ret);

/* Does the word stand in the detail, the type or the code (without regard to case)? */
bool scim_error_says (const struct scim_error *, const char *word);

#endif
