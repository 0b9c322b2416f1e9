/* syncd/plugin.h: the interface between syncd and its plugins.
 *
 * A plugin is a shared object that exports one function, syncd_plugin_entry, which
 * returns the address of a static descriptor (struct syncd_plugin). Everything else
 * travels through that descriptor and through the host's table (struct syncd_host).
 * The manual page is syncd-plugin(3).
 *
 * Rules that hold for every call
 *   Ownership   Whoever allocates frees. What a function receives is borrowed, const and
 *               valid until it returns. To give something to the host, call a host
 *               function: it copies.
 *   Text        UTF-8 with a length; a `const char *` without a length ends in a NUL.
 *   Documents   cross as JSON text (RFC 8259); what the host hands out is in the canonical
 *               form of RFC 8785. No library's types cross.
 *   Time        int64_t milliseconds since 1970-01-01 UTC; durations uint32_t milliseconds.
 *   Errors      0 or positive is success; negative is one of SYNCD_E_*, said once through
 *               host->fail(), which keeps the message. Outputs are untouched on failure.
 *   Threads     No two calls on one session at a time. An instance is shared by sessions;
 *               see SYNCD_THREADS_*.
 *   Operations  All that version 1.0 has are there, but for load and unload; later ones are
 *               optional. Check a newer member of the host's with SYNCD_HAS before its use.
 *   Waiting     A plugin returns within a second of host->cancelled() becoming true. It
 *               never sleeps and never repeats a request: the host alone waits and retries
 *               (one exception: renewing an access token).
 *
 * Interface log (newest first; the number is SYNCD_ABI_CURRENT)
 *   1.1  host: recall, remember.
 *   1.0  first version.
 */
#ifndef SYNCD_PLUGIN_H
#define SYNCD_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1. versions ------------------------------------------------------------------- */

#define SYNCD_ABI(major, minor) (((uint32_t) (major) << 16) | (uint32_t) (minor))
#define SYNCD_ABI_CURRENT SYNCD_ABI (1, 1)
#ifndef SYNCD_ABI_REQUIRED /* the oldest host that this plugin can live with */
#define SYNCD_ABI_REQUIRED SYNCD_ABI (1, 0)
#endif
#define SYNCD_PLUGIN_MAGIC UINT32_C (0x53594e43) /* "SYNC" */

/* Is FIELD inside the part of the struct that the other side knows, and set? */
#define SYNCD_HAS(p, type, field)                                                          \
  ((p)->struct_size >= offsetof (type, field) + sizeof ((p)->field) && (p)->field != NULL)

#if defined(__GNUC__)
#define SYNCD_EXPORT __attribute__ ((__visibility__ ("default")))
#define SYNCD_PRINTF(f, a) __attribute__ ((__format__ (__printf__, f, a)))
#else
#define SYNCD_EXPORT
#define SYNCD_PRINTF(f, a)
#endif

/* ---- 2. constants (never enums: their size is not ours to promise) ------------------ */

#define SYNCD_KIND_SOURCE UINT32_C (1)
#define SYNCD_KIND_SINK UINT32_C (2)

#define SYNCD_THREADS_ONE UINT32_C (0)      /* one call at a time, all instances */
#define SYNCD_THREADS_INSTANCE UINT32_C (1) /* one call at a time per instance   */
#define SYNCD_THREADS_SESSION UINT32_C (2)  /* one call at a time per session    */

