/* sink: what the files of the Genesys Cloud sink share. */
#ifndef GENESYS_SINK_H
#define GENESYS_SINK_H

#include "scim-client.h"
#include "scim-compare.h"

#include <stdatomic.h>
#include <syncd/plugin.h>

/* Pages are of 25 where a costly attribute is asked for: the service answers 429 to more. */
#define SINK_PAGE_COSTLY 25
#define SINK_PAGE        100

#define SINK_MAX_ID 512

struct sink {
  const struct syncd_host *host;
  struct scim_client client;
  int64_t page_size;     /* 0: chosen by what is asked for */
  atomic_int page_limit; /* 25 after a 429 on a larger page */
  bool plain;            /* something goes over http:// */
};

struct session {
  struct scim_session scim;
  struct sink *sink;
  struct scim_compare compare;
};

#define SINK_OPTIONS 10
extern const struct syncd_option sink_options[SINK_OPTIONS];
extern const struct scim_rules sink_rules;

/* Reads the options into SINK. SYNCD_OK, or a failure already told. */
int32_t sink_configure (struct syncd_ctx *, const struct syncd_config *, struct sink *);

/* Only "User": SYNCD_OK, or a failure already told. */
int32_t sink_check_type (struct session *, struct syncd_ctx *, const char *type);

/* Appends "attributes=…" to the URL: what always comes, ALSO (may be NULL), and what is asked. */
void sink_add_attributes (struct scim_session *, const char *also, const char *const *names,
                          size_t n);

/* The account's URL; GET of it. */
void sink_account_url (struct scim_session *, const char *id);
int32_t sink_get (struct scim_session *, const char *id);

/* GET of the accounts whose ATTRIBUTE equals VALUE; SYNCD_RESULT_*. */
int32_t sink_search (struct scim_session *, const char *attribute, const char *value,
                     const char *const *names, size_t n);
/* ITEM really has that value. */
bool sink_has (struct json item, const char *attribute, const char *value);

/* The Resources of the last answer: an array, or no value where it is no list. */
struct json sink_resources (const struct scim_session *, int64_t *ret_total);

int32_t sink_list (struct syncd_ctx *, void *, const struct syncd_list_request *,
                   struct syncd_buffer *, struct syncd_buffer *, int64_t *);
int32_t sink_find (struct syncd_ctx *, void *, const char *, const char *, const char *,
                   const char *const *, size_t, struct syncd_buffer *);
int32_t sink_read (struct syncd_ctx *, void *, const char *, const char *, const char *const *,
                   size_t, struct syncd_buffer *);
int32_t sink_apply (struct syncd_ctx *, void *, const struct syncd_change *const *,
                    struct syncd_result *const *, size_t);
int32_t sink_schema (struct syncd_ctx *, void *, struct syncd_buffer *);
int32_t sink_describe (struct syncd_ctx *, void *, struct syncd_buffer *);

/* A JSON array of schema definitions, for services that refuse to tell theirs. */
extern const char sink_schema_builtin[];

/* apply(): one change. Every path through these sets the result. */
struct apply {
  struct session *session;
  const struct syncd_change *change;
  struct syncd_result *result;
  struct json_table document; /* of a create, checked */
  int32_t outcome;            /* the SYNCD_RESULT_* that was set */
};

void apply_create (struct apply *);
void apply_update (struct apply *);
void apply_delete (struct apply *);
/* Sets RESULT with the session's words, status, wait and correlation id. */
void apply_refuse (struct apply *, int32_t result);
/* Sets OK or NOT_TAKEN by comparing ACCOUNT (NULL: asks for it) with what was sent. */
void apply_conclude (struct apply *, const char *id, uint32_t flags,
                     const struct json_table *account);
/* An account answered 404: is it really gone? LINK, RACE (it is there), CONFIG or a failure. */
int32_t apply_confirm_gone (struct apply *, const char *id);

#endif
