/* Writing the queue: the newest desired state of an entry; see store.h.
 *
 * Invariant: an entry has at most one row that is not SENT and at most one that is. What a row
 * must not lose when a newer state takes its place is its doubt: something may have been done at
 * the sink that no result told of. */
#include "config.h"
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

static int64_t
folded_hash (const struct store *store, const char *name)
{
  MEM_AUTO char *folded = text_fold (name);
  return store_name_hash (store, folded);
}

static void
bind_hash (const struct store *store, sqlite3_stmt *s, int i, const char *name)
{
  if (name)
    sqlite3_bind_int64 (s, i, folded_hash (store, name));
  else
    sqlite3_bind_null (s, i);
}

/* The parameters of insert and update, numbered alike. */
static void
bind_queued (const struct store *store, sqlite3_stmt *s, const struct queued *q)
{
  const char *promised = q->name ? q->name : q->wanted_name;
  sqlite3_bind_int64 (s, 1, q->number);
  sqlite3_bind_int64 (s, 2, q->row);
  sqlite3_bind_int (s, 3, (int) q->intent);
  sqlite3_bind_int (s, 4, q->state == QUEUE_HELD ? QUEUE_HELD : QUEUE_WAITING);
  sqlite3_bind_int (s, 5, q->doubt);
  sqlite3_bind_int64 (s, 6, q->mapping);
  sqlite3_bind_blob (s, 7, q->fingerprint, FINGERPRINT_LEN, SQLITE_STATIC);
  store_bind_text (s, 8, q->wanted_name);
  bind_hash (store, s, 9, q->intent == QUEUE_SYNC ? promised : NULL);
  store_bind_text (s, 10, q->name);
  sqlite3_bind_int64 (s, 11, q->name_number);
  store_bind_text (s, 12, q->temporary_name);
  bind_hash (store, s, 13, q->temporary_name);
  store_bind_text (s, 14, q->sent_name);
  sqlite3_bind_int64 (s, 15, q->attempts);
  sqlite3_bind_int64 (s, 16, q->next_try_ms);
  store_bind_text (s, 17, q->why);
  store_bind_text (s, 18, q->leaves);
  sqlite3_bind_int (s, 19, q->deactivates);
}

static int
delete_row (struct store *store, int64_t number, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_DELETE, "DELETE FROM queue WHERE number = ?1");
  sqlite3_bind_int64 (s, 1, number);
  return store_run (store, s, error);
}

static int
unsend (struct store *store, int64_t number, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_UNSENT, "DELETE FROM sent WHERE number = ?1");
  sqlite3_bind_int64 (s, 1, number);
  return store_run (store, s, error);
}

/* The name that may have reached the sink by a row in doubt. */
static const char *
name_in_doubt (const struct queued *q)
{
  if (!q->doubt)
    return NULL;
  return q->sent_name ? q->sent_name : q->temporary_name ? q->temporary_name
         : q->name ? q->name : q->wanted_name;
}

/* The same change, read again: what was approved of it stays approved. */
static void
keep_approval (const struct queued *old, struct queued *q)
{
  if (queued_is_approved (old) && q->state == QUEUE_WAITING && q->intent == old->intent
      && memcmp (q->fingerprint, old->fingerprint, FINGERPRINT_LEN) == 0)
    mem_set_text (&q->why, QUEUE_APPROVED);
}

/* Takes the entry's row that is not SENT away; its doubt goes over to Q. */
static int
replace_older (struct store *store, struct queued *q, struct error *error)
{
  struct queued old;
  queued_init (&old);
  sqlite3_stmt *s = store_statement (store, S_QUEUE_OLD, "SELECT " QUEUE_COLUMNS " FROM queue q"
      " WHERE q.row = ?1 AND q.number NOT IN (SELECT number FROM sent)");
  sqlite3_bind_int64 (s, 1, q->row);
  int rc = store_step (store, s, error);
  if (rc <= 0)
    return rc;
  store_queue_fill (s, &old);
  sqlite3_reset (s);
  keep_approval (&old, q);
  if (old.doubt) {
    q->doubt = true;
    if (!q->sent_name)
      mem_set_text (&q->sent_name, name_in_doubt (&old));
  }
  int result = store_queue_count_doubt (store, &old, q, error) || delete_row (store, old.number, error);
  queued_fini (&old);
  return result;
}

int
store_queue_put (struct store *store, struct queued *q, struct error *error)
{
  return replace_older (store, q, error) ? -1 : store_queue_add (store, q, error);
}

/* See store_queue_bare_each(): a row like this one cannot be sent as it is, or of another mapping. */
static void
note_sendable (struct store *store, const struct queued *q)
{
  if (q->intent != QUEUE_SYNC || q->number < store->sendable_from)
    return;
  if (!q->leaves || q->next_try_ms == INT64_MAX)
    store->sendable_from = q->number + 1;
  else if (q->mapping != store->sendable_mapping) {
    bool newest = q->number == store->last_number;
    store->sendable_from = newest ? q->number : store->last_number + 1;
    store->sendable_mapping = newest ? q->mapping : store->sendable_mapping;
  }
}

