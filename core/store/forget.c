/* Links that are forgotten, with all that the state has about them; see store.h. Accounts at the
 * sink stay as they are. */
#include "config.h"
#include "store/internal.h"

static int
forget_row (struct store *store, int64_t row, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_LINK_FORGET, "DELETE FROM link WHERE row = ?1"
                                     " RETURNING status, account IS NOT NULL, flags");
  sqlite3_bind_int64 (s, 1, row);
  int rc = store_step (store, s, error);
  if (rc <= 0)
    return rc;
  struct counted counted = { .status = sqlite3_column_int (s, 0),
                             .account = sqlite3_column_int (s, 1),
                             .inactive = sqlite3_column_int (s, 2) & LINK_INACTIVE };
  store_tally_add (store, &counted, -1);
  sqlite3_reset (s);
  return 0;
}

int
store_link_forget (struct store *store, int64_t row, struct error *error)
{
  sqlite3_stmt *const statements[] = {
    store_statement (store, S_LINK_FORGET_SENT, "DELETE FROM sent WHERE row = ?1"),
    store_statement (store, S_LINK_FORGET_QUEUE, "DELETE FROM queue WHERE row = ?1"),
  };
  if (store_tally_load (store, error) < 0)
    return -1;
  for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
    sqlite3_bind_int64 (statements[i], 1, row);
    if (store_run (store, statements[i], error))
      return -1;
  }
  return forget_row (store, row, error);
}

int
store_links_clear (struct store *store, struct error *error)
{
  store_promise_reset (store);
  store_tally_clear (store);
  store->floor = 0;
  return store_exec (store, "DELETE FROM sent; DELETE FROM queue; DELETE FROM link;"
                     "DELETE FROM account", error);
}
