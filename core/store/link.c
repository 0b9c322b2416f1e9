/* Writing links; see store.h.
 *
 * An UPDATE that names an indexed column touches that index, changed or not. So a link is
 * written by one of many statements: with those indexed columns that really changed. As a rule
 * many links in a row change in the same columns: so the last statement is tried first, which does
 * nothing where another column changed as well. */
#include "config.h"
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/buffer.h"
#include "util/mem.h"
#include "util/text.h"

enum changed { ID = 1, ACCOUNT = 2, REFERENCE = 4, GIVEN = 8, PARKED = 16, DUE = 32, FLAGS = 64 };

/* What is computed from a link to write it. */
struct derived {
  int64_t given_hash, reference_hash, due_ms; /* 0: NULL */
  int reference_form, given_form;             /* 0: a text, else the number that stands for it */
};

static bool
is_zero (const unsigned char *fingerprint)
{
  static const unsigned char zero[FINGERPRINT_LEN];
  return memcmp (fingerprint, zero, sizeof zero) == 0;
}

static void
bind_fingerprint (sqlite3_stmt *s, int i, const unsigned char *fingerprint)
{
  if (is_zero (fingerprint))
    sqlite3_bind_null (s, i);
  else
    sqlite3_bind_blob (s, i, fingerprint, FINGERPRINT_LEN, SQLITE_STATIC);
}

static void
bind_id (sqlite3_stmt *s, int i, const char *id)
{
  store_bind_id (s, i, id, id ? strlen (id) : 0);
}

static void
bind_leaves (struct store *store, sqlite3_stmt *s, int i, const struct link *link)
{
  size_t count = link->leaves ? link->leaf_count : 0;
  if (count * 8 > store->scratch_size) {
    store->scratch = mem_resize (store->scratch, count, 8);
    store->scratch_size = count * 8;
  }
  for (size_t n = 0; n < count; n++)
    for (size_t b = 0; b < 8; b++)
      store->scratch[8 * n + b] = (unsigned char) (link->leaves[n] >> (8 * b));
  sqlite3_bind_blob64 (s, i, count ? store->scratch : NULL, count * 8, SQLITE_STATIC);
}

static struct derived
derive (const struct store *store, const struct link *link)
{
  struct derived derived = { 0 };
  if (link->given_name) {
    MEM_AUTO char *folded = text_fold (link->given_name);
    derived.given_hash = store_name_hash (store, folded);
    derived.given_form = link->wanted_name && strcmp (link->given_name, link->wanted_name) == 0;
  }
  if (link->reference_key) {
    derived.reference_hash = store_name_hash (store, link->reference_key);
    derived.reference_form = store_reference_form (link->reference_key, link->name);
  }
  derived.due_ms = store_link_due (link->parked, link->next_try_ms, link->reevaluate_at_ms);
  return derived;
}

/* The parameters of insert and update, numbered alike. */
static void
bind_link (struct store *store, sqlite3_stmt *s, const struct link *link,
           const struct derived *derived)
{
  sqlite3_bind_int (s, 1, (int) link->status);
  sqlite3_bind_int (s, 2, (int) link->flags);
  sqlite3_bind_int64 (s, 3, link->mapping);
  bind_fingerprint (s, 4, link->fingerprint);
  bind_id (s, 5, link->id);
  bind_id (s, 6, link->account);
  store_bind_text (s, 7, link->token && *link->token ? link->token : NULL);
  store_bind_text (s, 8, link->name);
  store_bind_formed (s, 9, derived->reference_form, link->reference_key);
  store_bind_or_null (s, 10, derived->reference_hash);
  store_bind_text (s, 11, link->wanted_name);
  store_bind_formed (s, 12, derived->given_form, link->given_name);
  store_bind_or_null (s, 13, derived->given_hash);
  store_bind_text (s, 14, link->version);
  bind_leaves (store, s, 15, link);
  store_bind_text (s, 16, link->last_action);
  sqlite3_bind_int64 (s, 17, link->last_ms);
  store_bind_text (s, 18, link->parked);
  bind_fingerprint (s, 19, link->parked_fingerprint);
  sqlite3_bind_int64 (s, 20, link->attempts);
  sqlite3_bind_int64 (s, 21, link->next_try_ms);
  sqlite3_bind_int64 (s, 22, link->reevaluate_at_ms);
  store_bind_or_null (s, 23, derived->due_ms);
}

