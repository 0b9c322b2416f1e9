/* The glance: what comparing needs of a link, of a million of them, and what it writes of one that
 * is otherwise unchanged; see store.h.
 *
 * A source shows its entries in the order in which they came into the state, as a rule: so the row
 * after the last one is looked at before an id is searched for. Of the queue it is kept which rows
 * have nothing in it, so that it is not asked for each. */
#include "config.h"
#include "store/internal.h"

#include <string.h>

#define GLANCE_COLUMNS \
  "row,mapping,status,flags,parked IS NOT NULL,fingerprint,reevaluate_at_ms,name,token,id"
#define ID_COLUMN 9

void
store_glance_end (struct store *store)
{
  sqlite3_reset (store->statements[S_GLANCE_NEXT]);
  sqlite3_reset (store->statements[S_GLANCE]);
  store->unqueued_from = store->unqueued_to = 0;
}

/* The rows from ROW up to the next one that is in the queue have nothing there, until something is
 * written. */
static int
find_unqueued (struct store *store, int64_t row, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_GLANCE_QUEUED,
                                     "SELECT min (row) FROM queue WHERE row >= ?1");
  sqlite3_bind_int64 (s, 1, row);
  int64_t next = store_number (store, s, error);
  if (next < 0)
    return -1;
  store->unqueued_from = row;
  store->unqueued_to = next ? next : INT64_MAX;
  store->unqueued_changes = sqlite3_total_changes (store->db);
  return 0;
}

/* The newest state in the queue counts, where there is one. */
static int
look_into_queue (struct store *store, struct glance *glance, struct error *error)
{
  glance->queued = false;
  bool known = glance->row >= store->unqueued_from && glance->row < store->unqueued_to
               && store->unqueued_changes == sqlite3_total_changes (store->db);
  if (!known && find_unqueued (store, glance->row, error) < 0)
    return -1;
  if (glance->row < store->unqueued_to)
    return 0;
  sqlite3_stmt *s = store_statement (store, S_GLANCE_QUEUE,
                                     "SELECT fingerprint FROM queue WHERE row = ?1"
                                     " ORDER BY number DESC LIMIT 1");
  sqlite3_bind_int64 (s, 1, glance->row);
  int rc = store_step (store, s, error);
  glance->queued = rc > 0;
  if (rc > 0)
    store_column_fingerprint (s, 0, glance->fingerprint);
  if (rc > 0)
    sqlite3_reset (s);
  return rc < 0 ? -1 : 0;
}

static void
column_bytes (sqlite3_stmt *s, int i, const char **ret_bytes, size_t *ret_len)
{
  *ret_bytes = sqlite3_column_blob (s, i);
  *ret_len = (size_t) sqlite3_column_bytes (s, i);
}

static int
fill_glance (struct store *store, sqlite3_stmt *s, struct glance *glance, struct error *error)
{
  glance->row = sqlite3_column_int64 (s, 0);
  glance->mapping = sqlite3_column_int64 (s, 1);
  glance->status = (enum link_status) sqlite3_column_int (s, 2);
  glance->flags = (unsigned) sqlite3_column_int (s, 3);
  glance->parked = sqlite3_column_int (s, 4);
  store_column_fingerprint (s, 5, glance->fingerprint);
  glance->reevaluate_at_ms = sqlite3_column_int64 (s, 6);
  column_bytes (s, 7, &glance->name, &glance->name_len);
  column_bytes (s, 8, &glance->token, &glance->token_len);
  store->in_order = glance->row == store->glanced + 1;
  store->glanced = glance->row;
  return look_into_queue (store, glance, error) < 0 ? -1 : 1;
}

/* The statement stays where it is between the calls. 1: it is the row after the last one, 0: it is
 * not, -1: failed. */
static int
glance_next (struct store *store, const char *id, size_t len, struct glance *glance,
             struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_GLANCE_NEXT, "SELECT " GLANCE_COLUMNS " FROM link"
                                     " WHERE row > ?1 ORDER BY row");
  if (s && !sqlite3_stmt_busy (s))
    sqlite3_bind_int64 (s, 1, store->glanced);
  int rc = store_step (store, s, error);
  if (rc > 0 && store_column_is_id (s, ID_COLUMN, id, len)) {
    rc = fill_glance (store, s, glance, error);
    store->in_order = true;
    return rc;
  }
  sqlite3_reset (s);
  store->in_order = false;
  return rc < 0 ? -1 : 0;
}

int
store_glance (struct store *store, const char *id, size_t len, struct glance *glance,
              struct error *error)
{
  if (store->in_order) {
    int rc = glance_next (store, id, len, glance, error);
    if (rc)
      return rc;
  }
  sqlite3_reset (store->statements[S_GLANCE]); /* its columns were lent until now */
  sqlite3_stmt *s = store_statement (store, S_GLANCE,
                                     "SELECT " GLANCE_COLUMNS " FROM link WHERE id = ?1");
  store_bind_id (s, 1, id, len);
  int rc = store_step (store, s, error);
  return rc <= 0 ? rc : fill_glance (store, s, glance, error);
}

bool
store_glance_same (const char *kept, size_t kept_len, const char *now, size_t len)
{
  return kept_len == len && (len == 0 || memcmp (kept, now, len) == 0);
}

static int
touch_keys (struct store *store, int64_t row, int64_t reference_hash, int64_t due_ms,
            struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_LINK_TOUCH_KEYS,
      "UPDATE link SET reference_hash = ?1, due_ms = ?2 WHERE row = ?3 AND"
      " (reference_hash IS NOT ?1 OR due_ms IS NOT ?2)");
  store_bind_or_null (s, 1, reference_hash);
  store_bind_or_null (s, 2, due_ms);
  sqlite3_bind_int64 (s, 3, row);
  return store_run (store, s, error);
}

int
store_link_touch (struct store *store, int64_t row, const char *name, const char *token,
                  const char *reference_key, int64_t reevaluate_at_ms,
                  const unsigned char *fingerprint, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_LINK_TOUCH,
      "UPDATE link SET name = ?1, token = ?2, reference_key = ?3, reevaluate_at_ms = ?4,"
      " fingerprint = coalesce (?5, fingerprint) WHERE row = ?6"
      " RETURNING parked IS NOT NULL, next_try_ms");
  store_bind_text (s, 1, name);
  store_bind_text (s, 2, token && *token ? token : NULL);
  store_bind_formed (s, 3, reference_key ? store_reference_form (reference_key, name) : 0,
                     reference_key);
  sqlite3_bind_int64 (s, 4, reevaluate_at_ms);
  sqlite3_bind_blob (s, 5, fingerprint, fingerprint ? FINGERPRINT_LEN : 0, SQLITE_STATIC);
  sqlite3_bind_int64 (s, 6, row);
  int rc = store_step (store, s, error);
  if (rc <= 0)
    return rc < 0 ? -1 : error_set (error, "%s: an entry is no longer in the state; run again",
                                    store->path);
  int64_t due = store_link_due (sqlite3_column_int (s, 0), sqlite3_column_int64 (s, 1),
                                reevaluate_at_ms);
  sqlite3_reset (s);
  return touch_keys (store, row, reference_key ? store_name_hash (store, reference_key) : 0, due,
                     error);
}
