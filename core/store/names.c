/* User names: which are contested, which are taken; see store.h.
 *
 * Names are looked up by the hash of their folded form and then compared, so that indexes are
 * small. */
#include "config.h"
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

/* The hashes that more than one entry is after come from walking along the index of promised
 * names, with the index of given names beside it: both in order, so a million is a second. */
static const char contested[] =
  "WITH hits (hash) AS ("
  " SELECT promised_hash FROM queue WHERE promised_hash IS NOT NULL GROUP BY promised_hash"
  "  HAVING min (row) <> max (row)"
  " UNION SELECT q.promised_hash FROM queue q JOIN link l ON l.given_hash = q.promised_hash"
  "  AND l.row <> q.row WHERE q.promised_hash IS NOT NULL"
  " UNION SELECT q.promised_hash FROM queue t JOIN queue q ON q.promised_hash = t.temporary_hash"
  "  AND q.row <> t.row WHERE t.temporary_hash IS NOT NULL)"
  "SELECT q.number FROM hits CROSS JOIN queue q ON q.promised_hash = hits.hash"
  " JOIN link l ON l.row = q.row WHERE q.state = 0 AND q.intent = 0 AND q.name IS NULL"
  " AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.number = q.number)"
  " ORDER BY fold (q.wanted_name), l.id";

static int
collect (struct store *store, int64_t **ret_numbers, size_t *ret_count, struct error *error)
{
  int rc;
  size_t count = 0, size = 0;
  int64_t *numbers = NULL;
  sqlite3_stmt *s = store_statement (store, S_CONTESTED, contested);
  while ((rc = store_step (store, s, error)) > 0) {
    if (count == size) {
      size = size ? size * 2 : 64;
      numbers = mem_resize (numbers, size, sizeof *numbers);
    }
    numbers[count++] = sqlite3_column_int64 (s, 0);
  }
  *ret_numbers = numbers;
  *ret_count = count;
  return rc;
}

/* Reads the row afresh: the visits before may have changed or replaced it. */
static int
visit_one (struct store *store, int64_t number,
           int (*visit) (void *data, struct queued *, const char *id), void *data,
           struct error *error)
{
  struct queued q;
  struct link link;
  queued_init (&q);
  link_init (&link);
  int rc = store_queue_by_number (store, number, &q, error);
  if (rc > 0)
    rc = store_link_by_row (store, q.row, &link, error);
  if (rc > 0)
    rc = q.state == QUEUE_WAITING && !q.name ? visit (data, &q, link.id) : 0;
  queued_fini (&q);
  link_fini (&link);
  return rc;
}

int
store_names_contested_each (struct store *store,
                            int (*visit) (void *data, struct queued *, const char *id), void *data,
                            struct error *error)
{
  int64_t *numbers = NULL;
  size_t count = 0;
  int result = collect (store, &numbers, &count, error);
  for (size_t i = 0; i < count && result == 0; i++)
    result = visit_one (store, numbers[i], visit, data, error);
  free (numbers);
  return result;
}

/* Of entries that want one name and have no decision yet, none has it; the decision gives it to
 * the first in order. Against anybody else the wish stands. */
#define PROMISED                                                                                \
  "EXISTS (SELECT 1 FROM queue q WHERE q.promised_hash = ?1 AND q.row <> ?2"                     \
  "  AND fold (coalesce (q.name, q.wanted_name)) = ?3"                                           \
  "  AND (q.name IS NOT NULL OR q.number IN (SELECT number FROM sent)"                           \
  "   OR NOT EXISTS (SELECT 1 FROM queue o WHERE o.row = ?2 AND o.intent = 0"                    \
  "    AND fold (o.wanted_name) = ?3)))"                                                         \
  " OR EXISTS (SELECT 1 FROM queue WHERE temporary_hash = ?1 AND row <> ?2"                      \
  "  AND fold (temporary_name) = ?3)"

static bool
name_found (struct store *store, enum statement which, const char *sql, const char *name, int64_t row)
{
  MEM_AUTO char *folded = text_fold (name);
  sqlite3_stmt *s = store_statement (store, which, sql);
  sqlite3_bind_int64 (s, 1, store_name_hash (store, folded));
  sqlite3_bind_int64 (s, 2, row);
  store_bind_text (s, 3, folded);
  return store_number (store, s, NULL) != 0; /* a failure gives no name away */
}

bool
store_name_taken (struct store *store, const char *name, int64_t row)
{
  return name_found (store, S_NAME_TAKEN,
                     "SELECT EXISTS (SELECT 1 FROM link WHERE given_hash = ?1 AND row <> ?2 AND fold"
                     " (CASE typeof (given_name) WHEN 'integer' THEN wanted_name ELSE given_name END)"
                     " = ?3) OR " PROMISED, name, row);
}

bool
store_name_promised (struct store *store, const char *name, int64_t row)
{
  return name_found (store, S_NAME_PROMISED, "SELECT " PROMISED, name, row);
}
