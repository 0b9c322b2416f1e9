/* One pass: intake, decide, delivery (guarantees: A pass). Main thread only.
 *
 * This header is the pipeline's own: what its files share while a pass runs. */
#ifndef SYNCD_PIPELINE_PASS_H
#define SYNCD_PIPELINE_PASS_H

#include "pipeline/ids.h"
#include "pipeline/pipeline.h"

struct looked;  /* pipeline/looked.h */
struct preview; /* pipeline/preview.h */
struct repeats; /* repeats.c */
struct stream;  /* pipeline/stream.h */

struct pass_options {
  bool full;          /* read everything, whatever the checkpoint says */
  bool dry_run;       /* the store is a scratch copy; nothing is delivered */
  bool progress;      /* a progress line on the terminal */
  const char *only;   /* one entry: id, DN or user name */
  bool rebind;         /* the state may meet another source or sink */
  bool verify;         /* compare the accounts with what was sent */
  const char *audit;   /* overrides settings.audit */
  const char *approve; /* a token: the held changes that it names go */
  bool watch;         /* of many in one process: no waiting for an unwell sink */
  bool inventory;     /* there is doubt about who is there */
  bool beside;        /* a change stream lives: nothing but what it cannot see is read */
  bool queue_only;    /* nothing is read but what is due */
  struct stream *stream; /* what it holds is taken in; nothing else is read */
  /* dry run: is shown every planned change */
  void (*preview) (void *data, const struct preview *);
  void *preview_data;
};

enum scan_end { SCAN_FAILED, SCAN_ALL, SCAN_CHANGES, SCAN_PARTIAL };

struct pass {
  struct pipeline *p;
  const struct pass_options *options;
  struct report *report;
  struct store *store;
  int64_t started_ms;
  int64_t read_us;            /* monotonic: when reading ended; 0: something left since */

  /* what was so when the pass began */
  bool first;                 /* no pass with this sink was completed yet */
  bool rebind;                /* everybody is being matched anew: all is held for approval */
  int64_t owned_active;       /* accounts, counted when a brake asks; -1: not yet */
  char *scope_changed;        /* filter, base or bind identity: what differs, in words; NULL: nothing */
  bool server_changed;        /* or others were read at since the last complete read */

  /* intake */
  struct entry entry;         /* the one being read */
  struct leaves leaves;
  uint64_t *hashes, *last;    /* by leaf */
  unsigned char *known;       /* enum known by leaf */
  unsigned char *seen;        /* a bit a row of the store */
  size_t seen_bits;
  struct ids deleted;         /* explicit deletes, to be confirmed */
  struct ids unclaimed;       /* accounts of no entry that somebody approved to be disabled */
  struct ids changed;         /* inventory: token differs, to be fetched */
  struct buffer checkpoint;   /* the newest one shown */
  bool has_checkpoint;
  bool counting;              /* an inventory, which moves no checkpoint */
  bool inventory_failed;      /* the inventory only: what the changes told before it holds */
  enum scan_end end;
  char *partial;              /* why the read is not complete */
  char *away;                 /* why the source cannot be asked: it is not tried again */
  int64_t only_row;           /* 0: everybody */
  struct repeats *repeats;    /* for what reasons how many were parked */

  int audit;                  /* descriptor of the audit file, or -1 */
  bool audit_dirty;

  bool showing;               /* dry run: what is held is read again only to be shown */
  bool asked;                 /* whoever is there again is held no more: approvals may be obeyed */
  int64_t missing_once;       /* absent at another server than the last one: not believed yet */
  int64_t unconfirmed;        /* leavers that the source could not tell of */
  int64_t look_again_ms;      /* who answers is asked again then: it was told to be gone; 0: not */
  bool force;                 /* look at the entry's document though nothing changed */
  bool references_noted;      /* the state knows that references may resolve now */
  struct looked *looked;      /* accounts that were looked at, for who points there was refused, or
                               * who wants their names is parked */
  int64_t to_be_read;         /* entries that came up in delivery: they are read again */
  int64_t newly_linked;       /* accounts or names that became known: references may resolve now */
};

/* Runs one pass; the report is filled whatever happens. Returns the exit status. */
int pass_run (struct pipeline *, const struct pass_options *, struct report *);

/* -- used by pass.c -- */