/* A row that has no account yet grows when it gets one. Rows lie side by side in the order of their
 * coming, so pages would be split all along and stay half empty: the room is taken at once. */
static void
bind_room (sqlite3_stmt *s, int i, const struct link *link)
{
  const size_t grown = 16 /* account */ + FINGERPRINT_LEN + 8 /* hash of the name */ + 6 /* time */
                       + 10 /* version, what was done */;
  if (link->account)
    sqlite3_bind_null (s, i);
  else
    sqlite3_bind_zeroblob (s, i, (int) (grown + link->room));
}

static struct counted
how_it_counts (const struct link *link)
{
  return (struct counted) { .status = (int) link->status,
                            .account = link->account,
                            .inactive = link->flags & LINK_INACTIVE };
}

static bool
count_alike (const struct counted *a, const struct counted *b)
{
  return a->status == b->status && a->account == b->account && a->inactive == b->inactive;
}

static int
insert (struct store *store, struct link *link, struct error *error)
{
  struct derived derived = derive (store, link);
  sqlite3_stmt *s = store_statement (store, S_LINK_INSERT,
      "INSERT INTO link (status,flags,mapping,fingerprint,id,account,token,name,reference_key,"
      "reference_hash,wanted_name,given_name,given_hash,version,leaves,last_action,last_ms,parked,"
      "parked_fingerprint,attempts,next_try_ms,reevaluate_at_ms,due_ms,room) VALUES (?1,?2,?3,?4,?5,?6,"
      "?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24)");
  bind_link (store, s, link, &derived);
  bind_room (s, 24, link);
  if (store_run (store, s, error))
    return -1;
  link->row = sqlite3_last_insert_rowid (store->db);
  struct counted counted = how_it_counts (link);
  store_tally_add (store, &counted, 1);
  return 0;
}

/* Set where it changed, else it must be the same. The + keeps to the row: no index is asked. */
static const struct {
  unsigned column;
  const char *set, *same;
} indexed[] = {
  { ID, ",id=?5", " AND +id IS ?5" },
  { ACCOUNT, ",account=?6", " AND +account IS ?6" },
  { REFERENCE, ",reference_hash=?10", " AND +reference_hash IS ?10" },
  { GIVEN, ",given_hash=?13", " AND +given_hash IS ?13" },
  { PARKED, ",parked=?18", " AND +parked IS ?18" },
  { DUE, ",due_ms=?23", " AND +due_ms IS ?23" },
  { FLAGS, ",flags=?2", " AND +flags IS ?2" },
};

static sqlite3_stmt *
update_statement (struct store *store, unsigned changed)
{
  sqlite3_stmt **slot = &store->link_updates[changed];
  if (*slot)
    return *slot;
  struct buffer sql;
  buffer_init (&sql, 4096);
  buffer_append_text (&sql, "UPDATE link SET status=?1,mapping=?3,fingerprint=?4,token=?7,name=?8,"
                      "reference_key=?9,wanted_name=?11,given_name=?12,version=?14,leaves=?15,"
                      "last_action=?16,last_ms=?17,parked_fingerprint=?19,attempts=?20,"
                      "next_try_ms=?21,reevaluate_at_ms=?22,room=iif (?6 IS NULL, room, NULL)");
  for (size_t i = 0; i < sizeof indexed / sizeof *indexed; i++)
    buffer_append_text (&sql, changed & indexed[i].column ? indexed[i].set : "");
  buffer_append_text (&sql, " WHERE row=?24 AND status=?25 AND (+account IS NOT NULL)=?26"
                      " AND (+flags & 16 <> 0)=?27");
  for (size_t i = 0; i < sizeof indexed / sizeof *indexed; i++)
    buffer_append_text (&sql, changed & indexed[i].column ? "" : indexed[i].same);
  store_prepare (store, slot, buffer_text (&sql));
  buffer_fini (&sql);
  return *slot;
}

