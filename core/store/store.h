/* The state of one pipeline: links, queue, checkpoint, runs. The only user of SQLite.
 *
 * One SQLite file (mode 0600, WAL, synchronous=FULL, secure_delete, auto_vacuum=INCREMENTAL),
 * holding personal data and treated so. One thread at a time; one writer in the world (a lock
 * file beside it with pid and host). Failures of the disk are errors with what to do; nothing
 * is ever silently recreated. All writing is inside store_begin … store_commit. What reads without
 * an error argument and fails gives 0 (store_name_taken: true), and the next store_begin or
 * store_commit gives the error: nothing is decided by it. store_rollback clears it. */
#ifndef SYNCD_STORE_STORE_H
#define SYNCD_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buffer.h"
#include "util/error.h"
#include "util/hash.h"

struct store;

enum store_mode {
  STORE_WRITE, /* makes the file where there is none; takes the lock                      */
  STORE_READ,  /* no lock, no trace; *RET_STORE is NULL where there is no file (not an error) */
  STORE_SCRATCH /* a private copy that vanishes when it is closed, for what-if passes: no lock, no
                   trace; a new, empty one where there is no file */
};

/* Opens. Refuses, naming the file and the remedy: damaged, newer format, network file system,
 * locked by another (with its pid and host), readable by others. */
int store_open (const char *path, enum store_mode, struct store **ret_store, struct error *);
/* Truncates the WAL, gives free pages back, unlocks, closes. */
void store_close (struct store *);
/* The end of a pass: truncates the WAL and gives free pages back; outside of a transaction. */
int store_tidy (struct store *, struct error *);
const unsigned char *store_key (const struct store *); /* HASH_KEY_LEN bytes, made with the file */

/* Does somebody hold the writer's lock of the state at PATH right now? */
bool store_is_locked (const char *path);
/* Who, in words (pid, host, since when), or NULL where nobody does. A text of its own. */
char *store_lock_holder (const char *path);
bool store_is_read_only (const struct store *);

int store_begin (struct store *, struct error *);
int store_commit (struct store *, struct error *);
void store_rollback (struct store *);

/* ---- facts about the pipeline: identity, checkpoint, cached schema, … ---------------- */
int store_put_fact (struct store *, const char *name, const void *bytes, size_t len, struct error *);
/* Texts, in a transaction of their own: all of them are kept, or none. */
struct fact {
  const char *name, *text;
};
int store_keep_facts (struct store *, const struct fact *, size_t count, struct error *);
/* Appends to OUT; returns 1, or 0 where there is none. */
int store_get_fact (struct store *, const char *name, struct buffer *out);
int store_drop_fact (struct store *, const char *name, struct error *);
/* All whose names begin so. */
int store_drop_facts (struct store *, const char *prefix, struct error *);

/* A mapping version and its leaf paths (a JSON array) get a small number, once. */
int store_mapping_number (struct store *, const char *version, const char *leaf_paths,
                          int64_t *ret_number, struct error *);
/* Leaf paths (JSON array) of a mapping number; 1 or 0. */
int store_mapping_paths (struct store *, int64_t number, struct buffer *out);

/* ---- links: one row an entry ------------------------------------------------------------ */
enum link_status {
  LINK_NEW,      /* known, no account yet (queued, parked or held) */
  LINK_SYNCED,
  LINK_DISABLED, /* made inactive by us: it left, and may come back */
  LINK_DELETED,  /* its account was deleted by us; the row is kept (case 5) */
  LINK_LEFT      /* left with leavers.policy: ignore */
};

#define LINK_ADOPTED 1u      /* flags: taken over, not made by us */
#define LINK_SEND_ALL 2u     /* the next update sends every leaf */
#define LINK_DOUBT 8u        /* a change that was parked or refused since may have been made */
#define LINK_INACTIVE 16u    /* its account is inactive, for the entry maps `active` to false */
#define LINK_REFERENCES 4u   /* a reference was left out: resolve again when targets appear */

struct link {
  int64_t row;               /* 0: not in the store yet */
  char *id;                  /* the source's id */
  char *name;                /* what people call it (DN) */
  char *reference_key;       /* first reference key, or NULL */
  char *account;             /* the sink's id, or NULL */
  char *wanted_name, *given_name; /* user names; given: as the account has it, or NULL */
  char *token;               /* source's version token as text (bytes are hex), or NULL */
  char *version;             /* account's version for If-Match, or NULL */
  enum link_status status;
  unsigned flags;
  unsigned char fingerprint[FINGERPRINT_LEN];
  int64_t mapping;           /* its number; 0: never sent */
  uint64_t *leaves;          /* hashes of what was last sent and taken; NULL or leaf_count of them */
  size_t leaf_count;
  char *parked;              /* reason, or NULL: not parked */
  unsigned char parked_fingerprint[FINGERPRINT_LEN];
  int64_t attempts, next_try_ms;
  int64_t reevaluate_at_ms;
  char *last_action;         /* "created", "updated", "adopted account of …": for explain */
  int64_t last_ms;
  size_t room;               /* new: so many bytes of names and leaves will come with an account */
};

