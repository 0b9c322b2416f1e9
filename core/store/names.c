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

/* The hashes that more than one entry may be after come from walking along the promised names, with
 * the index of given names beside them: both in order, so a million is a second. Then each row is
 * looked at. */
static const char contested[] =
  "WITH hits (hash) AS ("
  " SELECT hash FROM temp.promise GROUP BY hash HAVING count (*) > 1"
  " UNION SELECT p.hash FROM temp.promise p CROSS JOIN link l ON l.given_hash = p.hash"
  " UNION SELECT temporary_hash FROM queue WHERE temporary_hash IS NOT NULL)"
  "SELECT q.number FROM hits CROSS JOIN temp.promise p ON p.hash = hits.hash"
  " CROSS JOIN queue q ON q.number = p.number JOIN link l ON l.row = q.row"
  " WHERE q.promised_hash = p.hash AND q.state = 0 AND q.intent = 0 AND q.name IS NULL"
  " AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.number = q.number)"
  " AND (EXISTS (SELECT 1 FROM temp.promise o JOIN queue other ON other.number = o.number"
  "   WHERE o.hash = p.hash AND other.promised_hash = p.hash AND other.row <> q.row)"
  "  OR EXISTS (SELECT 1 FROM link h WHERE h.given_hash = p.hash AND h.row <> q.row)"
  "  OR EXISTS (SELECT 1 FROM queue t WHERE t.temporary_hash = p.hash AND t.row <> q.row))"
  " ORDER BY fold (q.wanted_name), NOT (" /* who may hold it already: a change in doubt sent it */
  "  (q.doubt AND fold (coalesce (q.sent_name, q.wanted_name)) = fold (q.wanted_name))"
  "  OR (l.flags & 8 AND (l.account IS NOT NULL"
  "   OR fold (coalesce (l.wanted_name, q.wanted_name)) = fold (q.wanted_name)))), l.id";
_Static_assert (LINK_DOUBT == 8, "the flag's number stands in the statement");

#define HASHES ((size_t) 1 << 19) /* in memory at a time: 4 MiB */

static int
by_hash (const void *a, const void *b)
{
  int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
  return x < y ? -1 : x > y;
}

/* Do two rows of the queue promise one name? Of the hashes those that are PART modulo PARTS are
 * looked at. 1, 0 or -1. */
static int
promised_twice (struct store *store, int64_t *hashes, int64_t part, int64_t parts,
                struct error *error)
{
  int rc = 1;
  size_t count = 0;
  sqlite3_stmt *s = store_statement (store, S_NAMES_HASHES, "SELECT promised_hash FROM queue INDEXED BY"
                                     " queue_entry WHERE promised_hash IS NOT NULL");
  while (count < HASHES && (rc = store_step (store, s, error)) > 0) {
    int64_t hash = sqlite3_column_int64 (s, 0);
    if ((int64_t) ((uint64_t) hash % (uint64_t) parts) == part)
      hashes[count++] = hash;
  }
  sqlite3_reset (s);
  if (count == HASHES || rc < 0)
    return rc < 0 ? -1 : 1; /* it does not fit: who knows */
  qsort (hashes, count, sizeof *hashes, by_hash);
  for (size_t i = 1; i < count; i++)
    if (hashes[i] == hashes[i - 1])
      return 1;
  return 0;
}

/* Is it sure that nobody's name is contested? At a first load it is, as a rule: nobody has a name yet
 * and nobody wants another's. Then no index of the promises needs to be made. 1, 0 or -1. */
static int
all_alone (struct store *store, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_NAMES_OTHERS,
      "SELECT EXISTS (SELECT 1 FROM link WHERE given_hash IS NOT NULL)"
      " OR EXISTS (SELECT 1 FROM queue WHERE temporary_hash IS NOT NULL)");
  int64_t others = store_number (store, s, error);
  if (others)
    return others < 0 ? -1 : 0;
  int64_t parts = store_queue_count (store, QUEUE_WAITING, -1) / ((int64_t) HASHES * 3 / 4) + 1;
  int64_t *hashes = mem_new (HASHES, sizeof *hashes);
  int twice = 0;
  for (int64_t part = 0; part < parts && twice == 0; part++)
    twice = promised_twice (store, hashes, part, parts, error);
  free (hashes);
  return twice < 0 ? -1 : !twice;
}

static int
collect (struct store *store, int64_t **ret_numbers, size_t *ret_count, struct error *error)
{
  int rc;
  size_t count = 0, size = 0;
  int64_t *numbers = NULL;
  *ret_numbers = NULL;
  *ret_count = 0;
  int alone = store->promised_up_to == 0 ? all_alone (store, error) : 0;
  if (alone)
    return alone < 0 ? -1 : 0;
  if (store_promise_fill (store, error))
    return -1;
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

int
store_names_take_back (struct store *store, const char *name, struct error *error)
{
  MEM_AUTO char *folded = text_fold (name);
  if (store_promise_fill (store, error))
    return -1;
  sqlite3_stmt *s = store_statement (store, S_NAMES_TAKE_BACK, "UPDATE queue SET name = NULL"
      " WHERE number IN (SELECT number FROM temp.promise WHERE hash = ?1) AND promised_hash = ?1"
      " AND state = 0 AND intent = 0 AND NOT doubt AND name_number = 0 AND temporary_name IS NULL"
      " AND fold (name) = ?2 AND fold (wanted_name) = ?2 AND number NOT IN (SELECT number FROM sent)");
  sqlite3_bind_int64 (s, 1, store_name_hash (store, folded));
  store_bind_text (s, 2, folded);
  return store_run (store, s, error);
}

/* Of entries that want one name and have no decision yet, none has it; the decision gives it to
 * the first in order. Against anybody else the wish stands. */
#define PROMISED                                                                                \
  "EXISTS (SELECT 1 FROM temp.promise p JOIN queue q ON q.number = p.number"                     \
  "  WHERE p.hash = ?1 AND q.promised_hash = ?1 AND q.row <> ?2"                                 \
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
  if (store_promise_fill (store, NULL))
    return true;
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
