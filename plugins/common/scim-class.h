/* scim-class: from what a SCIM service answered to what became of the change. Pure. */
#ifndef COMMON_SCIM_CLASS_H
#define COMMON_SCIM_CLASS_H

#include "scim-error.h"

#include <stdbool.h>
#include <stdint.h>

struct scim_answer {
  uint32_t kind;  /* SYNCD_REQUEST_* */
  int32_t status; /* HTTP; 0: no answer */
  bool sent;      /* the request may have reached the service */
  bool cancelled;
  bool untrusted;                 /* the service's certificate was not accepted */
  bool versioned;                 /* the request had an If-Match */
  bool names_user;                /* the change sets the user name */
  const struct scim_error *error; /* of the body; used where the status is no 2xx */
};

/* One of SYNCD_RESULT_*. A 404 on one account is LINK here; whoever asked confirms it. */
int32_t scim_class (const struct scim_answer *);

/* A COLLISION's attribute. */
const char *scim_class_conflict (const struct scim_answer *);

/* The SYNCD_E_* that says the same of a read. */
int32_t scim_class_code (int32_t result);

/* What to do about it, one clause; "" where syncd itself does it. */
const char *scim_class_advice (int32_t result, const struct scim_answer *);

#endif
