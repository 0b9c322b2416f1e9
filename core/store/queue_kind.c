/* Brakes: changes of a kind are counted, held and released all at once; see store.h.
 *
 * All kinds and states are counted together, in one walk along an index, and the numbers hold until
 * something is written. */
#include "config.h"
#include "store/internal.h"

#include <string.h>

#include "util/clock.h"

#define WITH_ACCOUNT "(SELECT account FROM link WHERE link.row = queue.row)"
#define IS_CREATE "intent = 0 AND NOT deactivates AND " WITH_ACCOUNT " IS NULL"
#define IS_UPDATE "intent = 0 AND NOT deactivates AND " WITH_ACCOUNT " IS NOT NULL"
#define IS_LEAVER "(intent <> 0 OR deactivates)"
#define UNSENT " AND number NOT IN (SELECT number FROM sent)"

/* The statement for KIND of three that stand side by side, at FIRST. */
static sqlite3_stmt *
of_kind (struct store *store, enum statement first, enum change_kind kind, const char *const sql[3])
{
  return store_statement (store, (enum statement) ((int) first + (int) kind), sql[kind]);
}

int
store_queue_hold (struct store *store, enum change_kind kind, const char *why, struct error *error)
{
  /* A held row keeps no values, but what an account in doubt was sent with: it is found by that. */
#define HOLD(is)                                                                                \
  "UPDATE queue SET state = 2, why = ?1, leaves = CASE intent WHEN 0 THEN NULL ELSE leaves END"   \
  " WHERE state = 0"                                                                            \
  " AND why IS NOT '" QUEUE_APPROVED "' AND " is UNSENT
  static const char *const sql[] = { HOLD (IS_CREATE), HOLD (IS_UPDATE), HOLD (IS_LEAVER) };
  sqlite3_stmt *s = of_kind (store, S_HOLD_CREATES, kind, sql);
  store_bind_text (s, 1, why);
  return store_run (store, s, error);
}

int
store_queue_release (struct store *store, enum change_kind kind, struct error *error)
{
#define RELEASE(is) "UPDATE queue SET state = 0, why = NULL WHERE state = 2 AND " is
  static const char *const sql[] = { RELEASE (IS_CREATE), RELEASE (IS_UPDATE), RELEASE (IS_LEAVER) };
  store->floor = 0;
  store->sendable_from = store->last_number + 1; /* held rows have no values */
  return store_run (store, of_kind (store, S_RELEASE_CREATES, kind, sql), error);
}

bool
store_queue_counts_hold (const struct store *store)
{
  return store->counted_at && store->counted_at == sqlite3_total_changes64 (store->db)
         && store->mode != STORE_READ; /* another may write meanwhile */
}

static enum change_kind
kind_of (enum queue_intent intent, bool deactivates, bool with_account)
{
  if (intent != QUEUE_SYNC || deactivates)
    return CHANGE_LEAVERS;
  return with_account ? CHANGE_UPDATES : CHANGE_CREATES;
}

static void
count_row (struct store *store, sqlite3_stmt *s)
{
  enum change_kind kind = kind_of ((enum queue_intent) sqlite3_column_int (s, 1),
                                   sqlite3_column_int (s, 2), sqlite3_column_int (s, 3));
  bool sent = sqlite3_column_int (s, 4);
  int held = sqlite3_column_int (s, 0) == QUEUE_HELD;
  store->counts[kind][sent ? QUEUE_SENT : held ? QUEUE_HELD : QUEUE_WAITING]++;
}

int
store_queue_count_all (struct store *store, struct error *error)
{
  int rc;
  if (store_queue_counts_hold (store))
    return 0;
  memset (store->counts, 0, sizeof store->counts);
  sqlite3_stmt *s = store_statement (store, S_QUEUE_COUNTS,
      "SELECT q.state, q.intent, q.deactivates, l.account IS NOT NULL, s.number IS NOT NULL"
      " FROM queue q LEFT JOIN link l ON l.row = q.row LEFT JOIN sent s ON s.number = q.number");
  while ((rc = store_step (store, s, error)) > 0)
    count_row (store, s);
  store->counted_at = rc < 0 ? 0 : sqlite3_total_changes64 (store->db);
  return rc;
}

int64_t
store_queue_count_kind (struct store *store, enum change_kind kind, enum queue_state state)
{
  return store_queue_count_all (store, NULL) < 0 ? 0 : store->counts[kind][state];
}

int
store_queue_approve (struct store *store, int64_t number, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_APPROVE, "UPDATE queue SET state = 0, why = '"
                                     QUEUE_APPROVED "' WHERE number = ?1 AND state = 2");
  sqlite3_bind_int64 (s, 1, number);
  store->sendable_from = store->last_number + 1;
  store->floor = 0;
  return store_run (store, s, error);
}

int64_t
store_queue_count_approved (struct store *store, enum change_kind kind)
{
#define COUNT_APPROVED(is) \
  "SELECT count (*) FROM queue WHERE state = 0 AND why = '" QUEUE_APPROVED "' AND " is UNSENT
  static const char *const sql[] = { COUNT_APPROVED (IS_CREATE), COUNT_APPROVED (IS_UPDATE),
                                     COUNT_APPROVED (IS_LEAVER) };
  int64_t count = store_number (store, of_kind (store, S_APPROVED_CREATES, kind, sql), NULL);
  return count < 0 ? 0 : count;
}

int
store_queue_count_doubt (struct store *store, const struct queued *old, const struct queued *newer,
                         struct error *error)
{
  if (!old->doubt || queued_is_approved (old))
    return 0;
  sqlite3_stmt *s = store_statement (store, S_WITH_ACCOUNT,
                                     "SELECT account IS NOT NULL FROM link WHERE row = ?1");
  sqlite3_bind_int64 (s, 1, old->row);
  int64_t with_account = store_number (store, s, error);
  if (with_account < 0)
    return -1;
  enum change_kind was = kind_of (old->intent, old->deactivates, with_account > 0);
  if (was == kind_of (newer->intent, newer->deactivates, with_account > 0))
    return 0;
  return store_done_add (store, was, 1, clock_now_ms (), error);
}
