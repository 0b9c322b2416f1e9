/* Links read from rows: by id, account, reference key, user name; see store.h. */
#include "config.h"
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

void
link_init (struct link *link)
{
  memset (link, 0, sizeof *link);
}

void
link_fini (struct link *link)
{
  char *const texts[] = { link->id, link->name, link->reference_key, link->account,
                          link->wanted_name, link->given_name, link->token, link->version,
                          link->parked, link->last_action };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    free (texts[i]);
  free (link->leaves);
  link_init (link);
}

int
store_reference_form (const char *key, const char *name)
{
  if (!name)
    return 0;
  if (strcmp (key, name) == 0)
    return 1;
  MEM_AUTO char *folded = text_fold (name);
  return strcmp (key, folded) == 0 ? 2 : 0;
}

int64_t
store_link_due (bool parked, int64_t next_try_ms, int64_t reevaluate_at_ms)
{
  int64_t due = parked && next_try_ms < 1 ? 1 : parked ? next_try_ms : 0;
  if (reevaluate_at_ms > 0 && (due == 0 || reevaluate_at_ms < due))
    due = reevaluate_at_ms;
  return due;
}

static char *
column_reference (sqlite3_stmt *s, int i, const char *name)
{
  if (sqlite3_column_type (s, i) != SQLITE_INTEGER)
    return store_column_text (s, i);
  return sqlite3_column_int (s, i) == 2 && name ? text_fold (name) : mem_copy_text (name);
}

static void
column_leaves (sqlite3_stmt *s, int i, struct link *link)
{
  const unsigned char *bytes = sqlite3_column_blob (s, i);
  size_t count = (size_t) sqlite3_column_bytes (s, i) / 8;
  if (!bytes || !count)
    return;
  link->leaves = mem_new (count, sizeof *link->leaves);
  link->leaf_count = count;
  for (size_t n = 0; n < count; n++)
    for (size_t b = 0; b < 8; b++)
      link->leaves[n] |= (uint64_t) bytes[8 * n + b] << (8 * b);
}

/* In the order of LINK_COLUMNS. */
void
store_link_fill (sqlite3_stmt *s, struct link *link)
{
  link_fini (link);
  link->row = sqlite3_column_int64 (s, 0);
  link->status = (enum link_status) sqlite3_column_int (s, 1);
  link->flags = (unsigned) sqlite3_column_int (s, 2);
  link->mapping = sqlite3_column_int64 (s, 3);
  store_column_fingerprint (s, 4, link->fingerprint);
  link->id = store_column_id (s, 5);
  link->account = store_column_id (s, 6);
  link->token = store_column_text (s, 7);
  link->name = store_column_text (s, 8);
  link->reference_key = column_reference (s, 9, link->name);
  link->wanted_name = store_column_text (s, 10);
  link->given_name = sqlite3_column_type (s, 11) == SQLITE_INTEGER
                         ? mem_copy_text (link->wanted_name) : store_column_text (s, 11);
  link->version = store_column_text (s, 12);
  column_leaves (s, 13, link);
  link->last_action = store_column_text (s, 14);
  link->last_ms = sqlite3_column_int64 (s, 15);
  link->parked = store_column_text (s, 16);
  store_column_fingerprint (s, 17, link->parked_fingerprint);
  link->attempts = sqlite3_column_int64 (s, 18);
  link->next_try_ms = sqlite3_column_int64 (s, 19);
  link->reevaluate_at_ms = sqlite3_column_int64 (s, 20);
}

int
store_link_one (struct store *store, sqlite3_stmt *s, struct link *link, struct error *error)
{
  int rc = store_step (store, s, error);
  if (rc <= 0)
    return rc;
  store_link_fill (s, link);
  sqlite3_reset (s);
  return 1;
}

int
store_link_by_id (struct store *store, const char *id, struct link *link, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_LINK_BY_ID,
                                     "SELECT " LINK_COLUMNS " FROM link WHERE id = ?1");
  store_bind_id (s, 1, id, strlen (id));
  return store_link_one (store, s, link, error);
}

int
store_link_by_row (struct store *store, int64_t row, struct link *link, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_LINK_BY_ROW,
                                     "SELECT " LINK_COLUMNS " FROM link WHERE row = ?1");
  sqlite3_bind_int64 (s, 1, row);
  return store_link_one (store, s, link, error);
}

