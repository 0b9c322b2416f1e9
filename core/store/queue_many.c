/* Rows of the queue that go the same way together: marked sent, or taken away; see store.h. Numbers
 * that follow one another are one statement's work, which is cheaper by far. */
#include "config.h"
#include "store/internal.h"

#include <stdlib.h>

static int
run_range (struct store *store, sqlite3_stmt *s, int64_t first, int64_t last, struct error *error)
{
  sqlite3_bind_int64 (s, 1, first);
  sqlite3_bind_int64 (s, 2, last);
  return store_run (store, s, error);
}

static int
mark_range (struct store *store, int64_t first, int64_t last, struct error *error)
{
  return run_range (store, store_statement (store, S_QUEUE_SENT_RANGE,
      "INSERT INTO sent (number, row) SELECT number, row FROM queue WHERE number BETWEEN ?1 AND ?2"
      " ON CONFLICT (number) DO NOTHING"), first, last, error);
}

static int
delete_range (struct store *store, int64_t first, int64_t last, struct error *error)
{
  return run_range (store, store_statement (store, S_QUEUE_UNSENT_RANGE,
                    "DELETE FROM sent WHERE number BETWEEN ?1 AND ?2"), first, last, error)
         || run_range (store, store_statement (store, S_QUEUE_DELETE_RANGE,
                       "DELETE FROM queue WHERE number BETWEEN ?1 AND ?2"), first, last, error)
             ? -1 : 0;
}

static int
by_number (const void *a, const void *b)
{
  int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
  return x < y ? -1 : x > y;
}

/* Numbers that follow one another without a gap are one statement's work. */
static int
in_ranges (struct store *store, int64_t *numbers, size_t count,
           int (*work) (struct store *, int64_t first, int64_t last, struct error *),
           struct error *error)
{
  size_t next;
  if (count > 1) /* of none there may be no list */
    qsort (numbers, count, sizeof *numbers, by_number);
  for (size_t i = 0; i < count; i = next) {
    for (next = i + 1; next < count && numbers[next] - numbers[i] == (int64_t) (next - i); next++)
      continue;
    if (work (store, numbers[i], numbers[next - 1], error))
      return -1;
  }
  return 0;
}

int
store_queue_mark_sent (struct store *store, int64_t *numbers, size_t count, struct error *error)
{
  return in_ranges (store, numbers, count, mark_range, error);
}

int
store_queue_all_done (struct store *store, int64_t *numbers, size_t count, struct error *error)
{
  return in_ranges (store, numbers, count, delete_range, error);
}