static bool
same_text (const char *a, const char *b)
{
  return a && b ? strcmp (a, b) == 0 : a == b;
}

static bool
column_is (sqlite3_stmt *s, int i, const char *text)
{
  const char *old = (const char *) sqlite3_column_text (s, i);
  return same_text (old, text);
}

static bool
column_is_id (sqlite3_stmt *s, int i, const char *id)
{
  MEM_AUTO char *old = store_column_id (s, i);
  return same_text (old, id);
}

/* Which indexed columns differ from the row as it is; -1 failed, -2: there is no such row. */
static int
find_changed (struct store *store, const struct link *link, const struct derived *derived,
              struct counted *ret_counted, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_LINK_OLD,
      "SELECT id,account,reference_hash,given_hash,parked,due_ms,flags,status FROM link"
      " WHERE row = ?1");
  sqlite3_bind_int64 (s, 1, link->row);
  int rc = store_step (store, s, error);
  if (rc <= 0)
    return rc < 0 ? -1 : -2;
  int changed = (column_is_id (s, 0, link->id) ? 0 : ID)
                | (column_is_id (s, 1, link->account) ? 0 : ACCOUNT)
                | (sqlite3_column_int64 (s, 2) == derived->reference_hash ? 0 : REFERENCE)
                | (sqlite3_column_int64 (s, 3) == derived->given_hash ? 0 : GIVEN)
                | (column_is (s, 4, link->parked) ? 0 : PARKED)
                | (sqlite3_column_int64 (s, 5) == derived->due_ms ? 0 : DUE)
                | ((unsigned) sqlite3_column_int (s, 6) == link->flags ? 0 : FLAGS);
  ret_counted->account = sqlite3_column_type (s, 1) != SQLITE_NULL;
  ret_counted->inactive = sqlite3_column_int (s, 6) & LINK_INACTIVE;
  ret_counted->status = sqlite3_column_int (s, 7);
  sqlite3_reset (s);
  return changed;
}

/* BEFORE: how the row was counted. 1: written; 0: it was not so, or other columns changed; -1 failed. */
static int
update (struct store *store, const struct link *link, const struct derived *derived, int changed,
        const struct counted *before, struct error *error)
{
  sqlite3_stmt *s = update_statement (store, (unsigned) changed);
  bind_link (store, s, link, derived);
  sqlite3_bind_int64 (s, 24, link->row);
  sqlite3_bind_int (s, 25, before->status);
  sqlite3_bind_int (s, 26, before->account);
  sqlite3_bind_int (s, 27, before->inactive);
  if (store_run (store, s, error))
    return -1;
  if (sqlite3_changes (store->db) == 0)
    return 0;
  struct counted now = how_it_counts (link);
  if (!count_alike (before, &now)) {
    store_tally_add (store, before, -1);
    store_tally_add (store, &now, 1);
  }
  return 1;
}

int
store_link_put (struct store *store, struct link *link, struct error *error)
{
  if (store_tally_load (store, error) < 0 || store_widen (store, error) < 0)
    return -1;
  if (link->row == 0)
    return insert (store, link, error);
  struct counted before;
  struct derived derived = derive (store, link);
  int written = store->changes_alike
                    ? update (store, link, &derived, store->changed, &store->counted, error) : 0;
  if (written)
    return written < 0 ? -1 : 0;
  int changed = find_changed (store, link, &derived, &before, error);
  if (changed == -2)
    return error_set (error, "%s: entry %s is no longer in the state; run again", store->path,
                      link->id);
  if (changed < 0)
    return -1;
  store->changes_alike = changed == store->changed && count_alike (&before, &store->counted);
  store->changed = changed;
  store->counted = before;
  return update (store, link, &derived, changed, &before, error) < 0 ? -1 : 0;
}