/* Of several rows the one that is in use: SYNCED, NEW, then those that left; the newest first. */
#define IN_USE_FIRST " ORDER BY CASE status WHEN 1 THEN -1 ELSE status END, row DESC"

int
store_link_by_account (struct store *store, const char *account, struct link *link,
                       struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_LINK_BY_ACCOUNT,
                                     "SELECT " LINK_COLUMNS " FROM link WHERE account = ?1"
                                     IN_USE_FIRST);
  store_bind_id (s, 1, account, strlen (account));
  return store_link_one (store, s, link, error);
}

/* Takes the first row of a look-up by hash that is meant: MATCHES tells. */
static int
first_match (struct store *store, sqlite3_stmt *s, bool (*matches) (const struct link *, const char *),
             const char *text, struct link *link, struct error *error)
{
  int rc = 0;
  struct link found;
  link_init (&found);
  while ((rc = store_step (store, s, error)) > 0) {
    store_link_fill (s, &found);
    if (matches (&found, text)) {
      sqlite3_reset (s);
      link_fini (link);
      *link = found;
      return 1;
    }
  }
  link_fini (&found);
  return rc;
}

static bool
reference_matches (const struct link *link, const char *key)
{
  return link->reference_key && strcmp (link->reference_key, key) == 0;
}

int
store_link_by_reference (struct store *store, const char *key, struct link *link,
                         struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_LINK_BY_REFERENCE,
                                     "SELECT " LINK_COLUMNS " FROM link WHERE reference_hash = ?1"
                                     IN_USE_FIRST);
  sqlite3_bind_int64 (s, 1, store_name_hash (store, key));
  return first_match (store, s, reference_matches, key, link, error);
}

static bool
given_matches (const struct link *link, const char *folded)
{
  MEM_AUTO char *given = text_fold (link->given_name ? link->given_name : "");
  return strcmp (given, folded) == 0;
}

int
store_link_by_given_name (struct store *store, const char *name, struct link *link,
                          struct error *error)
{
  MEM_AUTO char *folded = text_fold (name);
  sqlite3_stmt *s = store_statement (store, S_LINK_BY_GIVEN,
                                     "SELECT " LINK_COLUMNS " FROM link WHERE given_hash = ?1"
                                     " AND account IS NOT NULL" IN_USE_FIRST);
  sqlite3_bind_int64 (s, 1, store_name_hash (store, folded));
  return first_match (store, s, given_matches, folded, link, error);
}

int
store_link_lost_by_name (struct store *store, const char *name, struct link *link, struct error *error)
{
  MEM_AUTO char *folded = text_fold (name);
  sqlite3_stmt *s = store_statement (store, S_LINK_LOST_BY_NAME,
                                     "SELECT " LINK_COLUMNS " FROM link WHERE given_hash = ?1"
                                     " AND account IS NULL AND status = 0 AND reevaluate_at_ms = 1");
  sqlite3_bind_int64 (s, 1, store_name_hash (store, folded));
  return first_match (store, s, given_matches, folded, link, error);
}

static bool
is_of_a_leaver (const struct link *link)
{
  return link->status >= LINK_DISABLED;
}

/* An administrator can wait for one scan; an index for it would cost every pass. Where the one whose
 * account has the name left, another who wants it and is there is meant: a rehire, a namesake. */
int
store_link_search (struct store *store, const char *text, struct link *link, struct error *error)
{
  int rc = store_link_by_id (store, text, link, error);
  if (rc == 0)
    rc = store_link_by_reference (store, text, link, error);
  if (rc != 0)
    return rc;
  rc = store_link_by_given_name (store, text, link, error);
  if (rc < 0 || (rc > 0 && !is_of_a_leaver (link)))
    return rc;
  int held = rc;
  MEM_AUTO char *folded = text_fold (text);
  sqlite3_stmt *s = store_statement (store, S_LINK_SEARCH,
                                     "SELECT " LINK_COLUMNS " FROM link WHERE fold (name) = ?1"
                                     " OR fold (wanted_name) = ?1 OR fold (id) = ?1"
                                     " OR row IN (SELECT row FROM queue"
                                     " WHERE fold (wanted_name) = ?1 OR fold (name) = ?1)" IN_USE_FIRST);
  store_bind_text (s, 1, folded);
  rc = store_link_one (store, s, link, error);
  return rc == 0 ? held : rc; /* nothing found: LINK is as it was */
}
