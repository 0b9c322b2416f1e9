/* Walking over links: filters, absence, what waits; see store.h.
 *
 * Row numbers are fetched in chunks and each row is read when its turn comes, so that a visitor
 * may write. */
#include "config.h"
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

#define CHUNK 1024

int64_t
store_max_row (struct store *store)
{
  int64_t row = store_number (store, store_statement (store, S_MAX_ROW, "SELECT max (row) FROM link"),
                              NULL);
  return row < 0 ? 0 : row;
}

/* Row numbers after ?2, at most ?1 of them; ?3 is the time. */
static sqlite3_stmt *
filter_statement (struct store *store, enum link_filter filter)
{
#define ROWS(condition) "SELECT row, 0 FROM link WHERE row > ?2 AND " condition " ORDER BY row LIMIT ?1"
  switch (filter) {
  case LINKS_PARKED:
    return store_statement (store, S_EACH_PARKED, ROWS ("parked IS NOT NULL"));
  case LINKS_PRESENT:
    return store_statement (store, S_EACH_PRESENT, ROWS ("status IN (0, 1)"));
  case LINKS_REFERENCES:
    return store_statement (store, S_EACH_REFERENCES, ROWS ("flags & 4"));
  case LINKS_DISABLED:
    return store_statement (store, S_EACH_DISABLED, ROWS ("status = 2 AND last_ms <= ?3"));
  case LINKS_ALL:
  default:
    return store_statement (store, S_EACH_ALL, ROWS ("1"));
  }
#undef ROWS
}

static bool
still_matches (const struct link *link, enum link_filter filter, int64_t now_ms)
{
  int64_t due = store_link_due (link->parked, link->next_try_ms, link->reevaluate_at_ms);
  switch (filter) {
  case LINKS_PARKED:
    return link->parked;
  case LINKS_DUE:
    return due && due <= now_ms;
  case LINKS_PRESENT:
    return link->status == LINK_SYNCED || link->status == LINK_NEW;
  case LINKS_REFERENCES:
    return link->flags & LINK_REFERENCES;
  case LINKS_DISABLED:
    return link->status == LINK_DISABLED && link->last_ms <= now_ms;
  case LINKS_ALL:
  default:
    return true;
  }
}

/* What a walk knows. */
struct walk {
  enum link_filter filter;
  int64_t now_ms;
  int (*visit) (void *data, struct link *);
  void *data;
};

static int
visit_rows (struct store *store, const struct walk *walk, const int64_t *rows, size_t count,
            struct error *error)
{
  int result = 0;
  struct link link;
  link_init (&link);
  for (size_t i = 0; i < count && result == 0; i++) {
    int rc = store_link_by_row (store, rows[i], &link, error);
    if (rc < 0)
      result = -1;
    else if (rc > 0 && still_matches (&link, walk->filter, walk->now_ms))
      result = walk->visit (walk->data, &link);
  }
  link_fini (&link);
  return result;
}

/* Where a walk is: DUE counts for LINKS_DUE alone, whose rows come in the order of their time. */
struct place {
  int64_t row, due_ms;
};

/* As many rows as there is room for in ROWS; how many there are then, or -1. */
static int
take_rows (struct store *store, sqlite3_stmt *s, struct place *place, int64_t *rows, int count,
           struct error *error)
{
  int rc;
  sqlite3_bind_int (s, 1, CHUNK - count);
  while ((rc = store_step (store, s, error)) > 0) {
    place->row = rows[count++] = sqlite3_column_int64 (s, 0);
    place->due_ms = sqlite3_column_int64 (s, 1);
  }
  return rc < 0 ? -1 : count;
}

/* Along the index: those of the moment that was come to, then those of later ones. */
static int
next_due (struct store *store, const struct walk *walk, struct place *place, int64_t *rows,
          struct error *error)
{
  sqlite3_stmt *same = store_statement (store, S_EACH_DUE_SAME, "SELECT row, due_ms FROM link INDEXED BY"
      " link_due WHERE due_ms = ?2 AND row > ?3 ORDER BY row LIMIT ?1");
  sqlite3_stmt *later = store_statement (store, S_EACH_DUE, "SELECT row, due_ms FROM link INDEXED BY"
      " link_due WHERE due_ms > ?2 AND due_ms <= ?3 ORDER BY due_ms, row LIMIT ?1");
  sqlite3_bind_int64 (same, 2, place->due_ms);
  sqlite3_bind_int64 (same, 3, place->row);
  int count = take_rows (store, same, place, rows, 0, error);
  if (count < 0 || count == CHUNK)
    return count;
  sqlite3_bind_int64 (later, 2, place->due_ms);
  sqlite3_bind_int64 (later, 3, walk->now_ms);
  return take_rows (store, later, place, rows, count, error);
}

