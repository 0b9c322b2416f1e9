/* Delivery: what its files share (delivery.c the loop, prepare.c, desired.c and change.c the
 * change, outcome.c the results, contest.c collisions, meeting.c the first meeting). Main thread
 * only. */
#ifndef SYNCD_PIPELINE_DELIVERY_H
#define SYNCD_PIPELINE_DELIVERY_H

#include "pipeline/names.h"
#include "pipeline/pass.h"
#include "pipeline/sessions.h"
#include "pipeline/worker.h"
#include "plan/plan.h"

/* Why a look-up is made; what comes back is judged by it. */
enum phase {
  PHASE_CHANGE,         /* the change itself */
  PHASE_MEET,           /* before a create: is there an account with our externalId? */
  PHASE_MEET_RULE,      /* before a create: another match rule */
  PHASE_SENT_NAME,      /* a create in doubt: is there an account with the name that was sent? */
  PHASE_HOLDER,         /* after 409: who holds the name? */
  PHASE_READ,           /* before sending all: what does the account have? */
  PHASE_TARGET,         /* after a refusal: is the account there that it points at? */
  PHASE_KEEPER,         /* parked for a name: does the account have it that the state says? */
  PHASE_WITHIN          /* after a refusal: where does the account itself point? */
};

struct item {
  struct work work;             /* first: a work of the crew is its item */
  struct queued row;
  struct link link;
  struct leaves want;
  struct plan plan;
  struct syncd_operation *operations;
  uint64_t *last, *hashes;
  unsigned char *known;
  char *name;                   /* the user name that is sent */
  char *external_id;            /* that we write: how our account is recognised */
  enum phase phase;
  size_t rule;                  /* PHASE_MEET_RULE: index of settings.match */
  bool send_all, met;           /* met: looked for, not found: create */
  bool adopting, linked_now, reviving;
  bool adoption_open;           /* it is not ours before the sink has answered */
  uint64_t sent_external;       /* hash of the external id that the account has from us; 0: none */
  bool only_inactive;           /* the rest of the change was refused: see refusal */
  bool newer;                   /* than the doubt about its account: see row.doubt */
  bool temporary;               /* this change only breaks a ring */
  int races, name_attempts;
  char *server_words;           /* of the 409 */
  int64_t left_out;             /* references without an account */
  char *refusal;                /* PHASE_TARGET: what the sink said; PHASE_KEEPER: why parked; */
  size_t leaf;                  /* which reference is looked at, */
  int64_t target;               /* PHASE_KEEPER: whose account it is (row), */
  char *target_account;         /* and which one; PHASE_TARGET: where it points */
  bool looked_within;           /* the account itself was read: */
  struct leaves within;         /* its references, */
  unsigned char *gone;          /* and which of them point at nobody, by leaf */
};

/* Queue numbers: what is written for many rows at once. */
struct numbers {
  int64_t *numbers;
  size_t count, size;
};

struct delivery {
  struct pass *pass;
  struct crew *crew;
  struct sessions sessions;     /* how many of the crew work at once */
  struct error *error;          /* the first reason to stop */
  bool stop;
  int64_t looked_us;            /* when orders were looked for */
  size_t in_flight, limit;
  struct work *ready;           /* to be given to the crew after the commit */
  size_t ready_count;
  int64_t after;                /* queue number: the sweep's position */
  bool sweep_moved, sweep_deferred, only_rings;
  bool meet_each;               /* first meeting: find by externalId before each create */
  bool met_by_list;             /* first meeting: accounts are in the store */
  int64_t unread;               /* rows whose entries must be read again first */
  int64_t done, started_us, last_success_us;
  int64_t successes, forbidden;
  int unwell;                   /* failures of the sink in a row */
  struct item *spare;           /* kept for reuse, linked by work.next */
  struct numbers sent, finished; /* rows that are to be marked and taken away with the next settling */
};

/* meeting.c: decides how existing accounts are met. */
int meeting_begin (struct delivery *);
/* How many accounts there are; all of them into the store's table. Need an open sink. */
int meeting_count (struct delivery *, int64_t *ret_total);
int meeting_list (struct delivery *);
int64_t meeting_pages (const struct pipeline *, int64_t total); /* requests that listing takes */