/* scan.c */
int intake_run (struct pass *, struct error *);
/* Takes in what scan_next() showed: pass->entry or TEXT. */
int intake_event (struct pass *, int32_t event, struct buffer *text, struct error *);
/* What the source said of its failure, with WHAT failed; -1. */
int intake_source_failed (struct pass *, int32_t code, const char *what, struct error *);
/* One scan in a mode; its events are taken in. RET_CODE: why it broke off. */
int intake_scan (struct pass *, uint32_t mode, const struct buffer *checkpoint, int32_t *ret_code,
                 struct error *);
/* inventory.c: ids, tokens and names of everybody; is it due, is a read of everything? */
int inventory_take (struct pass *, struct error *);
bool inventory_needed (const struct pass *);
bool inventory_overdue (const struct pipeline *, int64_t now_ms, bool watch);
/* A moment that is kept as a fact; was it so long ago, or is it to come still? Then the clock was wrong
 * and put right since. */
int64_t inventory_moment (const struct pipeline *, const char *name);
bool inventory_is_over (int64_t then_ms, int64_t now_ms, int64_t every_ms);
bool inventory_full_overdue (const struct pipeline *, int64_t now_ms);
/* By schedule.full and schedule.inventory: is a read beside the change stream due? */
bool intake_read_overdue (const struct pipeline *, int64_t now_ms);
/* intake.c: looks at one entry as the source showed it: unchanged, queued or parked. */
int intake_entry (struct pass *, struct error *);
void intake_mark_seen (struct pass *, int64_t row);
bool intake_was_seen (const struct pass *, int64_t row);
/* parking.c: parks an entry with a reason and grows its delay; */
int intake_park (struct pass *, struct link *, const unsigned char *fingerprint, const char *reason,
                 struct error *);
/* for one that cannot be mapped: of what it wants only that it is inactive is done. */
int intake_park_unmapped (struct pass *, struct link *, const unsigned char *fingerprint,
                          enum active_state, const char *reason, struct error *);
/* repeats.c: one more is parked for REASON: were enough told of it? */
bool repeats_told (struct pass *, const char *reason);
/* How many were not told of one by one. */
void repeats_end (struct pass *);
/* asking.c: asks the source for these and looks at those that it has; calls ABSENT (may be NULL)
 * for each that is gone or out of scope; */
int intake_get (struct pass *, struct ids *,
                int (*absent) (struct pass *, const char *id, struct error *), struct error *);
/* for those of pass->changed that the read did not show; and for options->only alone. */
int intake_unshown (struct pass *, struct error *);
int intake_only (struct pass *, struct error *);

/* knowledge.c: what was last sent, in the order of the present mapping's leaves. */
int knowledge_of (struct pass *, const struct link *, uint64_t *ret_last, unsigned char *ret_known,
                  struct error *);

/* references.c. 1: RET_ACCOUNT, a text of its own, is the account of the entry that KEY names; 0:
 * nobody has that key, or who has it has no account, or not yet, or not any more. */
int references_resolve (struct store *, const char *key, char **ret_account, struct error *);
/* Who points at an account that is its entry's no more (store_lost_put) is marked, to be read
 * again. */
int references_find_lost (struct pass *, struct error *);
/* Takes rows away that were queued for the sake of a reference that still cannot be set. */
int references_shed (struct pass *, struct error *);
/* Where the brake on updates would hold what is queued: the same for every entry. Whoever names
 * somebody who is renamed has another text, but no other account; only when everybody was read
 * that can be told. */
int references_settle (struct pass *, struct error *);
/* An account or a name became known, to which references may have been left out: a fact, written
 * in the caller's transaction, until everybody who has one was read again (G2). */
int references_note (struct pass *, struct error *);
/* The entry of LINK is called KEY from now on: who points at it by that name can be set right, and
 * who does so by the one that it had must not do so any more. */
int references_note_key (struct pass *, const struct link *, const char *key, struct error *);
/* Must they be read again? Done: they were. */
bool references_due (struct pass *);
int references_done (struct pass *, struct error *);

/* transaction.c: WRITE in a transaction of its own. */
int pass_transaction (struct pass *, int (*write) (struct pass *, struct error *), struct error *);