void link_init (struct link *);
void link_fini (struct link *);

/* Look-ups: 1 found (fills LINK, which must be init'ed; old content is freed), 0 not, -1 failed. */
int store_link_by_id (struct store *, const char *id, struct link *, struct error *);
int store_link_by_row (struct store *, int64_t row, struct link *, struct error *);
int store_link_by_account (struct store *, const char *account, struct link *, struct error *);
int store_link_by_reference (struct store *, const char *key, struct link *, struct error *);
/* By DN, user name (given or wanted) or id: what an administrator types. */
int store_link_search (struct store *, const char *text, struct link *, struct error *);
/* Who holds the (folded) user name: by the given name of a row that has an account. */
int store_link_by_given_name (struct store *, const char *name, struct link *, struct error *);
/* Who had it, lost the account, and is to be read again before another one has it. */
int store_link_lost_by_name (struct store *, const char *name, struct link *, struct error *);
/* Writes all fields; makes the row where link->row is 0 and sets it. */
int store_link_put (struct store *, struct link *, struct error *);
int store_link_forget (struct store *, int64_t row, struct error *);

/* All links, the whole queue and the accounts that were listed. */
int store_links_clear (struct store *, struct error *);

/* The hot path of comparing: only what it needs, without allocation. Where entries are asked for in
 * the order of their rows each costs a step of a walk, else a search. */
struct glance {
  int64_t row, mapping;
  enum link_status status;
  unsigned flags;
  bool parked, queued;       /* queued: a queue row in any state */
  unsigned char fingerprint[FINGERPRINT_LEN]; /* of the queue row where there is one, else the link's */
  int64_t reevaluate_at_ms;
  const char *name, *token;  /* not ended by a NUL; borrowed until the next glance, begin or commit */
  size_t name_len, token_len;
};
int store_glance (struct store *, const char *id, size_t len, struct glance *, struct error *);
/* Is a text of a glance this one? One that a row does not have is as an empty one. */
bool store_glance_same (const char *kept, size_t kept_len, const char *now, size_t len);
/* Name, token, reference key and re-evaluation of a row that is otherwise unchanged. FINGERPRINT may
 * be NULL: it stays. */
int store_link_touch (struct store *, int64_t row, const char *name, const char *token,
                      const char *reference_key, int64_t reevaluate_at_ms,
                      const unsigned char *fingerprint, struct error *);

/* Calls VISIT for each matching row until it returns nonzero (returned). LINK is borrowed.
 * VISIT may write to the store. */
enum link_filter {
  LINKS_ALL, LINKS_PARKED,
  LINKS_DUE,  /* parked or to be re-evaluated, and the time has come; parked with next_try_ms 0 is
               * due, INT64_MAX never; in the order of their times */
  LINKS_PRESENT,                       /* SYNCED or NEW: whose absence would mean a leaver */
  LINKS_REFERENCES,                    /* LINK_REFERENCES is set */
  LINKS_DISABLED                       /* disabled by us, at NOW_MS or before (last_ms) */
};
int store_links_each (struct store *, enum link_filter, int64_t now_ms,
                      int (*visit) (void *data, struct link *), void *data, struct error *);
/* Rows PRESENT, and those that left but are parked or queued to come back, whose bit in SEEN (indexed
 * by row) is not set. A row beyond SEEN_BITS is younger than
 * the map and not absent. */
int store_absent_each (struct store *, const unsigned char *seen, size_t seen_bits,
                       int (*visit) (void *data, struct link *), void *data, struct error *);
int64_t store_max_row (struct store *);

struct store_counts {
  int64_t entries, owned, active, disabled, parked, queued, in_doubt, held;
};
int store_counts (struct store *, struct store_counts *, struct error *);
/* Only what waits (parked, queued, in_doubt, held): looks at no entry that is done. */
int store_counts_waiting (struct store *, struct store_counts *, struct error *);

/* ---- references: accounts that are their entry's no more -------------------------------- */
/* Until they are dropped: a reference to one of these must be looked at, a crash forgets none (G2). */
int store_lost_put (struct store *, const char *account, struct error *);
int store_lost_any (struct store *, struct error *); /* 1, 0, -1 */
int store_lost_drop (struct store *, struct error *);
/* Every SYNCED link of that mapping whose leaf of this index was last sent as one of them, once. LINK
 * is borrowed, VISIT may write. 0, -1, or what VISIT returned. */
