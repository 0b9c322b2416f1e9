/* Reading the queue: what goes next, what is due when, counts; brakes hold and release. */
#include "config.h"
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

#define CHUNK 256
#define CHUNK_BYTES ((size_t) 4 << 20) /* of documents in memory at a time */

/* Rows that were fetched and are to be visited. */
struct chunk {
  struct queued rows[CHUNK];
  size_t count;
};

/* Fetches what a bound statement gives, within the limits; *AFTER moves on. 0 or -1. */
static int
fetch (struct store *store, sqlite3_stmt *s, size_t limit, int64_t *after, struct chunk *chunk,
       struct error *error)
{
  int rc = 1;
  size_t bytes = 0;
  chunk->count = 0;
  while (chunk->count < limit && bytes < CHUNK_BYTES && (rc = store_step (store, s, error)) > 0) {
    struct queued *q = &chunk->rows[chunk->count++];
    queued_init (q);
    store_queue_fill (s, q);
    *after = q->number;
    bytes += q->leaves ? strlen (q->leaves) : 0;
  }
  sqlite3_reset (s);
  return rc < 0 ? -1 : 0;
}

static void
drop (struct chunk *chunk, size_t from)
{
  for (size_t i = from; i < chunk->count; i++)
    queued_fini (&chunk->rows[i]);
}

/* Shows what was fetched (with this RESULT) and drops it. */
static int
lend (struct chunk *chunk, int result, int (*visit) (void *data, struct queued *), void *data)
{
  for (size_t i = 0; i < chunk->count && result == 0; i++)
    result = visit (data, &chunk->rows[i]);
  drop (chunk, 0);
  return result;
}

/* No WAITING row has a smaller number: what lies before (sent, held) is stepped over once. */
static int
find_floor (struct store *store, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_FLOOR, "SELECT number FROM queue"
      " WHERE number >= ?1 AND state = 0 ORDER BY number LIMIT 1");
  sqlite3_bind_int64 (s, 1, store->floor);
  int64_t floor = store_number (store, s, error);
  if (floor < 0)
    return -1;
  store->floor = floor ? floor : store->last_number + 1;
  return 0;
}

static sqlite3_stmt *
take_statement (struct store *store, int64_t after, size_t limit, int64_t now_ms)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_TAKE, "SELECT " QUEUE_UNSENT_COLUMNS " FROM queue q"
      " WHERE q.number > ?1 AND q.state = 0 AND q.next_try_ms <= ?2"
      " AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.row = q.row) ORDER BY q.number LIMIT ?3");
  sqlite3_bind_int64 (s, 1, after < store->floor - 1 ? store->floor - 1 : after);
  sqlite3_bind_int64 (s, 2, now_ms);
  sqlite3_bind_int64 (s, 3, (int64_t) limit);
  return s;
}

int
store_queue_take (struct store *store, int64_t after, size_t count, int64_t now_ms,
                  int (*visit) (void *data, struct queued *), void *data, struct error *error)
{
  struct chunk chunk = { .count = 1 };
  while (count > 0) {
    size_t limit = count < CHUNK ? count : CHUNK;
    if (find_floor (store, error))
      return -1;
    int rc = fetch (store, take_statement (store, after, limit, now_ms), limit, &after, &chunk, error);
    if (rc || chunk.count == 0) {
      drop (&chunk, 0);
      return rc;
    }
    for (size_t i = 0; i < chunk.count; i++) {
      int result = visit (data, &chunk.rows[i]);
      if (result) {
        drop (&chunk, i + 1);
        return result;
      }
    }
    count -= chunk.count;
  }
  return 0;
}

static sqlite3_stmt *
state_statement (struct store *store, enum queue_state state)
{
#define EACH(condition)                                                                         \
  "SELECT " QUEUE_COLUMNS " FROM queue q WHERE q.number > ?1 AND " condition " ORDER BY q.number"
  switch (state) {
  case QUEUE_SENT:
    return store_statement (store, S_QUEUE_EACH_SENT,
                            EACH ("q.number IN (SELECT number FROM sent)"));
  case QUEUE_HELD:
    return store_statement (store, S_QUEUE_EACH_HELD, EACH ("q.state = 2"));
  case QUEUE_WAITING:
  default:
    return store_statement (store, S_QUEUE_EACH_WAITING, EACH ("q.state = 0"
                            " AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.number = q.number)"));
  }
#undef EACH
}

int
store_queue_each (struct store *store, enum queue_state state,
                  int (*visit) (void *data, struct queued *), void *data, struct error *error)
{
  int64_t after = 0;
  struct chunk chunk;
  for (;;) {
    sqlite3_stmt *s = state_statement (store, state);
    sqlite3_bind_int64 (s, 1, after);
    int result = lend (&chunk, fetch (store, s, CHUNK, &after, &chunk, error), visit, data);
    if (result || chunk.count == 0)
      return result;
  }
}

