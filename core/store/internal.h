/* What the files of the store share, and nobody else sees. */
#ifndef SYNCD_STORE_INTERNAL_H
#define SYNCD_STORE_INTERNAL_H

#include <sqlite3.h>

#include "store/store.h"

#define STORE_FORMAT 2                  /* PRAGMA user_version */
#define STORE_APPLICATION 0x73796e63    /* PRAGMA application_id: "sync" */

/* Statements are prepared when first needed and kept; one slot each. */
enum statement {
  S_BEGIN, S_BEGIN_READ, S_COMMIT, S_FACT_PUT, S_FACT_GET, S_FACT_DROP, S_FACTS_DROP, S_MAPPING_PUT,
  S_MAPPING_FIND, S_MAPPING_PATHS, S_LINK_BY_ID, S_LINK_BY_ROW, S_LINK_BY_ACCOUNT,
  S_LINK_BY_REFERENCE, S_LINK_BY_GIVEN, S_LINK_SEARCH, S_LINK_INSERT, S_LINK_OLD, S_LINK_FORGET,
  S_LINK_FORGET_SENT, S_LINK_FORGET_QUEUE, S_LINK_TOUCH, S_LINK_TOUCH_KEYS, S_GLANCE, S_GLANCE_NEXT,
  S_GLANCE_QUEUED, S_GLANCE_QUEUE, S_MAX_ROW,
  S_EACH_ALL, S_EACH_PARKED, S_EACH_DUE, S_EACH_DUE_SAME, S_EACH_PRESENT, S_EACH_REFERENCES,
  S_EACH_DISABLED, S_ABSENT, S_TALLY, S_COUNTS_WAITING,
  S_QUEUE_OLD, S_QUEUE_INSERT, S_QUEUE_UPDATE, S_QUEUE_UNSENT, S_QUEUE_SENT, S_QUEUE_DELETE,
  S_QUEUE_UNSENT_RANGE, S_QUEUE_SENT_RANGE, S_QUEUE_DELETE_RANGE,
  S_QUEUE_WITHDRAW, S_QUEUE_NEWER, S_QUEUE_MERGE, S_QUEUE_BY_NUMBER, S_QUEUE_OF, S_QUEUE_TAKE,
  S_QUEUE_FLOOR, S_QUEUE_READY, S_QUEUE_DUE, S_QUEUE_EACH_WAITING, S_QUEUE_EACH_SENT,
  S_QUEUE_EACH_HELD, S_QUEUE_EACH_BARE, S_QUEUE_EACH_UPDATE, S_QUEUE_COUNT, S_QUEUE_COUNT_SENT,
  S_QUEUE_COUNTS,
  S_NAMES_OTHERS, S_NAMES_HASHES, S_NAMES_TAKE_BACK, S_LINK_LOST_BY_NAME, S_QUEUE_SENT_NUMBERS,
  S_HOLD_CREATES, S_HOLD_UPDATES,
  S_HOLD_LEAVERS, S_RELEASE_CREATES, S_RELEASE_UPDATES, S_RELEASE_LEAVERS, S_APPROVE, S_QUEUE_IS_SENT,
  S_APPROVED_CREATES, S_APPROVED_UPDATES, S_APPROVED_LEAVERS, S_CONTESTED, S_NAME_TAKEN,
  S_NAME_PROMISED, S_ACCOUNT_PUT, S_ACCOUNT_BY_ID, S_ACCOUNTS_EACH, S_ACCOUNT_BY_EXTERNAL,
  S_ACCOUNT_BY_NAME, S_ACCOUNTS_DROP, S_RUN_PUT, S_RUN_DROP, S_RUN_PRUNE, S_RUNS,
  S_DONE_ADD, S_DONE_PRUNE,
  S_CLOCK_QUEUE, S_CLOCK_DONE, S_CLOCK_DONE_DROP,
  S_FREE_PAGES, S_DONE_SINCE, S_LOST_ANY, S_LOST_EACH, S_WITH_ACCOUNT, S_PROMISE_QUEUE, S_PROMISE_ALL,
  S_PROMISE_NEW, S_PROMISE_CHANGED, STATEMENT_COUNT
};

/* What to do about a damaged state; its log, if left, would be replayed into what comes instead. */
#define STORE_MENDED                                                                            \
  "Move it away with its -wal and -shm; then restore a backup, or run again: it is rebuilt from" \
  " the sink by externalId"

