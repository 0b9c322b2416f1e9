/* Brakes: changes of a kind are counted, held and released all at once; see store.h. */
#include "config.h"
#include "store/internal.h"

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
  /* A held row keeps no values. */
#define HOLD(is)                                                                                \
  "UPDATE queue SET state = 2, why = ?1, leaves = NULL WHERE state = 0"       \
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
  return store_run (store, of_kind (store, S_RELEASE_CREATES, kind, sql), error);
}

int64_t
store_queue_count_kind (struct store *store, enum change_kind kind, enum queue_state state)
{
#define COUNT(is) "SELECT count (*) FROM queue WHERE state = ?1 AND " is UNSENT
#define COUNT_SENT(is) "SELECT count (*) FROM queue WHERE number IN (SELECT number FROM sent) AND " is
  static const char *const counts[] = { COUNT (IS_CREATE), COUNT (IS_UPDATE), COUNT (IS_LEAVER) };
  static const char *const sent[] = { COUNT_SENT (IS_CREATE), COUNT_SENT (IS_UPDATE),
                                      COUNT_SENT (IS_LEAVER) };
  sqlite3_stmt *s = state == QUEUE_SENT ? of_kind (store, S_SENT_CREATES, kind, sent)
                                        : of_kind (store, S_COUNT_CREATES, kind, counts);
  if (state != QUEUE_SENT)
    sqlite3_bind_int (s, 1, (int) state);
  int64_t count = store_number (store, s, NULL);
  return count < 0 ? 0 : count;
}

int
store_queue_approve (struct store *store, int64_t number, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_APPROVE, "UPDATE queue SET state = 0, why = '"
                                     QUEUE_APPROVED "' WHERE number = ?1 AND state = 2");
  sqlite3_bind_int64 (s, 1, number);
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
