/* source-ldap.h: what the files of the LDAP source share.
 *
 * An instance is its settings. A session is one connection (one handle, one URI) with what
 * was found out about the server at its other end. A scan is one paged search of a session.
 * Nothing here waits for longer than a slice without asking whether it should end.
 */
#ifndef SYNCD_SOURCE_LDAP_H
#define SYNCD_SOURCE_LDAP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include <ldap.h>
#include <ldap_schema.h>
#include <syncd/plugin.h>

#define SLICE_MS            200                /* between two looks at cancelled()           */
#define MAX_INCOMING        (64u * 1024 * 1024) /* bytes of one message of a server           */
#define MAX_ID              512                /* bytes of an id in canonical text           */
#define MAX_GET             100                /* ids in one search                          */
#define MAX_EMPTY_PAGES     1000               /* pages without an entry, one after another  */
#define OVERLAP_SECONDS     300                /* read again before the newest time seen     */
#define MAX_COOKIE          65536              /* bytes of a server's cookie                 */
#define TIME_SIZE           16                 /* "20261123180343Z" and a NUL                */

/* The services of the host: set by load(). */
extern const struct syncd_host *ldap_source_host;
#define HOST ldap_source_host

/* ---- text.c: growing text, and JSON ---- */

struct text {
  char *data; /* ends in a NUL once anything was added */
  size_t len, size;
  bool failed; /* memory ran out: everything since is missing */
};

void text_add (struct text *text, const void *bytes, size_t len);
void text_print (struct text *text, const char *fmt, ...) SYNCD_PRINTF (2, 3);
void text_json (struct text *text, const char *value); /* a JSON string, with its quotes */
void text_fini (struct text *text);
/* SHA-256 of what the text holds, as 64 hex digits. */
void text_fingerprint (const struct text *text, char ret_hex[65]);
void text_base64 (struct text *text, const struct berval *bytes);
/* The bytes that base64 text stands for, at most MAX of them and at least one, to be freed by
 * free(); false: it is no base64. */
bool text_from_base64 (const struct berval *text, size_t max, struct berval *ret_bytes);

/* ---- options.c: settings of an instance ---- */

enum tls_mode { TLS_NONE, TLS_LDAPS, TLS_STARTTLS };
enum changes { /* the grades, best first: grades.c has the table */
  CHANGES_AUTO,
  CHANGES_SYNCREPL,
  CHANGES_DIRSYNC,
  CHANGES_CHANGELOG,
  CHANGES_USN,
  CHANGES_TIMESTAMP,
  CHANGES_INVENTORY,
  CHANGES_FULL,
  CHANGES_COUNT
};
struct grade;

struct endpoint {
  const char *uri;
  char *host; /* without brackets; empty for ldapi */
  enum tls_mode mode;
  bool loopback; /* or ldapi: nobody listens in */
};

struct instance {
  const char *name;
  struct endpoint *endpoints;
  size_t endpoint_count;
  _Atomic size_t preferred; /* the endpoint that answered last */
  _Atomic int grade_told;   /* the grade whose choice was warned about last */
  const char *base, *filter, *bind_dn, *bind_password, *mechanism;
  const char *ca_file, *cert_file, *key_file;
  const char *id_attribute; /* NULL: auto */
  int scope, minimum_tls; /* LDAP_OPT_X_TLS_PROTOCOL_* */
  bool verify, referrals_ignored, plaintext_allowed;
  enum changes changes;
  int page_size;
  uint32_t timeout_ms;
};

#define LDAP_OPTION_COUNT 17
extern const struct syncd_option ldap_options[LDAP_OPTION_COUNT];
int32_t options_read (struct syncd_ctx *ctx, const struct syncd_config *config,
                      struct instance *instance);
void options_fini (struct instance *instance);

/* ---- schema.c ---- */

struct schema_attribute {
  LDAPAttributeType *type;
  bool binary, reference, multi;
};

struct schema {
  struct schema_attribute *attributes;
  size_t count; /* 0: the server shows no schema */
};

/* ---- connect.c: sessions ---- */

enum vendor { VENDOR_OTHER, VENDOR_OPENLDAP, VENDOR_AD, VENDOR_389 };
enum id_form { ID_TEXT, ID_GUID_MIXED, ID_GUID_NETWORK };