#define SYNCD_OK 0
#define SYNCD_E_UNREACHABLE (-1)  /* the peer is away or unwell: later may work           */
#define SYNCD_E_CANCELLED (-2)    /* host->cancelled() was true                           */
#define SYNCD_E_CONFIG (-3)       /* the configuration cannot work                        */
#define SYNCD_E_AUTH (-4)         /* who we are is refused                                */
#define SYNCD_E_FORBIDDEN (-5)    /* what we ask is not allowed to us                     */
#define SYNCD_E_NOT_FOUND (-6)
#define SYNCD_E_BUDGET (-7)       /* too many requests; the wait was told by observed()   */
#define SYNCD_E_PROTOCOL (-8)     /* the peer said something we cannot understand         */
#define SYNCD_E_LIMIT (-9)        /* an answer larger than we take, or a server's limit   */
#define SYNCD_E_UNSUPPORTED (-10) /* this operation or mode is not offered                */
#define SYNCD_E_CHECKPOINT (-11)  /* scan_begin, scan_next: this checkpoint cannot be
                                     continued                                            */
#define SYNCD_E_INTERNAL (-12)

#define SYNCD_LOG_ERROR 3   /* a person must act           */
#define SYNCD_LOG_WARNING 4 /* handled, but notable        */
#define SYNCD_LOG_INFO 6    /* one line for each phase     */
#define SYNCD_LOG_DEBUG 7   /* protocol steps, no secrets  */

/* ---- 3. opaque host objects --------------------------------------------------------- */

struct syncd_ctx;    /* who is calling: instance, session, cancellation, last failure;
                        NULL for log() and fail() in load() and unload()                   */
struct syncd_config; /* the validated options of one instance                              */
struct syncd_entry;  /* one entry of a source (output)                                     */
struct syncd_buffer; /* bytes or JSON text that a plugin hands to the host (output)        */
struct syncd_change; /* one planned change of one account (input)                          */
struct syncd_result; /* what became of one change (output)                                 */

/* ---- 4. budget: requests that leave the machine -------------------------------------- */

#define SYNCD_REQUEST_TOKEN UINT32_C (0) /* access token                                  */
#define SYNCD_REQUEST_LIST UINT32_C (1)  /* a page, or a count                            */
#define SYNCD_REQUEST_FIND UINT32_C (2)  /* a look-up by an attribute                     */
#define SYNCD_REQUEST_READ UINT32_C (3)  /* one account; also schema and service config   */
#define SYNCD_REQUEST_CREATE UINT32_C (4)
#define SYNCD_REQUEST_UPDATE UINT32_C (5)
#define SYNCD_REQUEST_DELETE UINT32_C (6)

/* What a request's answer told of the peer's limits; unknown numbers are -1. */
struct syncd_observation {
  uint32_t struct_size;
  uint32_t kind;          /* SYNCD_REQUEST_*                                              */
  int32_t status;         /* HTTP status; 0: no answer came                               */
  int32_t throttled;      /* 1: the peer refused for too many requests                    */
  int64_t allowed;        /* requests that a window allows                                */
  int64_t used;           /* requests counted in the current window                       */
  int64_t reset_ms;       /* until the window ends                                        */
  int64_t retry_after_ms; /* the wait that the peer asked for                             */
  int64_t latency_us;     /* from sending the request to the end of the answer            */
};

/* ---- 5. services that the host lends to plugins (append only) ------------------------ */

#define SYNCD_GET_ENTRY 1        /* get(): the entry was filled                            */
#define SYNCD_GET_GONE 2         /* get(): the source has no entry with this id            */
#define SYNCD_GET_OUT_OF_SCOPE 3 /* get(): it exists, outside the base or the filter       */
#define SYNCD_GET_FAILED 4       /* get(): could not be told (the default)                 */