int
store_queue_add (struct store *store, struct queued *q, struct error *error)
{
  if (q->state == QUEUE_SENT)
    q->state = QUEUE_WAITING; /* a new state was never sent */
  q->number = store->last_number + 1;
  sqlite3_stmt *s = store_statement (store, S_QUEUE_INSERT,
      "INSERT INTO queue (number,row,intent,state,doubt,mapping,fingerprint,wanted_name,"
      "promised_hash,name,name_number,temporary_name,temporary_hash,sent_name,attempts,next_try_ms,"
      "why,leaves,deactivates) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,"
      "?19)");
  bind_queued (store, s, q);
  if (store_run (store, s, error))
    return -1;
  store->last_number = q->number;
  note_sendable (store, q);
  return 0;
}

static int
mark_sent (struct store *store, int64_t number, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_SENT,
      "INSERT INTO sent (number, row) SELECT number, row FROM queue WHERE number = ?1"
      " ON CONFLICT (number) DO NOTHING");
  sqlite3_bind_int64 (s, 1, number);
  return store_run (store, s, error);
}

static int
count_before (struct store *store, const struct queued *q, int64_t newer, struct error *error)
{
  struct queued next;
  queued_init (&next);
  int rc = store_queue_by_number (store, newer, &next, error);
  if (rc > 0)
    rc = store_queue_count_doubt (store, q, &next, error);
  queued_fini (&next);
  return rc;
}

/* Q is no longer SENT. Where a newer state of its entry waits, that one stays alone and takes
 * over the doubt: 1 done, 0 there is none, -1 failed. */
static int
give_way (struct store *store, const struct queued *q, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_NEWER,
      "SELECT max (number) FROM queue WHERE row = ?1 AND number > ?2");
  sqlite3_bind_int64 (s, 1, q->row);
  sqlite3_bind_int64 (s, 2, q->number);
  int64_t newer = store_number (store, s, error);
  if (newer <= 0)
    return (int) newer;
  s = store_statement (store, S_QUEUE_MERGE, "UPDATE queue SET doubt = doubt OR ?1,"
                       " sent_name = coalesce (sent_name, ?2) WHERE number = ?3");
  sqlite3_bind_int (s, 1, q->doubt);
  store_bind_text (s, 2, name_in_doubt (q));
  sqlite3_bind_int64 (s, 3, newer);
  if (store_run (store, s, error) || count_before (store, q, newer, error)
      || delete_row (store, q->number, error))
    return -1;
  return 1;
}

int
store_queue_update (struct store *store, const struct queued *q, struct error *error)
{
  if (q->state != QUEUE_SENT) {
    if (unsend (store, q->number, error))
      return -1;
    int rc = give_way (store, q, error);
    if (rc)
      return rc < 0 ? -1 : 0;
    if (q->number < store->floor)
      store->floor = q->number;
  }
  sqlite3_stmt *s = store_statement (store, S_QUEUE_UPDATE,
      "UPDATE queue SET row=?2,intent=?3,state=?4,doubt=?5,mapping=?6,fingerprint=?7,wanted_name=?8,"
      "promised_hash=?9,name=?10,name_number=?11,temporary_name=?12,temporary_hash=?13,sent_name=?14,"
      "attempts=?15,next_try_ms=?16,why=?17,leaves=?18,deactivates=?19 WHERE number=?1");
  bind_queued (store, s, q);
  note_sendable (store, q);
  if (store_run (store, s, error) || store_promise_changed (store, q->number, error))
    return -1;
  return q->state == QUEUE_SENT ? mark_sent (store, q->number, error) : 0;
}

int
store_queue_done (struct store *store, int64_t number, struct error *error)
{
  return unsend (store, number, error) || delete_row (store, number, error) ? -1 : 0;
}

int
store_queue_withdraw (struct store *store, int64_t row, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_WITHDRAW, "DELETE FROM queue WHERE row = ?1"
      " AND NOT doubt AND number NOT IN (SELECT number FROM sent)");
  sqlite3_bind_int64 (s, 1, row);
  return store_run (store, s, error);
}

static int
recover_one (struct store *store, int64_t number, struct error *error)
{
  struct queued q;
  queued_init (&q);
  int rc = store_queue_by_number (store, number, &q, error);
  q.state = QUEUE_WAITING;
  q.doubt = true;
  if (rc > 0)
    rc = store_queue_update (store, &q, error);
  else if (rc == 0)
    rc = unsend (store, number, error);
  queued_fini (&q);
  return rc;
}

int64_t
store_queue_recover (struct store *store, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_QUEUE_SENT_NUMBERS, "SELECT min (number) FROM sent");
  int64_t number, count = 0;
  while ((number = store_number (store, s, error)) > 0) {
    if (recover_one (store, number, error))
      return -1;
    count++;
  }
  return number < 0 ? -1 : count;
}
