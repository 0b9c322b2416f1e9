/* Accounts at which somebody points who was refused, or whose names somebody wants who is parked:
 * each is looked at once in a pass, whoever it is for, and those of the former that the sink's words
 * do not speak of are few. Main thread only. */
#ifndef SYNCD_PIPELINE_LOOKED_H
#define SYNCD_PIPELINE_LOOKED_H

#include "pipeline/pass.h"

enum looked_answer { LOOKED_NOT, LOOKED_PENDING, LOOKED_THERE, LOOKED_GONE };

/* What is known of the account with this id in this pass. */
enum looked_answer looked_at (struct pass *, const char *account);
void looked_note (struct pass *, const char *account, enum looked_answer);
/* No answer came after all: it may be looked at again. */
void looked_forget_pending (struct pass *, const char *account);

/* Do the sink's words speak of a reference? PATH: the leaf's; ACCOUNT: where it points, or NULL. */
bool looked_speak_of (const char *words, const char *path, const char *account);
/* May one more be looked at? NAMED: the sink's words speak of it. */
bool looked_may (struct pass *, bool named);
/* What came of it costs the others nothing. */
void looked_was_worth_it (struct pass *);

void looked_free (struct pass *);

#endif
