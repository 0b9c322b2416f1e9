/* Rows of the queue: filled, read by number and by entry; see store.h. */
#include "config.h"
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void
queued_init (struct queued *queued)
{
  memset (queued, 0, sizeof *queued);
}

void
queued_fini (struct queued *queued)
{
  free (queued->leaves);
  free (queued->wanted_name);
  free (queued->name);
  free (queued->temporary_name);
  free (queued->sent_name);
  free (queued->why);
  queued_init (queued);
}

bool
queued_is_approved (const struct queued *queued)
{
  return queued->why && strcmp (queued->why, QUEUE_APPROVED) == 0;
}

/* In the order of QUEUE_COLUMNS. */
void
store_queue_fill (sqlite3_stmt *s, struct queued *queued)
{
  queued_fini (queued);
  queued->number = sqlite3_column_int64 (s, 0);
  queued->row = sqlite3_column_int64 (s, 1);
  queued->intent = (enum queue_intent) sqlite3_column_int (s, 2);
  queued->state = sqlite3_column_int (s, 16) ? QUEUE_SENT
                                             : (enum queue_state) sqlite3_column_int (s, 3);
  queued->doubt = sqlite3_column_int (s, 4);
  queued->mapping = sqlite3_column_int64 (s, 5);
  store_column_fingerprint (s, 6, queued->fingerprint);
  queued->wanted_name = store_column_text (s, 7);
  queued->name = store_column_text (s, 8);
  queued->name_number = sqlite3_column_int64 (s, 9);
  queued->temporary_name = store_column_text (s, 10);
  queued->sent_name = store_column_text (s, 11);
  queued->attempts = sqlite3_column_int64 (s, 12);
  queued->next_try_ms = sqlite3_column_int64 (s, 13);
  queued->why = store_column_text (s, 14);
  queued->leaves = store_column_text (s, 15);
  queued->deactivates = sqlite3_column_int (s, 17);
}

static int
one (struct store *store, sqlite3_stmt *s, struct queued *queued, struct error *error)
{
  int rc = store_step (store, s, error);
  if (rc <= 0)
    return rc;
  store_queue_fill (s, queued);
  sqlite3_reset (s);
  return 1;
}

int
store_queue_by_number (struct store *store, int64_t number, struct queued *queued,
                       struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_BY_NUMBER,
                                     "SELECT " QUEUE_COLUMNS " FROM queue q WHERE q.number = ?1");
  sqlite3_bind_int64 (s, 1, number);
  return one (store, s, queued, error);
}

int
store_queue_of (struct store *store, int64_t row, struct queued *queued, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_OF, "SELECT " QUEUE_COLUMNS
                                     " FROM queue q WHERE q.row = ?1 ORDER BY q.number DESC LIMIT 1");
  sqlite3_bind_int64 (s, 1, row);
  return one (store, s, queued, error);
}