/* decide.c: leavers, brakes, names, checkpoint: in one transaction. */
int decide_run (struct pass *, struct error *);

/* leavers.c */
int leavers_find (struct pass *, struct error *);
/* Leavers that a brake holds: those whose entries are there again are held no more (G3, G4). */
int leavers_ask_again (struct pass *, struct error *);
/* A leaver's account that somebody enabled again, once the source says that it is still gone. */
int leavers_disable_again (struct pass *, const char *id, struct error *);
/* absence.c: whom a complete read did not show, as far as that counts; nobody after another
 * read. */
int leavers_absent (struct pass *, struct ids *absent, struct error *);
/* Did another server than last time answer, so that absence proves nothing by itself? */
bool leavers_uncertain (const struct pass *);
/* brakes.c; how many accounts are owned and active is counted once in a pass */
int brakes_count_owned (struct pass *, struct error *);
/* What a brake counts of a kind. */
struct brake_count {
  int64_t waiting; /* nobody approved it */
  int64_t held;
  int64_t done;    /* in the last 24 h */
};
struct brake_count brakes_count (struct pass *, enum change_kind);
/* Does so much of a kind trip its brake? 1, 0, -1. */
int brakes_trip (struct pass *, enum change_kind, int64_t count, struct error *);
int brakes_apply (struct pass *, struct error *);
/* Before leavers are queued: where all of them will be held, whatever their number, that is a fact
 * until they are, so that a crash in between lets none of them go (G2, G3). Forgotten in the
 * transaction that holds them. */
int brakes_note_doubt (struct pass *, struct error *);
int brakes_forget_doubt (struct pass *, struct error *);
/* Of a first pass, after its accounts were met: leavers alone, in a transaction of its own. */
int brakes_first_leavers (struct pass *, struct error *);
/* approve.c: lists the held changes with the token that names them; lets those go that a token
 * names, inside a transaction. */
void approve_list (struct pass *);
int approve_apply (struct pass *, struct error *);
/* Is it the token of held changes, now or among those that were shown last, or of unclaimed
 * accounts? */
bool approve_knows (struct store *, const char *token);
/* rebind.c: lets all links go where the state met other ends (--rebind); the end of it, when
 * nothing is held any more; and was the account ours before? */
#define REBOUND "rebound "
int rebind_begin (struct pass *, struct error *);
int rebind_end (struct pass *, struct error *);
bool rebind_was_ours (struct pass *, const char *account);
/* Was it adopted before the state met other ends? Then it is not one that we made. */
bool rebind_was_adopted (struct pass *, const char *account);
/* history.c: keeps the report among those of the last passes; of failures that follow each other and
 * say the same, the first and the last. */
void history_keep (struct store *, int64_t started_ms, struct report *);
/* names.c */
int names_give (struct pass *, struct error *);

/* opening.c: opens both ends and looks back at what the last run left. */
int opening_run (struct pass *, struct error *);
bool opening_has_fact (struct pass *, const char *name);
/* Is the source that answers now what the last complete read was of: scope, server? */
int opening_compare_ends (struct pass *, struct error *);
/* scope.c: by which options does the scope differ from that of the last complete read, as far as is
 * known? A text of its own: "the source's filter differs from the last completed read". */
char *scope_words (struct pass *);
/* In the transaction that keeps the scope. */
int scope_remember (struct pass *, struct error *);
/* A fact: another server than that of the last complete read was read at since then. */
#define SERVER_BETWEEN "server_between"
/* again.c: asks the source again for entries that the state lists, */
int again_read (struct pass *, enum link_filter, struct error *);
/* and for those whose queue rows keep no values, or those of another mapping; */
int again_read_bare_rows (struct pass *, struct error *);
/* brakes, approvals and names for what came up so; */
int again_decide (struct pass *, struct error *);
/* obeys the orders that came while delivering. */
int again_obey (struct pass *, struct error *);
/* What is held keeps no values: for a preview, in a state that nobody keeps, the first thousand are
 * read again and stay held. */
int again_read_held (struct pass *, struct error *);

/* meeting.c: how the first pass would meet existing accounts, for a plan: asks the sink how
 * many. */
int meeting_preview (struct pass *, struct error *);

/* delivery.c: brings the queue to the sink. */
int delivery_run (struct pass *, struct error *);

#endif
