/* Users: the rules of their attributes, and how they are written out. */
#ifndef SIM_USER_H
#define SIM_USER_H

#include "document.h"
#include "filter.h"
#include "sim.h"

/* The rules that go beyond types, on a checked document: it is completed (the e-mail address of
   type other, the entry of externalId). old: the account that it is for, NULL on creation. */
bool user_rules (const struct sim *sim, json_t *document, const struct account *old,
                 struct problem *problem);
bool user_names (const struct sim *sim, json_t *document, struct problem *problem);
bool user_references (const struct sim *sim, json_t *document, struct problem *problem);
bool email_plausible (const char *text);
/* What a new account, or one that was revived, gets by itself. */
void user_defaults (const struct sim *sim, json_t *document, bool roles);

/* base: "" or scheme and host. */
void user_write (const struct request *request, const struct account *account, struct buffer *out);
char *resource_location (const struct request *request, const char *endpoint, const char *id);

/* Projections: what attributes and excludedAttributes leave of a resource. */
struct projection {
  const char *only, *without; /* comma lists or NULL */
  const struct resource_type *type;
};
bool projection_read (const struct request *request, const struct resource_type *type,
                      struct projection *ret_projection, struct problem *problem);
bool projection_costly (const struct projection *projection);
/* Appends resource (JSON text), cut down. */
void projection_write (const struct projection *projection, const struct buffer *resource,
                       struct buffer *out);

/* Paging of lists. */
struct page {
  int64_t start, count;
};
bool page_read (const struct request *request, struct page *ret_page, struct problem *problem);
/* 429 where a page would be too costly; true: go on. */
bool page_admit (struct request *request, const struct page *page,
                 const struct projection *projection);

/* If-Match: true: go on; else it replied. */
bool version_admit (struct request *request, uint64_t version);
/* If-None-Match: true: replied 304. */
bool version_unchanged (struct request *request, uint64_t version);

#endif
