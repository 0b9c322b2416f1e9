/* Who holds a user name, as far as the state knows. Main thread only. */
#ifndef SYNCD_PIPELINE_NAMES_H
#define SYNCD_PIPELINE_NAMES_H

#include "pipeline/pass.h"
#include "plan/collide.h"

/* Equal as user names: NFC, case folded; NULL equals only NULL. */
bool names_equal (const char *a, const char *b);
/* Who holds NAME, seen from the entry of ROW. RET_HOLDER must be init'ed. */
int names_holder (struct pass *, const char *name, int64_t row, struct link *ret_holder,
                  enum holder_kind *ret_kind, struct error *);
/* Has the entry of this link left? Not one that is about to come back, parked or queued. */
bool names_has_left (struct pass *, const struct link *, struct error *);
/* Is the entry of this link, whose account is not disabled yet, about to lose it because it left?
 * RET_ROW is the change then. Who is there but cannot be mapped is parked as well: it has not
 * left. */
bool names_is_leaving (struct store *, const struct link *, struct queued *ret_row, struct error *);
bool names_protected (const struct settings *, const char *name);
/* Why nothing may be done for this change (G5), a text of its own; NULL: it may. */
char *names_why_protected (const struct settings *, const struct link *, const struct queued *);
#define NAMES_IN_PROTECT " is named in protect: " /* part of every reason of that kind */
/* protect.c. Was the entry of this link parked for protect with that reason before? */
bool protect_was_said (const struct link *, const char *reason);
/* 1: a leaver that was parked for protect stays parked without a word, 0: not so, -1: failed. */
int protect_keeps_leaver (struct pass *, struct link *, struct error *);
/* Whoever was parked for protect and is not named there any more is tried again in this pass. */
int protect_compare (struct pass *, struct error *);
/* Nobody recorded what became of a change of this entry: its account may be there, or have another
 * name than the state knows. Such an entry is parked for a name only after the account was looked
 * at. */
bool names_in_doubt (const struct queued *, const struct link *);
/* Of a row whose account was looked for, or the account that has its name: must it be parked for
 * the name that it was promised? 1: yes, and why, a text of its own; 0: no. */
int names_refused (struct pass *, const struct queued *, const struct link *, char **ret_reason,
                   struct error *);
/* keeper.c: is the account that has the name that ROW wants looked at, before LINK's entry is parked for
 * it, or for one with a number in its place? */
bool keeper_is_to_be_seen (struct pass *, const struct queued *row, const struct link *,
                           struct error *);
/* A claim with the configured policies; the caller fills what it knows of the account. */
struct claim names_claim (const struct settings *, enum holder_kind, int attempts);

#endif