/* The next rows after *PLACE, which moves on; how many, or -1. */
static int
next_rows (struct store *store, const struct walk *walk, struct place *place, int64_t *rows,
           struct error *error)
{
  if (walk->filter == LINKS_DUE)
    return next_due (store, walk, place, rows, error);
  sqlite3_stmt *s = filter_statement (store, walk->filter);
  sqlite3_bind_int64 (s, 2, place->row);
  if (walk->filter == LINKS_DISABLED)
    sqlite3_bind_int64 (s, 3, walk->now_ms);
  return take_rows (store, s, place, rows, 0, error);
}

int
store_links_each (struct store *store, enum link_filter filter, int64_t now_ms,
                  int (*visit) (void *data, struct link *), void *data, struct error *error)
{
  int64_t rows[CHUNK];
  struct place place = { 0, 0 };
  struct walk walk = { filter, now_ms, visit, data };
  for (;;) {
    int count = next_rows (store, &walk, &place, rows, error);
    if (count <= 0)
      return count;
    int result = visit_rows (store, &walk, rows, (size_t) count, error);
    if (result)
      return result;
  }
}

struct gap {
  int64_t first, end; /* rows from FIRST up to, without, END were not seen */
};

static bool
is_seen (const unsigned char *seen, int64_t row)
{
  return seen[row / 8] & 1u << row % 8;
}

/* The first row from ROW on that is not as SEEN_NOW says; END where there is none. */
static int64_t
skip (const unsigned char *seen, int64_t row, int64_t end, bool seen_now)
{
  const unsigned char alike = seen_now ? 0xff : 0;
  while (row < end && is_seen (seen, row) == seen_now)
    row += row % 8 == 0 && seen[row / 8] == alike ? 8 : 1;
  return row < end ? row : end;
}

/* The next rows from *GAP's end on that were not seen; false: there are none. Rows beyond the map
 * are younger than it, made by what was read. */
static bool
next_gap (const unsigned char *seen, size_t seen_bits, struct gap *gap)
{
  gap->first = skip (seen, gap->end, (int64_t) seen_bits, true);
  gap->end = skip (seen, gap->first, (int64_t) seen_bits, false);
  return gap->first < gap->end;
}

/* Up to CHUNK absent rows of GAP, whose beginning moves on behind them. */
static int
absent_rows (struct store *store, struct gap *gap, int64_t *rows, struct error *error)
{
  int rc, count = 0;
  sqlite3_stmt *s = store_statement (store, S_ABSENT, "SELECT row FROM link WHERE row >= ?1 AND row < ?2"
                                     " AND (status IN (0, 1) OR parked IS NOT NULL OR EXISTS (SELECT 1"
                                     " FROM queue q WHERE q.row = link.row AND q.intent = 0))"
                                     " ORDER BY row LIMIT ?3");
  sqlite3_bind_int64 (s, 1, gap->first);
  sqlite3_bind_int64 (s, 2, gap->end);
  sqlite3_bind_int (s, 3, CHUNK);
  while ((rc = store_step (store, s, error)) > 0)
    rows[count++] = sqlite3_column_int64 (s, 0);
  gap->first = count == CHUNK ? rows[count - 1] + 1 : gap->end;
  return rc < 0 ? -1 : count;
}

/* Only where nothing was seen the state is looked at. */
int
store_absent_each (struct store *store, const unsigned char *seen, size_t seen_bits,
                   int (*visit) (void *data, struct link *), void *data, struct error *error)
{
  int64_t rows[CHUNK];
  struct gap gap = { 0, 0 };
  struct walk walk = { LINKS_ALL, 0, visit, data };
  while (gap.first < gap.end || next_gap (seen, seen_bits, &gap)) {
    int count = absent_rows (store, &gap, rows, error);
    int result = count < 0 ? -1 : visit_rows (store, &walk, rows, (size_t) count, error);
    if (result)
      return result;
  }
  return 0;
}

/* Each of these has an index, or a queue that is mostly empty. */
#define WAITING_COUNTS                                                                          \
  " (SELECT count (*) FROM link WHERE parked IS NOT NULL),"                                      \
  " (SELECT count (*) FROM queue WHERE state = 0), (SELECT count (*) FROM queue WHERE doubt),"   \
  " (SELECT count (*) FROM queue WHERE state = 2)"

int
store_counts_waiting (struct store *store, struct store_counts *counts, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_COUNTS_WAITING, "SELECT" WAITING_COUNTS);
  if (store_step (store, s, error) < 0)
    return -1;
  *counts = (struct store_counts) {
    .parked = sqlite3_column_int64 (s, 0), .queued = sqlite3_column_int64 (s, 1),
    .in_doubt = sqlite3_column_int64 (s, 2), .held = sqlite3_column_int64 (s, 3)
  };
  sqlite3_reset (s);
  return 0;
}