struct session {
  struct instance *instance;
  const struct endpoint *endpoint;
  LDAP *ld;
  bool broken;   /* the handle is dead: connect again before the next request */
  bool scanning; /* a paged search is under way */
  enum vendor vendor;
  char *context;      /* the naming context that holds the base */
  char *contexts;     /* all of them, for people; NULL: the server names none */
  char *subschema;    /* DN of the schema */
  char *server_id;    /* whose numbers and times entries show; NULL: they are replicated */
  char *numbers_of;   /* 389 Directory Server: who counts its changes, and since when */
  /* Of Active Directory; NULL where they cannot be read: */
  char *ds_service;    /* DN of the domain controller's settings */
  char *server_object; /* their objectGUID: the controller, whatever becomes of it */
  char *context_id;    /* objectGUID of the naming context: the domain */
  const char *deleted_control; /* shows deleted objects */
  bool deletes_seen;           /* and they are shown to us */
  int dirsync_flags;
  bool samba;                  /* its deletes are hidden also from who may replicate */
  char *id_attribute; /* where an entry's id is */
  enum id_form id_form;
  const char *token_attribute; /* NULL: none */
  const char *time_attribute;  /* NULL: none */
  const struct grade *grade;      /* how scans of this session find changes */
  char *refused[CHANGES_COUNT];   /* why a better one is not taken; NULL: it was not tried, or
                                     is of other servers */
  char root_fingerprint[65]; /* of the root DSE, as far as it does not change by itself */
  bool presumed;      /* from memory; session_know() before anything is made of it */
  struct schema schema;
};

int32_t session_open (struct syncd_ctx *ctx, struct instance *instance, struct session **ret);
void session_close (struct session *session);
/* Connects again where the connection died while nobody used it. Before every request. */
int32_t session_ensure (struct syncd_ctx *ctx, struct session *session);

/* ---- watch.c: ends blocking calls of libldap on cancellation or after a time ---- */

struct watch;
/* At most TIMEOUT_MS in all, and half of it until the socket is connected. */
struct watch *watch_start (struct syncd_ctx *ctx, LDAP *ld, uint32_t timeout_ms);
/* Waits until the socket is connected, or has failed: then libldap says how. */
int32_t watch_connected (struct watch *watch);
/* Did a socket get as far as being made, and never reach the other side? */
bool watch_unconnected (struct watch *watch);
/* SYNCD_OK, SYNCD_E_CANCELLED, or SYNCD_E_UNREACHABLE when the time was up. */
int32_t watch_end (struct watch *watch);
int64_t now_ms (void); /* a clock that never goes back */

/* ---- tls.c, tls-context.c, diagnose.c, bind.c ---- */

/* Makes LD ready for TLS; DIAGNOSING: without any check. */
int32_t tls_prepare (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld,
                     bool diagnosing);
int32_t tls_configure (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld,
                       bool diagnosing);
int32_t tls_set_checks (struct syncd_ctx *ctx, LDAP *ld, bool verify);
const char *tls_ca_file (const struct instance *instance);
int32_t tls_check (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld);
int tls_version (LDAP *ld); /* LDAP_OPT_X_TLS_PROTOCOL_*, 0: not known */
int32_t connect_prepare (struct syncd_ctx *ctx, const struct instance *instance,
                         const struct endpoint *endpoint, LDAP **ret_ld);
/* Sends the first, harmless request; LDAP_* result of connection and TLS handshake. */
int connect_establish (struct syncd_ctx *ctx, const struct endpoint *endpoint, LDAP *ld,
                       struct watch *watch);
/* Why the TLS handshake with ENDPOINT fails, found out by another one without a bind: fills
 * TEXT, or leaves it empty where it could not be found out. */
void diagnose_tls (struct syncd_ctx *ctx, const struct instance *instance,
                   const struct endpoint *endpoint, struct text *text);
int32_t bind_session (struct syncd_ctx *ctx, const struct instance *instance,
                      const struct endpoint *endpoint, LDAP *ld);

/* password.c: simple or anonymous */
int32_t password_bind (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld);

/* ---- errors.c ---- */

/* Fails with the class and the words for an LDAP result; DOING completes "… failed". */
int32_t error_fail (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld, int result,
                    const char *doing);
/* The reason of a result as text: what the server said, and what it means. */
void error_describe (LDAP *ld, int result, const char *diagnostic, struct text *text);
int32_t error_class (int result);
/* For results 3, 4, 11: which setting of the server to change; NULL: another result. */
const char *error_limit_advice (int result);
int32_t error_memory (struct syncd_ctx *ctx);

/* ---- server.c: what is at the other end ---- */

int32_t server_discover (struct syncd_ctx *ctx, struct session *session);
/* All that the root DSE does not tell. */
int32_t server_look_closer (struct syncd_ctx *ctx, struct session *session);
void server_forget (struct session *session);