/* What became of a change; one for each failure class. */
#define SYNCD_RESULT_UNKNOWN 0   /* may have been applied: no answer came (the default)    */
#define SYNCD_RESULT_OK 1
#define SYNCD_RESULT_ENTRY 2     /* this change is refused for its content                 */
#define SYNCD_RESULT_COLLISION 3 /* a unique attribute is taken: result_set_conflict()     */
#define SYNCD_RESULT_LINK 4      /* the account does not exist (any more)                  */
#define SYNCD_RESULT_RACE 5      /* the account's version is not the one expected          */
#define SYNCD_RESULT_AUTH 6      /* refused, also with a new token                         */
#define SYNCD_RESULT_FORBIDDEN 7 /* not allowed: for this account, or at all               */
#define SYNCD_RESULT_CONFIG 8    /* nothing of the kind can work: wrong path, media type   */
#define SYNCD_RESULT_BUDGET 9    /* too many requests; not applied                         */
#define SYNCD_RESULT_SINK 10     /* the sink is unwell; not applied                        */
#define SYNCD_RESULT_NOT_TAKEN 11 /* applied, but some paths are not as sent               */
#define SYNCD_RESULT_CANCELLED 12 /* not sent                                              */

#define SYNCD_ACCOUNT_CREATED UINT32_C (1) /* result_set_account: a new account            */
#define SYNCD_ACCOUNT_REVIVED UINT32_C (2) /* a known or older account came back to life   */

#define SYNCD_CHANGE_CREATE UINT32_C (1)
#define SYNCD_CHANGE_UPDATE UINT32_C (2)
#define SYNCD_CHANGE_DELETE UINT32_C (3)

#define SYNCD_OP_ADD UINT32_C (1)
#define SYNCD_OP_REPLACE UINT32_C (2)
#define SYNCD_OP_REMOVE UINT32_C (3)

/* One operation of an update (RFC 7644 section 3.5.2). */
struct syncd_operation {
  uint32_t struct_size;
  uint32_t op;       /* SYNCD_OP_*                                                         */
  const char *path;  /* SCIM path, with value filter or extension URN where needed         */
  const char *value; /* JSON text; NULL for remove                                         */
  size_t value_len;
};

struct syncd_host {
  uint32_t struct_size;
  uint32_t abi_version;

  /* -- diagnostics; any thread -- */
  void (*log) (struct syncd_ctx *, int32_t level, const char *fmt, ...) SYNCD_PRINTF (3, 4);
  /* Keeps the message as the reason of the failure and returns CODE. The message says what
   * happened, to what, and what to do about it; never a secret. */
  int32_t (*fail) (struct syncd_ctx *, int32_t code, const char *fmt, ...) SYNCD_PRINTF (3, 4);
  /* Nonzero once the call should end. Cheap. */
  int32_t (*cancelled) (struct syncd_ctx *);
  /* Overwrites a secret in a way that no optimiser removes. */
  void (*wipe) (void *bytes, size_t len);

  /* -- options; valid from create() to destroy() -- */
  /* Text of an option; NULL where it is not set and has no default. URI, PATH, ENUM too. */
  const char *(*config_text) (const struct syncd_config *, const char *key);
  /* INT, BOOL (0 or 1), DURATION (ms), SIZE (bytes); 0 where it is not set. */
  int64_t (*config_number) (const struct syncd_config *, const char *key);
  /* Items of a LIST or pairs of a MAP. */
  size_t (*config_count) (const struct syncd_config *, const char *key);
  const char *(*config_item) (const struct syncd_config *, const char *key, size_t i);
  const char *(*config_item_key) (const struct syncd_config *, const char *key, size_t i);
  /* The name of the source or sink in the configuration: for messages. */
  const char *(*config_name) (const struct syncd_config *);

  /* -- buffers -- */
  /* Appends; SYNCD_E_LIMIT when the host's maximum is reached (nothing is appended). */
  int32_t (*buffer_append) (struct syncd_buffer *, const void *bytes, size_t len);