#define LINK_STATUSES 5   /* enum link_status */
#define LINK_VARIANTS 128 /* of the update of a link: one for each set of indexed columns */

/* How a link counts before it is written. */
struct counted {
  int status;
  bool account, inactive;
};

struct store {
  sqlite3 *db;
  char *path;
  enum store_mode mode;
  int lock;                      /* descriptor of the lock file, or -1 */
  unsigned char key[HASH_KEY_LEN];
  struct hasher *hasher;
  sqlite3_stmt *statements[STATEMENT_COUNT];
  sqlite3_stmt *link_updates[LINK_VARIANTS];
  unsigned char *scratch;        /* encoded leaf hashes */
  size_t scratch_size;
  int64_t last_number;           /* of the queue: never used twice while this process lives */
  int64_t floor;                 /* no WAITING row of the queue has a smaller number */
  int64_t promised_up_to;        /* number of the queue up to which promise.c has seen it */
  int64_t promise_count, promise_limit;
  int64_t tally[LINK_STATUSES][2]; /* links by status, without and with an account */
  int64_t tally_inactive[LINK_STATUSES]; /* of those with an account: inactive by the mapping */
  bool tally_known, tally_changed; /* it is as in the file; it is to be written */
  int64_t glanced;               /* row of the last glance; 0: not known */
  int64_t unqueued_from, unqueued_to; /* rows that have nothing in the queue; to: not one of them; */
  int unqueued_changes;          /* as long as the database has counted so many changes */
  bool in_order;                 /* glances follow the rows' order: the next row is tried first */
  int changed;                   /* columns that the last link put changed, and whether it was */
  bool changes_alike;            /* the same the time before: see link.c */
  struct counted counted;        /* as that link did before */
  int64_t counts[3][3];          /* of the queue, by kind and state (as SENT what is in `sent`) */
  int64_t counted_at;            /* what SQLite had changed in all when they were counted; 0: never */
  int64_t sendable_from;         /* rows from this number on can be sent as they are, if the */
  int64_t sendable_mapping;      /* mapping is this: see store_queue_bare_each() */
  bool wide;                     /* the cache is that for writing */
  bool inside;                   /* a transaction */
  bool failed;                   /* a function without an error argument failed, or something */
                                 /* inside of this transaction: see FAILURE */
  struct error failure;
};

/* ---- statement.c ------------------------------------------------------------------------ */
/* The statement in that slot, ready to be bound; NULL where it cannot be prepared, which every
 * function below takes and store_step() reports. */
sqlite3_stmt *store_statement (struct store *, enum statement, const char *sql);
sqlite3_stmt *store_prepare (struct store *, sqlite3_stmt **slot, const char *sql);
/* 1: a row, 0: the end, -1: failed. After 0 and -1 the statement is reset. Where ERROR is NULL
 * the failure is kept and given by the next store_begin() or store_commit(). */
int store_step (struct store *, sqlite3_stmt *, struct error *);
/* Runs a statement that gives no rows: 0 or -1. */
int store_run (struct store *, sqlite3_stmt *, struct error *);
/* One number: of the first column of the first row, 0 where there is none; -1 failed. */
int64_t store_number (struct store *, sqlite3_stmt *, struct error *);
/* What SQLite says of the last call, for people; -1. */
int store_failed (struct store *, struct error *);
int store_exec (struct store *, const char *sql, struct error *);

/* Texts and bytes that are bound must live until the statement is stepped. */
void store_bind_text (sqlite3_stmt *, int i, const char *text);
/* FORM: of a text that is kept as a number beside the one that it equals; 0: a text of its own. */
void store_bind_formed (sqlite3_stmt *, int i, int form, const char *text);
void store_bind_or_null (sqlite3_stmt *, int i, int64_t number); /* NULL for 0 */
/* An id: the UUID form as 16 bytes, anything else as text; so they stay distinguishable. */
void store_bind_id (sqlite3_stmt *, int i, const char *id, size_t len);
char *store_column_text (sqlite3_stmt *, int i);
char *store_column_id (sqlite3_stmt *, int i);
bool store_column_is_id (sqlite3_stmt *, int i, const char *id, size_t len);
void store_column_fingerprint (sqlite3_stmt *, int i, unsigned char *ret_fingerprint);
/* Hash of the folded name; never 0. */
int64_t store_name_hash (const struct store *, const char *folded);

/* ---- store.c ------------------------------------------------------------------------------- */
/* To be called before links are written: from then on the cache holds what a batch touches. */
int store_widen (struct store *, struct error *);