/* Rows that were put since the state was opened have values, of the mapping with which they were put:
 * only older ones, and those that a release may have left without, are looked at. */
int
store_queue_bare_each (struct store *store, int64_t mapping,
                       int (*visit) (void *data, struct queued *), void *data, struct error *error)
{
  int64_t after = 0;
  bool known = store->sendable_mapping == 0 || mapping == store->sendable_mapping;
  int64_t last = known ? store->sendable_from - 1 : store->last_number;
  struct chunk chunk;
  for (;;) {
    sqlite3_stmt *s = store_statement (store, S_QUEUE_EACH_BARE, "SELECT " QUEUE_COLUMNS " FROM queue q"
        " WHERE q.number > ?1 AND q.number <= ?2 AND q.state = 0 AND q.intent = 0"
        " AND (q.leaves IS NULL OR q.mapping <> ?3 OR q.next_try_ms = ?4)"
        " AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.number = q.number) ORDER BY q.number");
    sqlite3_bind_int64 (s, 1, after);
    sqlite3_bind_int64 (s, 2, last);
    sqlite3_bind_int64 (s, 3, mapping);
    sqlite3_bind_int64 (s, 4, INT64_MAX);
    int result = lend (&chunk, fetch (store, s, CHUNK, &after, &chunk, error), visit, data);
    if (result || chunk.count == 0)
      return result;
  }
}

int
store_queue_updates_each (struct store *store, int64_t mapping,
                          int (*visit) (void *data, struct queued *), void *data, struct error *error)
{
  int64_t after = 0;
  struct chunk chunk;
  for (;;) {
    sqlite3_stmt *s = store_statement (store, S_QUEUE_EACH_UPDATE, "SELECT " QUEUE_UNSENT_COLUMNS
        " FROM queue q WHERE q.number > ?1 AND q.state = 0 AND q.intent = 0 AND NOT q.deactivates"
        " AND NOT q.doubt AND q.mapping = ?2 AND EXISTS (SELECT 1 FROM link l WHERE l.row = q.row"
        " AND l.status = 1 AND l.mapping = ?2 AND l.parked IS NULL AND l.account IS NOT NULL"
        " AND NOT l.flags & 2) AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.number = q.number)"
        " ORDER BY q.number");
    sqlite3_bind_int64 (s, 1, after);
    sqlite3_bind_int64 (s, 2, mapping);
    int result = lend (&chunk, fetch (store, s, CHUNK, &after, &chunk, error), visit, data);
    if (result || chunk.count == 0)
      return result;
  }
}

int64_t
store_queue_next_due (struct store *store)
{
  if (find_floor (store, NULL))
    return 0;
  sqlite3_stmt *s = store_statement (store, S_QUEUE_READY, "SELECT number FROM queue"
      " WHERE number >= ?1 AND state = 0 AND next_try_ms <= 0"
      " AND row NOT IN (SELECT row FROM sent) LIMIT 1");
  sqlite3_bind_int64 (s, 1, store->floor);
  int64_t ready = store_number (store, s, NULL);
  if (ready)
    return ready > 0 ? 1 : 0; /* its time came long ago */
  s = store_statement (store, S_QUEUE_DUE, "SELECT next_try_ms FROM queue WHERE next_try_ms > 0"
                       " AND state = 0 AND row NOT IN (SELECT row FROM sent)"
                       " ORDER BY next_try_ms LIMIT 1");
  int64_t due = store_number (store, s, NULL);
  return due > 0 ? due : 0;
}

int64_t
store_queue_count (struct store *store, enum queue_state state, int intent)
{
  if (intent < 0 && store_queue_counts_hold (store))
    return store->counts[CHANGE_CREATES][state] + store->counts[CHANGE_UPDATES][state]
           + store->counts[CHANGE_LEAVERS][state];
  sqlite3_stmt *s = store_statement (store, S_QUEUE_COUNT_SENT, "SELECT count (*) FROM sent JOIN queue"
      " USING (number) WHERE ?1 < 0 OR queue.intent = ?1");
  sqlite3_bind_int (s, 1, intent);
  int64_t sent = store_number (store, s, NULL);
  if (state == QUEUE_SENT || sent < 0)
    return sent < 0 ? 0 : sent;
  s = store_statement (store, S_QUEUE_COUNT, "SELECT count (*) FROM queue WHERE state = ?1"
                       " AND (?2 < 0 OR intent = ?2)");
  sqlite3_bind_int (s, 1, (int) state);
  sqlite3_bind_int (s, 2, intent);
  int64_t count = store_number (store, s, NULL);
  return count < 0 ? 0 : state == QUEUE_WAITING ? count - sent : count;
}

bool
store_queue_is_sent (struct store *store, int64_t row)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_IS_SENT,
                                     "SELECT count (*) FROM sent WHERE row = ?1");
  sqlite3_bind_int64 (s, 1, row);
  return store_number (store, s, NULL) != 0;
}