/* prepare.c. 1: work is ready; 0: nothing is to be sent (the row is done or deferred); -1: stop. */
int prepare_item (struct delivery *, struct item *);
/* Plans and builds the change for what is known now. Same results. */
int prepare_change (struct delivery *, struct item *);
/* The same from the beginning: what its references mean has changed. */
int prepare_anew (struct delivery *, struct item *);
void prepare_find (struct item *, enum phase, const char *attribute, const char *value);
void prepare_read (struct item *);
/* desired.c: fills item->want, name and external id. 1: it is filled; 0: the row has no values, or
 * those of another mapping; -1: stop. */
int desired_fill (struct delivery *, struct item *);
/* change.c: plans the change and fills the item's request; false: there is nothing to change. */
/* Of a change that the sink refused: that the account becomes inactive, alone. False: it was not
 * to. */
bool change_only_inactive (struct delivery *, struct item *);
bool change_make (struct delivery *, struct item *);

/* outcome.c: takes an answer. The same results as prepare_item. */
int outcome_take (struct delivery *, struct item *);
/* The row is done; counters and link are written. */
int outcome_finish (struct delivery *, struct item *, const char *action); /* success.c, as these: */
int outcome_take_success (struct delivery *, struct item *);
int outcome_take_not_taken (struct delivery *, struct item *);
bool outcome_lacks (const struct item *, const char *path); /* the sink did not take that */
/* The account that was to be deleted is gone: it was done, by us or not. */
int outcome_was_deleted (struct delivery *, struct item *);
int outcome_park (struct delivery *, struct item *, const char *reason);
int outcome_later (struct delivery *, struct item *, int64_t delay_ms, bool doubt);
/* The sink answered sensibly: it is well. */
void outcome_note_success (struct delivery *);
int outcome_stop (struct delivery *, struct item *, const char *reason);

/* learning.c: the link has what was sent for its entry, and taken; or that its account is one of
 * somebody who left; or is inactive, though its entry, which cannot be mapped, is there. */
void learning_sync (struct delivery *, struct item *);
void learning_leaver (struct delivery *, struct item *);
void learning_inactive (struct delivery *, struct item *);
/* Does the mapping keep its account inactive, by its leaves? Noted in its flags. */
void learning_active (const struct pass *, struct link *);
/* counting.c: counts a change that was made in the report; what was done, in words. */
const char *counting_change (struct delivery *, struct item *);
/* Counts it for the brakes, which have it as this. */
int counting_done (struct delivery *, struct item *);
enum change_kind counting_kind (const struct item *);

/* The account is not there, or not ours: look for it by externalId, then create it. */
int outcome_lost_link (struct delivery *, struct item *);
int outcome_not_ours (struct delivery *, struct item *);
/* reading.c: what an account has, so that every leaf is sent in the right form. */
int reading_take (struct delivery *, struct item *);

/* "what the sink said (correlation …)", a text of its own. */
char *outcome_words (const struct work *);

/* targets.c: the sink refused the entry. Where an account that it points at is not there any more,
 * the entry goes without; else it is parked. */
int targets_take_refused (struct delivery *, struct item *);
/* PHASE_TARGET, PHASE_KEEPER: an answer of any kind came; and, of the first, what it says, where it
 * says something. */
void targets_answered (struct delivery *, const struct item *);
int targets_take_look (struct delivery *, struct item *);
/* PHASE_WITHIN: what the account has, where it may be read; and that is judged. */
void targets_learn (struct delivery *, struct item *, const struct leaves *have);
int targets_take_within (struct delivery *, struct item *);
/* What is known of the account's own references is not so any more. */
void targets_forget (struct item *);
/* The sink took the change: what there is in the place of those that were gone. */
void targets_settle (struct delivery *, struct item *);

/* keeper.c: an entry that is tried again must be parked for the name that it wants: the account
 * that has it, as far as the state knows, is looked at first, once in a pass. */
int keeper_look_or_park (struct delivery *, struct item *, const char *reason);
/* Of a row that was given a name only so that this is done; 2: it goes on as any other. */
int keeper_check (struct delivery *, struct item *);
/* PHASE_KEEPER: what the answer says, where it says something. */
int keeper_take_look (struct delivery *, struct item *);