/* ---- file.c ------------------------------------------------------------------------------- */
/* Where the file really is: makes its folder in STORE_WRITE; *RET_PATH is NULL where there is
 * neither file nor (STORE_READ) folder. */
int store_file_find (const char *path, enum store_mode, char **ret_path, bool *ret_exists,
                     struct error *);
int store_file_check (const char *path, struct error *);
/* Takes the lock beside PATH; the descriptor, or -1. */
int store_file_lock (const char *path, struct error *);
void store_file_unlock (int lock);
/* The name of a network file system by its magic number, or NULL. */
const char *store_file_network (unsigned long magic);

/* ---- format.c ------------------------------------------------------------------------------ */
/* Makes a new, complete file, all or nothing. */
int store_format_create (const char *path, struct error *);
/* Tables and key of an empty database (STORE_SCRATCH). */
int store_format_fill (struct store *, struct error *);
/* Is it ours, whole as far as that is quickly seen, and of a format that we know? */
int store_format_check (struct store *, struct error *);
int store_format_functions (sqlite3 *);

/* ---- glance.c -------------------------------------------------------------------------------- */
/* Ends the walk of store_glance: a transaction begins or ends. */
void store_glance_end (struct store *);

/* ---- tally.c --------------------------------------------------------------------------------- */
/* To be called before links are written; store_tally_add after that. */
int store_tally_load (struct store *, struct error *);
void store_tally_add (struct store *, const struct counted *, int by);
void store_tally_clear (struct store *);
/* After a rollback: the file has it. */
void store_tally_forget (struct store *);
/* With each commit. */
int store_tally_save (struct store *, struct error *);

/* ---- link_row.c ----------------------------------------------------------------------------- */
#define LINK_COLUMNS                                                                            \
  "row,status,flags,mapping,fingerprint,id,account,token,name,reference_key,wanted_name,"       \
  "given_name,version,leaves,last_action,last_ms,parked,parked_fingerprint,attempts,"           \
  "next_try_ms,reevaluate_at_ms"
/* Fills LINK from a row of LINK_COLUMNS. */
void store_link_fill (sqlite3_stmt *, struct link *);
/* Steps once and fills: 1, 0 or -1. */
int store_link_one (struct store *, sqlite3_stmt *, struct link *, struct error *);
/* How KEY is kept beside NAME: 1 the same text, 2 the folded one, 0 a text of its own. */
int store_reference_form (const char *key, const char *name);
/* When the row is to be looked at again; 0: never. */
int64_t store_link_due (bool parked, int64_t next_try_ms, int64_t reevaluate_at_ms);

/* ---- queue_row.c ------------------------------------------------------------------------------ */
/* Counts the queue by kind and state where that was not done since the last change. */
int store_queue_count_all (struct store *, struct error *);
bool store_queue_counts_hold (const struct store *);
/* OLD gives way to NEWER. Where it is in doubt and of another kind nothing else will ever count it,
 * though it may have been done (an account that was disabled, and whose entry is back): it counts as
 * done now. */
int store_queue_count_doubt (struct store *, const struct queued *old, const struct queued *newer,
                             struct error *);
#define QUEUE_COLUMNS_BUT(is_sent)                                                              \
  "q.number,q.row,q.intent,q.state,q.doubt,q.mapping,q.fingerprint,q.wanted_name,q.name,"       \
  "q.name_number,q.temporary_name,q.sent_name,q.attempts,q.next_try_ms,q.why,q.leaves,"         \
  is_sent ",q.deactivates"
#define QUEUE_COLUMNS QUEUE_COLUMNS_BUT ("EXISTS (SELECT 1 FROM sent WHERE sent.number = q.number)")
#define QUEUE_UNSENT_COLUMNS QUEUE_COLUMNS_BUT ("0") /* of rows that are known not to be sent */
void store_queue_fill (sqlite3_stmt *, struct queued *);
int store_queue_by_number (struct store *, int64_t number, struct queued *, struct error *);

/* ---- promise.c --------------------------------------------------------------------------------- */
/* temp.promise (hash, number): at least every queue row with that promised_hash, once filled. */
int store_promise_create (struct store *, struct error *);
int store_promise_fill (struct store *, struct error *);
/* The row's name was changed. */
int store_promise_changed (struct store *, int64_t number, struct error *);
/* After a rollback: it may have lost what it had. */
void store_promise_reset (struct store *);

#endif
