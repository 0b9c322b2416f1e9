/* Accounts that are their entry's no more, and who was sent a reference to one of them; see store.h.
 *
 * Each is a fact whose name ends in the hash that a leaf which points there has, so that one
 * statement finds all of these: nothing is kept in memory, however many accounts or entries. */
#include "config.h"
#include "store/internal.h"

#include "util/json.h"
#include "util/mem.h"

#define LOST "references_lost"
#define CHUNK 1024

/* As the bytes of a link's `leaves` are in SQL: hex (substr (leaves, …, 8)). */
static char *
name_of (const struct store *store, const char *account)
{
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, (size_t) 1 << 20);
  json_put_text (&text, account);
  uint64_t hash = hasher_leaf (store->hasher, buffer_text (&text), text.len);
  buffer_reset (&text);
  buffer_append_text (&text, LOST " ");
  for (size_t b = 0; b < 8; b++)
    buffer_printf (&text, "%02X", (unsigned) (hash >> (8 * b) & 0xff));
  return buffer_take (&text);
}

int
store_lost_put (struct store *store, const char *account, struct error *error)
{
  MEM_AUTO char *name = name_of (store, account);
  return store_put_fact (store, name, "1", 1, error);
}

int
store_lost_any (struct store *store, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_LOST_ANY, "SELECT 1 FROM fact WHERE name > '" LOST " '"
                                     " AND name < '" LOST "!' LIMIT 1");
  return (int) store_number (store, s, error);
}

int
store_lost_drop (struct store *store, struct error *error)
{
  return store_drop_facts (store, LOST, error);
}

static int
next_rows (struct store *store, int64_t mapping, size_t leaf, int64_t after, int64_t *rows,
           struct error *error)
{
  int rc, count = 0;
  sqlite3_stmt *s = store_statement (store, S_LOST_EACH,
      "SELECT row FROM link WHERE row > ?1 AND status = 1 AND mapping = ?2"
      " AND EXISTS (SELECT 1 FROM fact WHERE name = '" LOST " ' || hex (substr (leaves, ?3, 8)))"
      " ORDER BY row LIMIT ?4");
  sqlite3_bind_int64 (s, 1, after);
  sqlite3_bind_int64 (s, 2, mapping);
  sqlite3_bind_int64 (s, 3, (int64_t) leaf * 8 + 1);
  sqlite3_bind_int (s, 4, CHUNK);
  while ((rc = store_step (store, s, error)) > 0)
    rows[count++] = sqlite3_column_int64 (s, 0);
  return rc < 0 ? -1 : count;
}

int
store_lost_each (struct store *store, int64_t mapping, size_t leaf,
                 int (*visit) (void *data, struct link *), void *data, struct error *error)
{
  int64_t rows[CHUNK], after = 0;
  struct link link;
  int count, rc = 0;
  link_init (&link);
  while (rc == 0 && (count = next_rows (store, mapping, leaf, after, rows, error)) != 0) {
    for (int i = 0; i < count && rc == 0; i++) {
      after = rows[i];
      rc = store_link_by_row (store, after, &link, error) < 0 ? -1 : visit (data, &link);
    }
    rc = count < 0 ? -1 : rc;
  }
  link_fini (&link);
  return rc;
}
