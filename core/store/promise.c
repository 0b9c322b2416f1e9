/* Which queue rows promise a user name: an index that is made when it is needed.
 *
 * Kept in the file, an index by hash would be paid for with every row that comes and goes, at
 * random places: a third of intake and of delivery. So it is a temporary table, filled in the
 * order of the hashes with what came since the last time. It may name rows that are gone or have
 * changed: whoever uses it looks at the row itself. */
#include "config.h"
#include "store/internal.h"

#define TOO_MANY 50000 /* stale ones that are worth beginning anew */

int
store_promise_create (struct store *store, struct error *error)
{
  return store_exec (store, "CREATE TEMP TABLE promise (hash INTEGER, number INTEGER,"
                     " PRIMARY KEY (hash, number)) WITHOUT ROWID", error);
}

void
store_promise_reset (struct store *store)
{
  if (store->promised_up_to)
    sqlite3_exec (store->db, "DELETE FROM temp.promise", NULL, NULL, NULL);
  store->promised_up_to = store->promise_count = 0;
}

/* Begins anew where most of it is stale. */
static int
shed (struct store *store, struct error *error)
{
  if (store->promise_count < TOO_MANY || store->promise_count < store->promise_limit)
    return 0;
  sqlite3_stmt *s = store_statement (store, S_PROMISE_QUEUE, "SELECT count (*) FROM queue");
  int64_t queued = store_number (store, s, error);
  if (queued < 0)
    return -1;
  if (store->promise_count > 2 * queued + TOO_MANY)
    store_promise_reset (store);
  store->promise_limit = 2 * store->promise_count;
  return 0;
}

int
store_promise_fill (struct store *store, struct error *error)
{
  if (store->promised_up_to == store->last_number && store->promised_up_to)
    return 0;
  if (shed (store, error))
    return -1;
  /* All rows are read from an index that has what is needed, a few from the table itself. */
  sqlite3_stmt *s = store->promised_up_to == 0
      ? store_statement (store, S_PROMISE_ALL, "INSERT OR IGNORE INTO temp.promise SELECT promised_hash,"
                         " number FROM queue INDEXED BY queue_entry WHERE promised_hash IS NOT NULL"
                         " ORDER BY promised_hash")
      : store_statement (store, S_PROMISE_NEW, "INSERT OR IGNORE INTO temp.promise SELECT promised_hash,"
                         " number FROM queue WHERE number > ?1 AND promised_hash IS NOT NULL"
                         " ORDER BY promised_hash");
  if (store->promised_up_to)
    sqlite3_bind_int64 (s, 1, store->promised_up_to);
  if (store_run (store, s, error))
    return -1;
  store->promise_count += sqlite3_changes (store->db);
  store->promised_up_to = store->last_number;
  return 0;
}

int
store_promise_changed (struct store *store, int64_t number, struct error *error)
{
  if (number > store->promised_up_to)
    return 0; /* it comes with the next filling */
  sqlite3_stmt *s = store_statement (store, S_PROMISE_CHANGED, "INSERT OR IGNORE INTO temp.promise"
      " SELECT promised_hash, number FROM queue WHERE number = ?1 AND promised_hash IS NOT NULL");
  sqlite3_bind_int64 (s, 1, number);
  if (store_run (store, s, error))
    return -1;
  store->promise_count++;
  return 0;
}