  /* -- entries (sources) -- */
  /* The stable id, canonical text. Required for every entry, delete and still-there. */
  void (*entry_set_id) (struct syncd_entry *, const char *id, size_t len);
  /* Version token: compared for equality only. */
  void (*entry_set_token) (struct syncd_entry *, const void *token, size_t len);
  /* What people call it (a DN): for messages and look-ups. */
  void (*entry_set_name) (struct syncd_entry *, const char *name, size_t len);
  /* A key, normalised by the plugin, under which other entries may refer to this one. */
  void (*entry_add_reference_key) (struct syncd_entry *, const char *key, size_t len);
  /* Look at this entry again then, though nothing changes until then. */
  void (*entry_set_reevaluate_at) (struct syncd_entry *, int64_t at_ms);
  /* Resource type, such as "User" (the default: the type asked for). */
  void (*entry_set_type) (struct syncd_entry *, const char *type);
  /* One value of the attribute at that index of the request's attributes. Bytes with a
   * length. Values of a reference attribute are given as reference keys. */
  void (*entry_add_value) (struct syncd_entry *, size_t attribute, const void *value, size_t len);
  /* get() only: one of SYNCD_GET_*. */
  void (*entry_set_answer) (struct syncd_entry *, int32_t answer);

  /* -- changes (sinks): borrowed until apply() returns -- */
  uint32_t (*change_kind) (const struct syncd_change *);
  const char *(*change_type) (const struct syncd_change *);    /* "User"                   */
  const char *(*change_entry) (const struct syncd_change *);   /* the source's id          */
  const char *(*change_account) (const struct syncd_change *); /* the sink's id or NULL    */
  const char *(*change_version) (const struct syncd_change *); /* expected version or NULL */
  /* The whole desired document; NULL where it is not known (an update of one attribute). */
  const char *(*change_document) (const struct syncd_change *, size_t *ret_len);
  size_t (*change_operation_count) (const struct syncd_change *);
  const struct syncd_operation *(*change_operation) (const struct syncd_change *, size_t i);

  /* -- results (sinks) -- */
  void (*result_set) (struct syncd_result *, int32_t result, int32_t status);
  void (*result_set_message) (struct syncd_result *, const char *fmt, ...) SYNCD_PRINTF (2, 3);
  /* The account, its version (or NULL) and SYNCD_ACCOUNT_* flags. */
  void (*result_set_account) (struct syncd_result *, const char *id, const char *version,
                              uint32_t flags);
  /* COLLISION: the attribute whose value is taken ("userName"). */
  void (*result_set_conflict) (struct syncd_result *, const char *attribute);
  /* NOT_TAKEN: a path that is not as it was sent; call once for each. */
  void (*result_add_not_taken) (struct syncd_result *, const char *path);
  void (*result_set_retry_after) (struct syncd_result *, int64_t ms);
  void (*result_set_correlation) (struct syncd_result *, const char *id);

  /* -- budget -- */
  /* Waits until a request may leave; SYNCD_OK or SYNCD_E_CANCELLED. Before every request. */
  int32_t (*permit) (struct syncd_ctx *, uint32_t kind);
  /* After every request, answered or not. */
  void (*observed) (struct syncd_ctx *, const struct syncd_observation *);

  /* -- what a plugin found out about its peer, kept with the state; since 1.1 -- */
  /* What remember() was given last for this source or sink, by an earlier process too; NULL:
   * nothing. Valid until the next remember(). A peer may have become another one meanwhile: it
   * is a hint, to be checked with what the peer shows. */
  const void *(*recall) (struct syncd_ctx *, size_t *ret_len);
  /* Keeps a copy instead of what was kept before; never a secret. SYNCD_E_LIMIT: too large. */
  int32_t (*remember) (struct syncd_ctx *, const void *bytes, size_t len);
};

/* ---- 6. declared options: parsed, typed and checked by the host ----------------------- */

