/* Transactions of the state; see store.h. What failed before, a read without an error argument too,
 * is told by the next begin or commit: nothing that was decided by it is kept. */
#include "config.h"
#include "store/internal.h"

#include "util/crash.h"

static int
earlier_failure (struct store *store, struct error *error)
{
  *error = store->failure;
  return -1;
}

int
store_begin (struct store *store, struct error *error)
{
  if (store->failed)
    return earlier_failure (store, error);
  store_glance_end (store);
  sqlite3_stmt *begin = store->mode == STORE_WRITE
                            ? store_statement (store, S_BEGIN, "BEGIN IMMEDIATE")
                            : store_statement (store, S_BEGIN_READ, "BEGIN");
  int rc = store_run (store, begin, error);
  store->inside = rc == 0;
  return rc;
}

int
store_commit (struct store *store, struct error *error)
{
  if (store->failed)
    return earlier_failure (store, error);
  store_glance_end (store);
  if (store_tally_save (store, error) < 0)
    return -1;
  CRASH_POINT ("commit");
  int rc = store_run (store, store_statement (store, S_COMMIT, "COMMIT"), error);
  store->inside = store->inside && rc != 0;
  CRASH_POINT ("committed");
  return rc;
}

void
store_rollback (struct store *store)
{
  for (size_t i = 0; i < STATEMENT_COUNT; i++)
    sqlite3_reset (store->statements[i]);
  for (size_t i = 0; i < LINK_VARIANTS; i++)
    sqlite3_reset (store->link_updates[i]);
  if (!sqlite3_get_autocommit (store->db))
    sqlite3_exec (store->db, "ROLLBACK", NULL, NULL, NULL);
  store_glance_end (store);
  store_tally_forget (store);
  store_promise_reset (store);
  store->counted_at = 0;
  store->floor = 0;
  store->failed = store->inside = false;
}
