/* The simulator as a whole, and one request on its way through it. Everything runs in one thread:
   there is no lock anywhere. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "store.h"
#include "switches.h"

#include <microhttpd.h>

#define DEFAULT_CLIENT_ID     "sim-client"
#define DEFAULT_CLIENT_SECRET "sim-secret"
#define TOKEN_LENGTH          64
#define COSTLY_MESSAGE        "too many resources with attributes that are costly to read"

struct window {
  int64_t started; /* steady clock, ms */
  int64_t used;
  int64_t others; /* of rate-others, whether they were admitted or not */
};
struct token {
  char text[TOKEN_LENGTH + 1];
  int64_t issued, used, lifetime_ms;
  bool revoked, expired;
  uint64_t number;
  struct window window;
};
struct tokens {
  struct table by_text;
  struct token **all;
  size_t count, room;
  struct window shared;
};

struct group {
  char id[UUID_SIZE];
  char *name, *external_id; /* external_id may be NULL */
  json_t *members;          /* id: "User" or "Group", in order */
  uint64_t version;
  int64_t modified;
};
struct groups {
  struct group **all;
  size_t count;
  struct table by_id;
};

enum name_kind { NAME_ROLE, NAME_SKILL, NAME_LANGUAGE, NAME_DIVISION, NAME_KINDS };

enum fault_kind {
  FAULT_STATUS,
  FAULT_RESET,
  FAULT_CLOSE,
  FAULT_SLOW,
  FAULT_TRUNCATE,
  FAULT_PARTIAL,
  FAULT_IGNORE,
  FAULT_DROP_VALUES,
  FAULT_NO_ID,
  FAULT_INVISIBLE,
  FAULT_NO_JSON,
  FAULT_CONTENT_TYPE,
  FAULT_HUGE,
  FAULT_LOSE,
  FAULT_IGNORE_START,
  FAULT_WRAP,
  FAULT_PAGE_TOTAL,
  FAULT_KINDS
};
struct fault {
  uint64_t id;
  enum fault_kind kind;
  char *method, *path, *user_name; /* NULL: any; path and user_name are patterns */
  int64_t nth, count;              /* first matching request that it strikes; how many */
  double probability;
  uint64_t dice;
  int status;
  char *shape, *code, *detail, *content_type;
  int64_t retry_after, delay, bytes, every, keep;
  bool applied, echo;
  uint64_t seen, hits;
};
struct faults {
  struct fault **all;
  size_t count;
  uint64_t next_id;
};

enum request_kind {
  KIND_TOKEN,
  KIND_LIST,
  KIND_FIND,
  KIND_READ,
  KIND_CREATE,
  KIND_UPDATE,
  KIND_DELETE,
  KIND_GROUP,
  KIND_DISCOVERY,
  KIND_OTHER,
  KINDS
};
struct log_entry {
  uint64_t number;
  int64_t wall;
  const char *method;
  char *path, *query, *body, *user_name, *external_id, *token;
  char account[UUID_SIZE], correlation[UUID_SIZE];
  int status; /* 0: the connection was cut */
  enum request_kind kind;
  int fault; /* -1: none */
  bool applied;
};
struct log {
  struct log_entry *ring;
  size_t room, first, count;
  uint64_t dropped;
};
struct stats {
  uint64_t total, by_kind[KINDS], by_status[600], throttled, unauthorized, faults, applied, cut,
      others, others_throttled;
  int64_t first_create, last_create; /* clock_steady() */
  int64_t first_wall;                /* of the first request */
};

struct sim {
  struct switches switches, initial; /* initial: as the command line set them */
  char *client_id, *client_secret;
  struct store store;
  struct groups groups;
  json_t *group_fixture; /* for /_sim/reset */
  json_t *names[NAME_KINDS];
  struct tokens tokens;
  struct faults faults;
  struct log log;
  struct stats stats;
  uint64_t requests, dice;
  bool tls;
};

enum resource {
  RESOURCE_NONE,
  RESOURCE_TOKEN,
  RESOURCE_CONTROL,
  RESOURCE_USERS,
  RESOURCE_GROUPS,
  RESOURCE_SERVICE,
  RESOURCE_TYPES,
  RESOURCE_SCHEMAS
};
enum verb { VERB_GET, VERB_POST, VERB_PUT, VERB_PATCH, VERB_DELETE, VERB_OTHER };