#define SYNCD_OPT_STRING UINT32_C (1)
#define SYNCD_OPT_INT UINT32_C (2)
#define SYNCD_OPT_BOOL UINT32_C (3)
#define SYNCD_OPT_DURATION UINT32_C (4) /* 30s, 5m, 12h, 7d; in ms                         */
#define SYNCD_OPT_SIZE UINT32_C (5)     /* 64k, 4M; in bytes                               */
#define SYNCD_OPT_PATH UINT32_C (6)
#define SYNCD_OPT_URI UINT32_C (7)
#define SYNCD_OPT_ENUM UINT32_C (8)     /* one of `words`                                  */
#define SYNCD_OPT_TYPE_MASK UINT32_C (0xff)
#define SYNCD_OPT_LIST (UINT32_C (1) << 8) /* a list; a single scalar is a list of one     */
#define SYNCD_OPT_MAP (UINT32_C (1) << 9)  /* a mapping of text to this type               */
#define SYNCD_OPT_REQUIRED (UINT32_C (1) << 10)
#define SYNCD_OPT_SECRET (UINT32_C (1) << 11) /* never shown; KEY_file is accepted as well */

/* The host itself owns, for every plugin: plugin, timeout, sessions, proxy,
 * requests_per_minute, allow_plaintext and KEY_file; a plugin that wants to read timeout,
 * proxy or allow_plaintext finds them in its config without declaring them. */
struct syncd_option {
  const char *key;           /* dotted: "tls.ca_file"                                      */
  uint32_t type;             /* SYNCD_OPT_* type and flags                                 */
  uint32_t reserved;         /* 0                                                          */
  const char *default_value; /* as a user would write it, a LIST [a, b]; NULL: none         */
  const char *words;         /* ENUM: the words, separated by spaces; INT: words that are
                                taken as well and read as 0 ("auto")                       */
  const char *environment;   /* variable read where the file has nothing; NULL: none       */
  const char *help;          /* one line; a test compares it with the manual page          */
};

/* ---- 7. sources ------------------------------------------------------------------------ */

#define SYNCD_MODE_EVERYTHING UINT32_C (1) /* every entry in scope                         */
#define SYNCD_MODE_CHANGES UINT32_C (2)    /* what changed since the checkpoint            */
#define SYNCD_MODE_WATCH UINT32_C (3)      /* like CHANGES, then stay and follow           */
#define SYNCD_MODE_INVENTORY UINT32_C (4)  /* ids and tokens only: still-there events      */

#define SYNCD_ATTRIBUTE_REFERENCE UINT32_C (1) /* its values name other entries            */

struct syncd_attribute {
  uint32_t struct_size;
  uint32_t flags;   /* SYNCD_ATTRIBUTE_*                                                   */
  const char *name; /* as the mapping wrote it; names are case-insensitive                 */
};

struct syncd_scan_request {
  uint32_t struct_size;
  uint32_t mode;    /* SYNCD_MODE_*                                                        */
  const char *type; /* "User"                                                              */
  const void *checkpoint; /* opaque, from an earlier scan of this source; NULL: none       */
  size_t checkpoint_len;
  const struct syncd_attribute *const *attributes; /* what the mapping needs               */
  size_t attribute_count;
};

/* What scan_next() returned (negative: SYNCD_E_*, the scan is over and proves nothing). */
#define SYNCD_SCAN_ENTRY 1       /* ENTRY is filled: new, changed or simply there          */
#define SYNCD_SCAN_DELETE 2      /* ENTRY has the id of one that is gone                   */
#define SYNCD_SCAN_STILL_THERE 3 /* ENTRY has id and token: there, attributes not shown; no
                                   token: it did not change since the checkpoint         */
#define SYNCD_SCAN_CHECKPOINT 4  /* TEXT is a checkpoint that covers all events before it  */
#define SYNCD_SCAN_RESET 5       /* what was shown before does not count for absence       */
#define SYNCD_SCAN_CAUGHT_UP 6   /* watch: what had changed has been shown                 */
#define SYNCD_SCAN_IDLE 7        /* nothing came within max_wait_ms                        */
#define SYNCD_SCAN_END_ALL 8     /* the end; whatever was not shown is not there           */
#define SYNCD_SCAN_END_CHANGES 9 /* the end; absence says nothing                          */
#define SYNCD_SCAN_END_PARTIAL 10 /* the end, incomplete; TEXT says why                    */