/* ---- root.c ---- */

int32_t root_read (struct syncd_ctx *ctx, struct session *session);
/* The base does not exist: adds what the server holds instead, as far as it says. */
void root_add_contexts (const struct session *session, struct text *text);

/* ---- recall.c: what was found out, for the next connection ---- */

/* Takes it from the host's memory, if it was found out about this server. */
bool recall_presume (struct syncd_ctx *ctx, struct session *session);
void recall_keep (struct syncd_ctx *ctx, const struct session *session);
/* Finds out what was only presumed. Before every use but the synchronization from a checkpoint. */
int32_t session_know (struct syncd_ctx *ctx, struct session *session);

/* ---- search.c: one search, message by message ---- */

#define SEARCH_ENTRY     1 /* *ret_message is an entry, to be freed                     */
#define SEARCH_IDLE      2 /* nothing came in time                                      */
#define SEARCH_DONE      3 /* complete                                                  */
#define SEARCH_PARTIAL   4 /* ended early; search->why says why                         */
#define SEARCH_NOT_FOUND 5 /* the base does not exist (only where `missing_ok`)         */
#define SEARCH_INFO      6 /* *ret_message is an intermediate message, to be freed      */
#define SEARCH_REFUSED   7 /* the control is refused; code and why say how              */

struct search {
  struct session *session;
  const char *base, *filter;
  const char *const *attributes; /* ends in NULL */
  int scope, page_size, size_limit;
  bool missing_ok, limit_ok; /* result 32, or 4, is an answer rather than an error      */
  LDAPControl *control; /* one more, borrowed                                           */
  bool probing;         /* every result but success is SEARCH_REFUSED                   */
  bool patient;         /* silence is no failure, but asks whether the server lives     */
  int code;             /* the result                                                   */
  const char *answer_oid; /* the control of the result that is kept; NULL: Sync Done    */
  struct berval done;   /* its value; NULL: there was none                              */
  int message_id;            /* 0: none under way                                       */
  struct berval cookie;
  bool started, ended;
  unsigned empty_pages;
  uint64_t page_entries, entries, references;
  int64_t silent_ms; /* waited since the last message */
  int question;      /* "Who am I?", not answered yet; 0: none */
  int64_t asked_ms;  /* after so much of that silence */
  char *reference; /* the first one that was not followed */
  struct text why;
};

/* Begins, or goes on with, SEARCH; one of SEARCH_* or an error that was told. */
int32_t search_next (struct syncd_ctx *ctx, struct search *search, uint32_t max_wait_ms,
                     LDAPMessage **ret_message);
void search_fini (struct search *search);

/* ---- alive.c: a patient search ---- */

/* After each wait in which nothing came: LDAP_SUCCESS, or why the server is taken for lost. */
int alive_check (struct search *search);
/* Something came. */
void alive_heard (struct search *search);

/* ---- wanted.c: which attribute of an answer is which of the request ---- */

#define WANTED_ID    (-1)
#define WANTED_TOKEN (-2)
#define WANTED_TIME  (-3)

struct wanted_name {
  char *name; /* lower case; NULL: a free place */
  size_t len;
  uint32_t hash;
  int32_t index; /* of the request's attributes, or WANTED_* */
  bool reference;
  uint8_t expires; /* the value is a time at which the entry changes by itself: EXPIRES_* */
  const struct wanted_name *same; /* the next one of that name, or NULL */
};

#define EXPIRES_FILE_TIME 1
#define EXPIRES_GENERALIZED 2

/* An attribute of an answer. Servers show attributes in the same order entry after entry: where
 * the name at this position led to is kept, with its spelling, and tried first the next time. */
struct found {
  struct berval name, *values;
  const struct wanted_name *place; /* the first one of that name, or NULL */
  bool ranged;
  char spelled[40];
  size_t spelled_len; /* 0: nothing kept */
};

struct wanted {
  struct wanted_name *names; /* open addressing; a name may occur more than once */
  size_t mask;
  char **request; /* for libldap, ends in NULL */
  struct found *found;
  size_t found_size, found_count;
  struct text scratch;
  bool bare; /* no attribute is asked for, nor the key that others refer to the entry by */
};

int32_t wanted_init (struct syncd_ctx *ctx, struct session *session,
                     const struct syncd_scan_request *request, struct wanted *ret_wanted);