int store_lost_each (struct store *, int64_t mapping, size_t leaf,
                     int (*visit) (void *data, struct link *), void *data, struct error *);

/* ---- the queue: the newest desired state of an entry, never a diff ----------------------- */
enum queue_state {
  QUEUE_WAITING, QUEUE_SENT, /* committed as sent before a worker had it */
  QUEUE_HELD                 /* by a brake */
};
enum queue_intent { QUEUE_SYNC, QUEUE_DISABLE, QUEUE_DELETE };

struct queued {
  int64_t number;            /* of the row, ascending; 0: new */
  int64_t row;               /* the link's */
  enum queue_intent intent;
  enum queue_state state;
  bool doubt;                /* was sent, result unknown (found SENT at start, or told so) */
  int64_t mapping;           /* number */
  unsigned char fingerprint[FINGERPRINT_LEN];
  char *leaves;              /* SYNC: leaves_encode(), NULL while held; else what a create in doubt */
                             /* was sent with, or NULL */
  char *wanted_name;
  char *name;                /* name given by the decide step or found since; NULL: as wanted */
  int64_t name_number;       /* n of "{base}_{n}" */
  char *temporary_name;      /* breaking a ring: sent first */
  char *sent_name;           /* doubt: the name that a state before this one was sent with, or NULL */
  int64_t attempts, next_try_ms;
  char *why;                 /* held: which brake */
  bool deactivates;          /* SYNC: its mapped `active` turns false: counts as a leaver */
};

void queued_init (struct queued *);
void queued_fini (struct queued *);

/* The newest state of an entry: replaces a WAITING or HELD row of the entry, stays beside a SENT
 * one and goes after it. Sets the number. The doubt of a row that is replaced goes over to the new
 * one (doubt, sent_name): a DISABLE in doubt may have to look for an account first. */
int store_queue_put (struct store *, struct queued *, struct error *);
/* The same for an entry that has no row in the queue (struct glance: not queued). */
int store_queue_add (struct store *, struct queued *, struct error *);
/* Writes back all fields of the row with that number; nothing where it is gone. Where a SENT row
 * stops being SENT and a newer state waits, that one alone stays and takes over the doubt. */
int store_queue_update (struct store *, const struct queued *, struct error *);
/* Takes the row with that number away (its result came); a newer state of the entry stays. */
int store_queue_done (struct store *, int64_t number, struct error *);
/* The same for many at once, which is cheaper by far where they follow one another; NUMBERS, no one
 * twice, are put into order. */
int store_queue_all_done (struct store *, int64_t *numbers, size_t count, struct error *);
/* Takes every row of the entry that is neither SENT nor in doubt away (the source took the change
 * back). What stays (see store_queue_of) may be at the sink already: put the newest state then. */
int store_queue_withdraw (struct store *, int64_t row, struct error *);
/* The next at most COUNT WAITING rows after NUMBER whose time has come and whose entry has no
 * SENT row, in order; each is handed to VISIT, which takes the content over (queued_fini). VISIT may
 * write. 0, -1, or what VISIT returned. Rows that were passed over (not due, entry SENT) are found by
 * beginning again with AFTER 0, which costs nothing more. */
int store_queue_take (struct store *, int64_t after, size_t count, int64_t now_ms,
                      int (*visit) (void *data, struct queued *), void *data, struct error *);
/* NUMBERS as in store_queue_all_done(). */
int store_queue_mark_sent (struct store *, int64_t *numbers, size_t count, struct error *);
/* At start: every SENT row becomes WAITING with doubt (merged into a newer state of its entry where
 * there is one: see store_queue_put). Returns how many, or -1. */
int64_t store_queue_recover (struct store *, struct error *);
/* The rows of an entry: 1 and the newest one, or 0. */
int store_queue_of (struct store *, int64_t row, struct queued *, struct error *);
/* When the earliest WAITING row whose entry has no SENT row is due (ms; 1: long ago), 0: none. */
int64_t store_queue_next_due (struct store *);
/* Every row in this state (newest desired state), joined with nothing; VISIT borrows. */
int store_queue_each (struct store *, enum queue_state,
                      int (*visit) (void *data, struct queued *), void *data, struct error *);
/* Every WAITING SYNC row that cannot be sent as it is: it has no values, or those of another mapping
 * than this number, or is due never (INT64_MAX). VISIT borrows. */