struct syncd_source_ops {
  uint32_t struct_size;
  uint32_t reserved;
  /* Starts a scan on the session; one scan a session at a time. SYNCD_E_CHECKPOINT: the
   * checkpoint is of another server, scope or format; the host reads everything instead. */
  int32_t (*scan_begin) (struct syncd_ctx *, void *session, const struct syncd_scan_request *,
                         void **ret_scan);
  /* The next event, SYNCD_SCAN_*. ENTRY and TEXT come empty. A server may turn CHANGES into
   * everything: then it ends END_ALL. So does WATCH, when absence is to count: another WATCH
   * with the new checkpoint goes on. After an end or an error, only scan_end() follows. */
  int32_t (*scan_next) (struct syncd_ctx *, void *scan, uint32_t max_wait_ms,
                        struct syncd_entry *entry, struct syncd_buffer *text);
  void (*scan_end) (struct syncd_ctx *, void *scan);
  /* Asks for single entries: by id, or by the name that entry_set_name() gives. Fills
   * entries[i] and sets its answer (SYNCD_GET_*); ids have no order. mode and checkpoint of
   * the request are not used. */
  int32_t (*get) (struct syncd_ctx *, void *session, const struct syncd_scan_request *,
                  const char *const *ids, struct syncd_entry *const *entries, size_t n);
  /* JSON: {"attributes":[{"name":"uid","multi":true,"type":"string"|"binary"|"reference",
   * "aliases":["userid"]}…]}; SYNCD_E_UNSUPPORTED where the source knows no schema. */
  int32_t (*schema) (struct syncd_ctx *, void *session, struct syncd_buffer *text);
  /* JSON: {"identity":{"source":"…","id":"entryUUID"}, "server":"…", "scope":"…" (hash of what
   * decides which entries are seen: base, filter, bind identity), "changes":"timestamp",
   * "why":"…", "grades":["timestamp","full"], "blind":["deletes"…], "warnings":["…"]}.
   * The host compares identity and scope with those of the last completed read. */
  int32_t (*describe) (struct syncd_ctx *, void *session, struct syncd_buffer *text);
};

/* ---- 8. sinks --------------------------------------------------------------------------- */

struct syncd_list_request {
  uint32_t struct_size;
  uint32_t count_only;    /* 1: no documents, only the total of all accounts                */
  const char *type;       /* "User"                                                         */
  const char *position;   /* NULL: the first page; else as a former page gave it            */
  size_t position_len;
  const char *const *attributes; /* names wanted besides what always comes                  */
  size_t attribute_count;
};

struct syncd_sink_ops {
  uint32_t struct_size;
  uint32_t max_batch; /* changes in one apply(); 0 or 1: one                                */
  uint32_t max_bytes; /* of documents and operations in one apply(); 0: no limit            */
  uint32_t reserved;
  /* One page of accounts, active and inactive ones: appends a JSON array of resources to
   * DOCUMENTS and the next page's position to POSITION (none: this was the last).
   * *ret_total: number of accounts, -1 where the sink does not say. */
  int32_t (*list) (struct syncd_ctx *, void *session, const struct syncd_list_request *,
                   struct syncd_buffer *documents, struct syncd_buffer *position,
                   int64_t *ret_total);
  /* The accounts whose ATTRIBUTE equals VALUE (inactive ones too): a JSON array, [] for none.
   * Every one returned really has that value. */
  int32_t (*find) (struct syncd_ctx *, void *session, const char *type, const char *attribute,
                   const char *value, const char *const *attributes, size_t attribute_count,
                   struct syncd_buffer *documents);
  /* One account: a JSON object; SYNCD_E_NOT_FOUND where there is none. */
  int32_t (*read) (struct syncd_ctx *, void *session, const char *type, const char *id,
                   const char *const *attributes, size_t attribute_count,
                   struct syncd_buffer *document);
  /* Applies N changes (never two of one entry) and fills the result of each that was
   * answered; the rest stay SYNCD_RESULT_UNKNOWN. SYNCD_OK whenever results are filled. */
  int32_t (*apply) (struct syncd_ctx *, void *session, const struct syncd_change *const *changes,
                    struct syncd_result *const *results, size_t n);
  /* JSON array of schema definitions (RFC 7643 section 7): those of the resource types and
   * their extensions, as far as this sink keeps them. */
  int32_t (*schema) (struct syncd_ctx *, void *session, struct syncd_buffer *text);
  /* JSON: {"identity":{"sink":"https://…","organisation":"…"}, "soft_delete":true,
   * "revival":true, "etag":true, "page_size":25, "user_name":"email"|"text",
   * "types":["User"], "find":["userName","externalId"], "warnings":["…"]}. No request is
   * made for it: it says what the plugin knows. */
  int32_t (*describe) (struct syncd_ctx *, void *session, struct syncd_buffer *text);
};

