/* Facts about the pipeline, and the numbers of mappings; see store.h. */
#include "config.h"
#include "store/internal.h"

#include <string.h>

int
store_put_fact (struct store *store, const char *name, const void *bytes, size_t len,
                struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_FACT_PUT,
                                     "INSERT OR REPLACE INTO fact (name, value) VALUES (?1, ?2)");
  store_bind_text (s, 1, name);
  sqlite3_bind_blob64 (s, 2, len ? bytes : "", len, SQLITE_STATIC);
  bool counted = store_queue_counts_hold (store);
  int rc = store_run (store, s, error);
  if (counted)
    store->counted_at = sqlite3_total_changes64 (store->db); /* no change of the queue */
  return rc;
}

int
store_keep_facts (struct store *store, const struct fact *facts, size_t count, struct error *error)
{
  if (store_begin (store, error) < 0)
    return -1;
  int rc = 0;
  for (size_t i = 0; i < count && rc == 0; i++)
    rc = store_put_fact (store, facts[i].name, facts[i].text, strlen (facts[i].text), error);
  if (rc == 0)
    return store_commit (store, error);
  store_rollback (store);
  return -1;
}

/* Appends column 0; a value that does not fit is none. */
static int
append_value (struct store *store, sqlite3_stmt *s, struct buffer *out)
{
  if (store_step (store, s, NULL) <= 0)
    return 0;
  const void *bytes = sqlite3_column_blob (s, 0);
  size_t len = (size_t) sqlite3_column_bytes (s, 0);
  bool fits = len == 0 || buffer_append (out, bytes, len);
  sqlite3_reset (s);
  return fits;
}

int
store_get_fact (struct store *store, const char *name, struct buffer *out)
{
  sqlite3_stmt *s = store_statement (store, S_FACT_GET, "SELECT value FROM fact WHERE name = ?1");
  store_bind_text (s, 1, name);
  return append_value (store, s, out);
}

int
store_drop_fact (struct store *store, const char *name, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_FACT_DROP, "DELETE FROM fact WHERE name = ?1");
  store_bind_text (s, 1, name);
  return store_run (store, s, error);
}

int
store_drop_facts (struct store *store, const char *prefix, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_FACTS_DROP,
                                     "DELETE FROM fact WHERE substr (name, 1, length (?1)) = ?1");
  store_bind_text (s, 1, prefix);
  return store_run (store, s, error);
}

int
store_mapping_number (struct store *store, const char *version, const char *leaf_paths,
                      int64_t *ret_number, struct error *error)
{
  sqlite3_stmt *find = store_statement (store, S_MAPPING_FIND,
                                        "SELECT number FROM mapping WHERE version = ?1");
  store_bind_text (find, 1, version);
  int64_t number = store_number (store, find, error);
  if (number == 0) {
    sqlite3_stmt *put = store_statement (store, S_MAPPING_PUT,
                                         "INSERT INTO mapping (version, paths) VALUES (?1, ?2)");
    store_bind_text (put, 1, version);
    store_bind_text (put, 2, leaf_paths);
    number = store_run (store, put, error) ? -1 : sqlite3_last_insert_rowid (store->db);
  }
  if (number < 0)
    return -1;
  *ret_number = number;
  return 0;
}

int
store_mapping_paths (struct store *store, int64_t number, struct buffer *out)
{
  sqlite3_stmt *s = store_statement (store, S_MAPPING_PATHS,
                                     "SELECT paths FROM mapping WHERE number = ?1");
  sqlite3_bind_int64 (s, 1, number);
  return append_value (store, s, out);
}