int store_queue_bare_each (struct store *, int64_t mapping,
                           int (*visit) (void *data, struct queued *), void *data, struct error *);
/* Every WAITING update that is not in doubt, where row and link are of this mapping, the link is
 * SYNCED, not parked, and not to be sent whole. VISIT borrows, and may write. */
int store_queue_updates_each (struct store *, int64_t mapping,
                              int (*visit) (void *data, struct queued *), void *data, struct error *);
/* Is a change of that entry under way? */
bool store_queue_is_sent (struct store *, int64_t row);
int64_t store_queue_count (struct store *, enum queue_state, int intent /* -1: all */);
/* Holds or releases all WAITING (HELD) rows of a kind in one statement. KIND: creates are SYNC
 * rows of entries without account, leavers DISABLE, DELETE and what deactivates, updates the
 * rest. */
enum change_kind { CHANGE_CREATES, CHANGE_UPDATES, CHANGE_LEAVERS };
int store_queue_hold (struct store *, enum change_kind, const char *why, struct error *);
int store_queue_release (struct store *, enum change_kind, struct error *);
int64_t store_queue_count_kind (struct store *, enum change_kind, enum queue_state);
/* A held row that somebody approved: it waits with this word as its `why`, no brake holds it again,
 * and a newer state of the entry that is the same keeps it (see store_queue_put). */
#define QUEUE_APPROVED "approved"
bool queued_is_approved (const struct queued *);
int store_queue_approve (struct store *, int64_t number, struct error *);
/* Those of the WAITING rows of a kind that are approved. */
int64_t store_queue_count_approved (struct store *, enum change_kind);

/* ---- the clock ------------------------------------------------------------------------------ */
#define STORE_PARKED_MOST_MS ((int64_t) 24 * 3600 * 1000) /* the longest waits that are ever given */
#define STORE_QUEUED_MOST_MS ((int64_t) 10 * 60 * 1000)
/* Notes what time it is. Where it was later before, the clock was ahead: 1, and whoever waits longer
 * than ever is due now, what was done or disabled then counts as of now. 0: all is well, -1. */
int store_clock_note (struct store *, int64_t now_ms, struct error *);
/* The same without asking. Both inside a transaction. */
int store_clock_bound (struct store *, int64_t now_ms, struct error *);

/* ---- names ---------------------------------------------------------------------------------- */
/* SYNC rows (WAITING, without given name) whose wanted name somebody else holds or wants too, in the
 * order (folded name, source id): these need a decision, which is written to `name` (also where it
 * is the wanted one); all others simply get what they want. VISIT borrows, and may write. */
int store_names_contested_each (struct store *,
                                int (*visit) (void *data, struct queued *, const char *id),
                                void *data, struct error *);
/* Rows that wait and were given NAME, which they want, have no name again; not those in doubt. */
int store_names_take_back (struct store *, const char *name, struct error *);
/* Is the name given, or promised to a queue row, by another entry than ROW? A wish without decision
 * counts, but not against an entry that wishes the same name: the first that is decided has it. */
bool store_name_taken (struct store *, const char *name, int64_t row);
/* The same for the queue's rows alone: who holds the name now is not looked at. */
bool store_name_promised (struct store *, const char *name, int64_t row);

/* ---- accounts met at the first meeting (emptied when it is over) ----------------------------- */
struct account {
  char *id, *external_id, *user_name, *document; /* JSON */
};
void account_fini (struct account *);
int store_account_put (struct store *, const struct account *, struct error *);
/* In the order of their ids; VISIT borrows and does not write. */
int store_accounts_each (struct store *, int (*visit) (void *data, const struct account *), void *data,
                         struct error *);
/* Accounts whose ATTRIBUTE (id and externalId exact, userName folded) is VALUE: the number found; the
 * first fills RET_ACCOUNT, which must be zeroed or filled before; -1 failed. */
int store_account_find (struct store *, const char *attribute, const char *value,
                        struct account *ret_account, struct error *);
int store_accounts_drop (struct store *, struct error *);

/* ---- runs --------------------------------------------------------------------------------------- */
int store_run_put (struct store *, int64_t started_ms, const char *report_json, struct error *);
int store_run_drop_newest (struct store *, struct error *);
/* The newest first, at most COUNT. */
int store_runs_each (struct store *, size_t count,
                     int (*visit) (void *data, int64_t started_ms, const char *report_json),
                     void *data, struct error *);
/* Done changes of the last 24 h of a kind, for the brakes. */
int store_done_add (struct store *, enum change_kind, int64_t count, int64_t at_ms, struct error *);
int64_t store_done_since (struct store *, enum change_kind, int64_t since_ms);

#endif