/* ---- 9. the descriptor (append only) ----------------------------------------------------- */

struct syncd_plugin {
  uint32_t magic; /* these four: SYNCD_PLUGIN_HEADER */
  uint32_t struct_size;
  uint32_t abi_version;
  uint32_t abi_required;

  uint32_t kind;         /* SYNCD_KIND_*                                                     */
  uint32_t thread_model; /* SYNCD_THREADS_*                                                  */
  uint32_t max_sessions; /* sessions that may be open at once; 0: any number                 */
  uint32_t reserved;     /* 0                                                                */
  const char *name;      /* [a-z0-9-]+, the file is syncd-NAME.so                            */
  const char *version;
  const char *summary;   /* one line                                                         */

  const struct syncd_option *options;
  uint32_t option_count;
  uint32_t option_size;  /* sizeof (struct syncd_option): the array's stride                 */

  /* Life cycle. load once a process, before threads; create one instance from its options,
   * no network; open one session, connects and authenticates. close pairs with a successful
   * open, destroy with create, unload with load. The library is never unmapped. load and
   * unload may be NULL; they pass NULL as the ctx of log() and fail(). */
  int32_t (*load) (const struct syncd_host *host, void **ret_state);
  void (*unload) (void *state);
  int32_t (*create) (struct syncd_ctx *, void *state, const struct syncd_config *,
                     void **ret_instance);
  void (*destroy) (struct syncd_ctx *, void *instance);
  int32_t (*open) (struct syncd_ctx *, void *instance, void **ret_session);
  void (*close) (struct syncd_ctx *, void *session);

  const struct syncd_source_ops *source; /* kind SOURCE */
  const struct syncd_sink_ops *sink;     /* kind SINK   */
  /* ABI 1.0 ends here. New members go below this line, never above. */
};

#define SYNCD_PLUGIN_HEADER                                                                 \
  SYNCD_PLUGIN_MAGIC, (uint32_t) sizeof (struct syncd_plugin), SYNCD_ABI_CURRENT,           \
      SYNCD_ABI_REQUIRED

#define SYNCD_ENTRY_NAME "syncd_plugin_entry"
typedef const struct syncd_plugin *(*syncd_plugin_entry_fn) (void);

#ifdef __cplusplus
#define SYNCD_EXTERN_C extern "C"
#else
#define SYNCD_EXTERN_C extern
#endif

/* Exports the one symbol: SYNCD_REGISTER_PLUGIN (my_descriptor); */
#define SYNCD_REGISTER_PLUGIN(descriptor)                                                   \
  SYNCD_EXTERN_C SYNCD_EXPORT const struct syncd_plugin *syncd_plugin_entry (void);         \
  const struct syncd_plugin *syncd_plugin_entry (void) { return &(descriptor); }            \
  struct syncd_plugin /* takes the caller's semicolon */

#ifdef __cplusplus
}
#endif
#endif /* SYNCD_PLUGIN_H */