/* How a reply leaves, or does not. */
enum transport {
  TRANSPORT_WHOLE,
  TRANSPORT_RESET,
  TRANSPORT_CLOSE,
  TRANSPORT_TRUNCATED,
  TRANSPORT_HUGE
};

struct reply {
  int status;
  const char *content_type;
  struct buffer body;
  char etag[28]; /* "" for none */
  char *location, *allow;
  int64_t retry_after; /* -1: none */
  enum transport transport;
  int64_t huge; /* bytes, for TRANSPORT_HUGE */
};

struct request {
  struct sim *sim;
  struct MHD_Connection *connection;
  const char *method;
  enum verb verb;
  char *raw;         /* the target as it was sent */
  const char *query; /* in raw, after "?"; NULL for none */
  char *path;        /* decoded */
  struct buffer body;
  bool too_large, started, processed;
  json_t *json; /* the body, NULL where it is none or wrong */
  uint64_t number;
  char correlation[UUID_SIZE];
  enum resource resource;
  bool v2;        /* under …/scim/v2 */
  const char *id; /* what follows the resource in path, or NULL */
  struct token *token;
  enum request_kind kind;
  char *user_name, *external_id; /* as far as they are known, for the log and faults */
  char account[UUID_SIZE];
  const struct fault *faults[FAULT_KINDS];     /* those that strike this request */
  int fault;                                   /* the first of them, -1: none */
  bool applied;                                /* a write was done */
  int64_t rate_used, rate_allowed, rate_reset; /* rate_allowed -1: none is told */
  int64_t delay;
  int64_t due; /* steady clock, while it waits */
  struct request *previous, *next;
  struct reply reply;
};

const char *request_header (const struct request *request, const char *name);
const char *request_argument (const struct request *request, const char *name);

/* reply.c */
/* Writes an error in the shape that fits its status and the switches. type: scimType or code. */
void reply_error (struct request *request, int status, const char *type, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));
void reply_problem (struct request *request, const struct problem *problem);
/* shape: documented, scim, error-body, html, text, json or empty. */
void reply_shaped (struct request *request, const char *shape, int status, const char *type,
                   const char *detail);
void reply_throttled (struct request *request, const char *message, int64_t seconds);
void reply_json_take (struct request *request, int status, json_t *json);
void reply_reset (struct reply *reply);
void reply_etag (struct reply *reply, uint64_t version);

/* pipeline.c: makes the reply to a request that has arrived whole. */
void request_process (struct request *request);
void request_route (struct request *request);

/* one file each */
void token_handle (struct request *request);
bool token_admit (struct request *request); /* or replies 401 */
void tokens_revoke (struct tokens *tokens, bool expire);
void tokens_clear (struct tokens *tokens);
bool limiter_admit (struct request *request); /* or replies 429 */
void limiter_state (const struct request *request, int64_t *ret_used, int64_t *ret_reset);
void users_handle (struct request *request);
void users_list (struct request *request);
void groups_handle (struct request *request);
void groups_clear (struct groups *groups);
bool groups_load (struct groups *groups, const json_t *list, struct problem *problem);
json_t *groups_dump (const struct groups *groups);
void groups_of (const struct groups *groups, const char *id, struct buffer *out);
void discovery_handle (struct request *request);
void control_handle (struct request *request);
void control_users (struct request *request);
bool control_seed (struct sim *sim, const json_t *message, size_t *ret_count,
                   struct problem *problem);
void control_reset (struct sim *sim, const json_t *only);
bool names_add (struct sim *sim, const json_t *object, struct problem *problem);
void names_reset (struct sim *sim);
bool faults_add (struct faults *faults, const json_t *spec, uint64_t *ret_id,
                 struct problem *problem);
bool faults_add_text (struct faults *faults, const char *text, struct problem *problem);
bool faults_remove (struct faults *faults, uint64_t id);
void faults_clear (struct faults *faults);
json_t *faults_dump (const struct faults *faults);
void faults_select (struct request *request);
bool faults_before (struct request *request); /* replied: nothing else is done */
void faults_after (struct request *request);
void log_add (struct request *request);
void log_clear (struct log *log);
void log_dump (const struct log *log, uint64_t from, size_t limit, struct buffer *out);
json_t *stats_dump (const struct sim *sim);
extern const char *const fault_names[FAULT_KINDS];
extern const char *const kind_names[KINDS];
extern const char *const name_names[NAME_KINDS];

#endif