void wanted_fini (struct wanted *wanted);
/* The first place that NAME leads to, followed by `same`; NULL: nobody wants it. */
const struct wanted_name *wanted_find (const struct wanted *wanted, const struct berval *name);
/* Cuts ";range=L-H" (and ";binary") off; true where there are more values to come. */
bool wanted_cut_options (struct berval *name);

/* ---- values.c, range.c ---- */

struct facts {
  char id[MAX_ID + 1];
  size_t id_len; /* 0: the entry shows no usable id */
  char time[TIME_SIZE];
};

/* Gives an entry of an answer to the host: id, token, name, key, values. Facts are filled
 * first: where there is no id nothing is given. SYNCD_E_NOT_FOUND: it went away meanwhile. */
int32_t values_give (struct syncd_ctx *ctx, struct session *session, struct wanted *wanted,
                     LDAPMessage *message, struct syncd_entry *entry, struct facts *ret_facts);
/* One value, to every place from PLACE on. */
void values_give_one (const struct wanted_name *place, const struct session *session,
                      struct syncd_entry *entry, const struct berval *value,
                      struct text *scratch);
/* Has an entry of an answer a value of ATTRIBUTE, or this one (VALUE, without regard to case)? */
bool values_has (LDAP *ld, LDAPMessage *message, const char *attribute, const char *value);
int32_t range_give (struct syncd_ctx *ctx, struct session *session, const struct wanted *wanted,
                    const char *id, const struct berval *token, const struct berval *name,
                    struct syncd_entry *entry);

/* ---- versions.c ---- */

/* The first attribute of the request that changes without a new version of the entry; NULL: none. */
const char *versions_blind (const struct session *session,
                            const struct syncd_scan_request *request);

/* ---- identity.c: ids ---- */

enum id_form identity_form (const char *attribute);
/* Canonical text; 0: not usable as an id. */
size_t identity_text (enum id_form form, const struct berval *value, char ret_id[MAX_ID + 1]);
/* The id of an entry of an answer; false: it shows no usable one. */
bool identity_of (const struct session *session, LDAPMessage *message, char ret_id[MAX_ID + 1]);
/* Adds (ATTRIBUTE=value) for an id; false where no entry can have it. */
bool identity_filter (const struct session *session, const char *id, struct text *filter);

/* ---- dn.c ---- */

/* The key under which a DN is compared: appended to TEXT. SQUEEZE: spaces in values fold. */
void dn_key (const struct berval *dn, bool squeeze, struct text *text);
bool dn_key_below (const char *key, const char *base_key, int scope);
/* Is DN where the configuration's base and scope look? */
bool dn_in_scope (const struct session *session, const char *dn);

/* ---- schema.c, filter.c ---- */

int32_t schema_read (struct syncd_ctx *ctx, struct session *session);
void schema_fini (struct schema *schema);
const struct schema_attribute *schema_find (const struct schema *schema, const char *name);
const char *schema_nearest (const struct schema *schema, const char *name);
int32_t schema_json (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text);

/* Checks the syntax of FILTER and calls ATTRIBUTE for each description in it. Returns NULL,
 * or what is wrong, at *ret_at. ATTRIBUTE returns nonzero to end the walk. */
const char *filter_walk (const char *filter, size_t *ret_at,
                         int (*attribute) (void *data, const char *name, size_t len), void *data);
int32_t filter_check_syntax (struct syncd_ctx *ctx, const struct instance *instance);
int32_t filter_check_schema (struct syncd_ctx *ctx, const struct session *session);

/* ---- timestamp.c: times of servers ---- */

/* "20261123180343.0Z" and the like in our form; false: not understood. */
bool time_read (const struct berval *value, char ret_time[TIME_SIZE]);
void time_move (char time[TIME_SIZE], int64_t seconds);
int64_t time_seconds (const char *time);
/* When an entry of an answer changed; empty: it does not show that. */
void time_of (const struct session *session, LDAPMessage *message, char ret_time[TIME_SIZE]);

/* ---- scan.c, get.c, describe.c: the operations ---- */

int32_t scan_begin (struct syncd_ctx *ctx, void *session, const struct syncd_scan_request *request,
                    void **ret_scan);
int32_t scan_next (struct syncd_ctx *ctx, void *scan, uint32_t max_wait_ms,
                   struct syncd_entry *entry, struct syncd_buffer *text);
void scan_end (struct syncd_ctx *ctx, void *scan);
int32_t get_entries (struct syncd_ctx *ctx, void *session, const struct syncd_scan_request *request,
                     const char *const *ids, struct syncd_entry *const *entries, size_t n);
int32_t describe_source (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text);

#endif
