/* Reports of runs, and what was done in the last day; see store.h. */
#include "config.h"
#include "store/internal.h"

#define RUNS_KEPT "200"
#define DAY_S 86400

int
store_run_put (struct store *store, int64_t started_ms, const char *report_json,
               struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_RUN_PUT,
      "INSERT OR REPLACE INTO run (started_ms, report) VALUES (?1, ?2)");
  sqlite3_bind_int64 (s, 1, started_ms);
  store_bind_text (s, 2, report_json);
  if (store_run (store, s, error))
    return -1;
  s = store_statement (store, S_RUN_PRUNE, "DELETE FROM run WHERE started_ms <= (SELECT started_ms"
                       " FROM run ORDER BY started_ms DESC LIMIT 1 OFFSET " RUNS_KEPT ")");
  return store_run (store, s, error);
}

int
store_run_drop_newest (struct store *store, struct error *error)
{
  return store_run (store, store_statement (store, S_RUN_DROP, "DELETE FROM run WHERE started_ms ="
                                            " (SELECT max (started_ms) FROM run)"), error);
}

int
store_runs_each (struct store *store, size_t count,
                 int (*visit) (void *data, int64_t started_ms, const char *report_json),
                 void *data, struct error *error)
{
  int rc, result = 0;
  sqlite3_stmt *s = store_statement (store, S_RUNS,
      "SELECT started_ms, report FROM run ORDER BY started_ms DESC LIMIT ?1");
  sqlite3_bind_int64 (s, 1, (int64_t) count);
  while (result == 0 && (rc = store_step (store, s, error)) != 0)
    result = rc < 0 ? -1 : visit (data, sqlite3_column_int64 (s, 0),
                                  (const char *) sqlite3_column_text (s, 1));
  sqlite3_reset (s);
  return result;
}

/* Whole seconds, rounded so that a brake rather counts too much; what is older than two days
 * serves nobody. */
int
store_done_add (struct store *store, enum change_kind kind, int64_t count, int64_t at_ms,
                struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_DONE_PRUNE,
                                     "DELETE FROM done WHERE kind = ?1 AND at < ?2");
  sqlite3_bind_int (s, 1, (int) kind);
  sqlite3_bind_int64 (s, 2, at_ms / 1000 - 2 * DAY_S);
  if (store_run (store, s, error))
    return -1;
  s = store_statement (store, S_DONE_ADD, "INSERT INTO done (kind, at, count) VALUES (?1, ?2, ?3)"
                       " ON CONFLICT (kind, at) DO UPDATE SET count = count + excluded.count");
  sqlite3_bind_int (s, 1, (int) kind);
  sqlite3_bind_int64 (s, 2, at_ms / 1000);
  sqlite3_bind_int64 (s, 3, count);
  return store_run (store, s, error);
}

int64_t
store_done_since (struct store *store, enum change_kind kind, int64_t since_ms)
{
  sqlite3_stmt *s = store_statement (store, S_DONE_SINCE,
                                     "SELECT sum (count) FROM done WHERE kind = ?1 AND at >= ?2");
  sqlite3_bind_int (s, 1, (int) kind);
  sqlite3_bind_int64 (s, 2, since_ms / 1000);
  int64_t count = store_number (store, s, NULL);
  return count < 0 ? 0 : count;
}