/* unwell.c: the sink or the way to it is unwell; DOUBT: the change may have been applied. */
int unwell_take (struct delivery *, struct item *, bool doubt);
/* Milliseconds before the next try, the first one being 1: by chance, under a limit that
 * doubles. */
int64_t unwell_delay (int tries);

/* doubt.c: creates whose result nobody told. */
/* The account that one made is not to be seen yet: look again in a while; at last an entry is
 * parked, and a leaver has nothing to be taken away. */
int doubt_unseen (struct delivery *, struct item *);
/* The sink has the external id already: who carries it? */
int doubt_look_up (struct item *);

/* settle.c: rows are noted and marked sent or taken away together, which is cheaper by far. The
 * state is behind until delivery_settle(): before the commit, and before whatever asks what others
 * have in the queue. */
void delivery_note_sent (struct delivery *, int64_t number);
void delivery_note_finished (struct delivery *, int64_t number);
int delivery_settle (struct delivery *);
void delivery_forget_notes (struct delivery *); /* after a rollback, and at the end */

/* rings.c: user names that are passed on in a circle. 1: a ring was broken; 0: there is none. */
int rings_break (struct delivery *);

/* contest.c: one account of the first meeting's list, or of a look-up. */
int contest_account (struct delivery *, struct item *, const char *id, const char *external_id,
                     const char *document);
/* An adoption that the sink did not take leaves the account as it was, and nobody's or its
 * owner's. */
void contest_not_adopted (struct item *);
/* The change, after the account was looked at. In doubt: whoever is parked for the name that is
 * wanted was looked for first, so that what becomes of an account that is there (a leaver's, a
 * manager's) is known. */
int contest_change_or_park (struct delivery *, struct item *);
/* Parked for the name that is wanted, with what the sink said of it. */
int contest_park_held (struct delivery *, struct item *, const char *why);

/* lookup.c: accounts that were found (JSON array in work.documents). */
int lookup_take (struct delivery *, struct item *);
/* The userName in a document, a text of its own, or NULL. */
char *lookup_user_name (const char *document);
/* Several accounts, one of which may be the entry's: they are listed, and an administrator
 * decides. */
void lookup_add (struct buffer *list, const char *id, const char *user_name);
int lookup_park_several (struct delivery *, struct item *, const struct buffer *list);

/* candidates.c: user names beside the one that is wanted. */
/* Our account's name, HAS, stays where the entry still wants it, with or without a number: after a
 * lost state or a lost result too (G12). 0 or -1. */
int candidates_keep (struct delivery *, struct item *, const char *has);
/* The next candidate name, or park. */
int candidates_next (struct delivery *, struct item *, const char *why);

/* holder.c: whose an account is. Does it carry this entry's externalId? */
bool holder_carries_ours (const struct item *, const char *external_id);
/* What the state knows of the account's owner. An account that carries this entry's externalId is
 * its own, also where another entry had it that left: the same employee number, say. */
int holder_of (struct delivery *, struct item *, const char *id, const char *external_id,
               const char *name, enum holder_kind *ret_kind, char **ret_owner);
/* The account of somebody who left goes to another entry (collision.left: adopt, or it carries that
 * one's externalId). A disable that we made is undone with it. */
int holder_that_left (struct delivery *, struct item *, const char *id);
/* The account is not OWNER's any more. Whoever left is forgotten; whoever is there is looked at
 * again, and gets another account. */
int holder_let_go (struct delivery *, struct link *owner);
/* The sink took the adoption, or revived an account: whoever had it before lets it go. */
int holder_took (struct delivery *, struct item *);

/* delivery_crew.c: starts as many sessions as so many rows need; then as many, as many rows on
 * their way and as many requests to be expected as fit what was seen so far; and, for those who
 * wonder why it is not faster, in the log and for `status`. */
void delivery_start_crew (struct delivery *, int64_t rows);
void delivery_adapt (struct delivery *, int64_t total);
void delivery_tell_sessions (struct delivery *);

/* item memory */
struct item *item_get (struct delivery *);
void item_put (struct delivery *, struct item *);
void item_free_spares (struct delivery *);

#endif
