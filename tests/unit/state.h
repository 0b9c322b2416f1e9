/* A folder and a state for one test of the store. */
#ifndef TESTS_UNIT_STATE_H
#define TESTS_UNIT_STATE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/store.h"

struct state {
  char folder[64];
  char path[96];
  struct store *store; /* open for writing, in a transaction; or NULL */
  struct error error;
};

/* cmocka fixtures: *STATE is a struct state. */
int state_setup (void **state);
int state_teardown (void **state);
/* Commits, closes, opens again and begins. */
void state_reopen (struct state *);
void state_close (struct state *);
void state_open (struct state *);
/* The call succeeded; else shows the error. */
#define state_ok(st, call) state_check (st, (call) == 0, __FILE__, __LINE__)
void state_check (struct state *, int ok, const char *file, int line);
/* The N-th id in UUID form. */
const char *state_id (unsigned n);
/* A link with id N and these user names (may be NULL); its row. ACCOUNT 0: none. */
int64_t state_link (struct state *, unsigned n, enum link_status, unsigned account,
                    const char *wanted, const char *given);
/* A WAITING SYNC row for the link; its number. */
int64_t state_queue (struct state *, int64_t row, const char *wanted, const char *leaves);
/* How many links there are, as the store counts. */
int64_t state_entries (struct state *);
/* The file's mode, size or -1. */
long state_size (const struct state *, const char *ending);
/* Is there a file PATH + ENDING? */
int state_there (const struct state *, const char *ending);
/* Runs SQL in the closed state's file by a connection of its own. */
void state_sql (const struct state *, const char *sql);

#endif
