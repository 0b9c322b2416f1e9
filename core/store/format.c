/* The form of the file: how it is made, and how it is known again.
 *
 * A new state is made under another name and then given its own, so that there never is a half
 * one: an empty or strange file under the state's name is damage, never a beginning. */
#include "config.h"
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/text.h"

#define TABLES 8

/* link: one row an entry; columns that comparing needs come first. Ids in UUID form are blobs of
 *   16 bytes. Fingerprints of zeros are NULL. reference_key: NULL none, 1 as `name`, 2 as `name`
 *   folded, or a text. given_name: NULL none, 1 as `wanted_name`, or a text. Hashes are keyed
 *   and of 64 bits, so that the indexes on names and keys are small. leaves: 64 bits each, little
 *   endian. due_ms: the earlier of next_try_ms (while parked) and reevaluate_at_ms. room: zeros that
 *   give way to what an account brings.
 * queue: at most one row of an entry that is not in `sent`, and one that is. promised_hash: of
 *   `name` where there is one, else of `wanted_name`; SYNC only.
 *   queue_entry has what counting and naming need, so that neither reads documents.
 * sent: apart from the queue, so that marking does not rewrite documents. */
static const char tables[] =
  "CREATE TABLE fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
  "CREATE TABLE mapping (number INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE,"
  " paths TEXT NOT NULL);"
  "CREATE TABLE link (row INTEGER PRIMARY KEY, status INTEGER NOT NULL, flags INTEGER NOT NULL,"
  " mapping INTEGER NOT NULL, parked TEXT, reevaluate_at_ms INTEGER NOT NULL, fingerprint BLOB,"
  " id NOT NULL UNIQUE, token TEXT, name TEXT, account,"
  " reference_key, reference_hash INTEGER, wanted_name TEXT, given_name, given_hash INTEGER,"
  " version TEXT, leaves BLOB, last_action TEXT, last_ms INTEGER NOT NULL,"
  " parked_fingerprint BLOB, attempts INTEGER NOT NULL, next_try_ms INTEGER NOT NULL,"
  " due_ms INTEGER, room BLOB);"
  "CREATE INDEX link_account ON link (account) WHERE account IS NOT NULL;"
  "CREATE INDEX link_given ON link (given_hash) WHERE given_hash IS NOT NULL;"
  "CREATE INDEX link_reference ON link (reference_hash) WHERE reference_hash IS NOT NULL;"
  "CREATE INDEX link_parked ON link (row) WHERE parked IS NOT NULL;"
  "CREATE INDEX link_due ON link (due_ms) WHERE due_ms IS NOT NULL;"
  "CREATE INDEX link_references ON link (row) WHERE flags & 4;"
  "CREATE TABLE queue (number INTEGER PRIMARY KEY, row INTEGER NOT NULL, intent INTEGER NOT NULL,"
  " state INTEGER NOT NULL, doubt INTEGER NOT NULL, mapping INTEGER NOT NULL,"
  " fingerprint BLOB NOT NULL, wanted_name TEXT, promised_hash INTEGER, name TEXT,"
  " name_number INTEGER NOT NULL, temporary_name TEXT, temporary_hash INTEGER, sent_name TEXT,"
  " attempts INTEGER NOT NULL, next_try_ms INTEGER NOT NULL, why TEXT, leaves TEXT,"
  " deactivates INTEGER NOT NULL);"
  "CREATE INDEX queue_entry ON queue (row, number, state, intent, deactivates, promised_hash);"
  "CREATE INDEX queue_why ON queue (number) WHERE why IS NOT NULL;"
  "CREATE INDEX queue_temporary ON queue (temporary_hash) WHERE temporary_hash IS NOT NULL;"
  "CREATE INDEX queue_later ON queue (next_try_ms) WHERE next_try_ms > 0 AND state = 0;"
  "CREATE TABLE sent (number INTEGER PRIMARY KEY, row INTEGER NOT NULL UNIQUE);"
  "CREATE TABLE account (id TEXT PRIMARY KEY, external_id TEXT, user_name TEXT,"
  " name_hash INTEGER, document TEXT);"
  "CREATE INDEX account_external ON account (external_id) WHERE external_id IS NOT NULL;"
  "CREATE INDEX account_name ON account (name_hash) WHERE name_hash IS NOT NULL;"
  "CREATE TABLE run (started_ms INTEGER PRIMARY KEY, report TEXT NOT NULL);"
  "CREATE TABLE done (kind INTEGER NOT NULL, at INTEGER NOT NULL, count INTEGER NOT NULL,"
  " PRIMARY KEY (kind, at)) WITHOUT ROWID;";

static void
fold (sqlite3_context *context, int count, sqlite3_value **values)
{
  (void) count;
  const unsigned char *text = sqlite3_value_text (values[0]);
  if (text)
    sqlite3_result_text (context, text_fold ((const char *) text), -1, free);
  else
    sqlite3_result_null (context);
}

int
store_format_functions (sqlite3 *db)
{
  return sqlite3_create_function_v2 (db, "fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, fold,
                                     NULL, NULL, NULL);
}

static int
write_key (struct store *store, struct error *error)
{
  unsigned char key[HASH_KEY_LEN];
  hash_random (key, sizeof key);
  int result = store_put_fact (store, "key", key, sizeof key, error);
  mem_wipe (key, sizeof key);
  return result;
}

int
store_format_fill (struct store *store, struct error *error)
{
  MEM_AUTO char *marks = mem_format ("PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN",
                                     STORE_APPLICATION, STORE_FORMAT);
  if (store_exec (store, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;"
                  "PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
                  error)
      || store_exec (store, marks, error) || store_exec (store, tables, error)
      || write_key (store, error))
    return -1;
  if (store_exec (store, "COMMIT", error))
    return -1;
  /* Closing writes the log back too, but does not say so when it cannot. */
  return sqlite3_wal_checkpoint_v2 (store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL)
                 == SQLITE_OK ? 0 : store_failed (store, error);
}

static int
fill_file (const char *path, struct error *error)
{
  struct store store = { .path = mem_copy_text (path), .lock = -1 };
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  int result = sqlite3_open_v2 (path, &store.db, flags, NULL) == SQLITE_OK
                   ? store_format_fill (&store, error) : store_failed (&store, error);
  for (size_t i = 0; i < STATEMENT_COUNT; i++)
    sqlite3_finalize (store.statements[i]);
  if (sqlite3_close (store.db) != SQLITE_OK && result == 0)
    result = error_set (error, "%s: cannot close the new state", path);
  free (store.path);
  return result;
}

static void
remove_left_over (const char *path)
{
  static const char *const endings[] = { "", "-wal", "-shm", "-journal" };
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    MEM_AUTO char *name = mem_format ("%s%s", path, endings[i]);
    unlink (name);
  }
}

/* The name is durable before anything is done that relies on it. */
static int
sync_folder (const char *path)
{
  MEM_AUTO char *folder = mem_copy (path, (size_t) (strrchr (path, '/') - path) + 1);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int result = fd < 0 ? -1 : fsync (fd);
  if (fd >= 0)
    close (fd);
  return result;
}

/* Under the lock, so that nobody else is at it. */
int
store_format_create (const char *path, struct error *error)
{
  MEM_AUTO char *new_path = mem_format ("%s.new", path);
  remove_left_over (new_path);
  int fd = open (new_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return error_config (error, "%s: cannot make the state: %s; look at the permissions of the"
                         " folder, or set state.path", path, strerror (errno));
  close (fd);
  if (fill_file (new_path, error) == 0) {
    if (rename (new_path, path) == 0 && sync_folder (path) == 0)
      return 0;
    error_set (error, "%s: cannot make the state: %s", path, strerror (errno));
  }
  remove_left_over (new_path);
  return -1;
}

static int64_t
ask (struct store *store, const char *sql, struct error *error)
{
  sqlite3_stmt *statement = NULL;
  int64_t number = store_number (store, store_prepare (store, &statement, sql), error);
  sqlite3_finalize (statement);
  return number;
}

/* Whether the file is shorter than its header says, SQLite itself looks at. */
int
store_format_check (struct store *store, struct error *error)
{
  int64_t application = ask (store, "PRAGMA application_id", error);
  int64_t format = application < 0 ? -1 : ask (store, "PRAGMA user_version", error);
  if (format < 0)
    return -1;
  if (application != STORE_APPLICATION)
    return error_config (error, "%s: is a database, but no state of syncd; set state.path to another"
                         " file", store->path);
  if (format != STORE_FORMAT)
    return error_config (error, "%s: the state has format %" PRId64 ", and this syncd knows format %d;"
                         " use the syncd that wrote it, or a newer one", store->path, format,
                         STORE_FORMAT);
  int64_t count = ask (store, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
                              " AND name NOT LIKE 'sqlite_%'", error);
  if (count < 0)
    return -1;
  if (count != TABLES)
    return error_set (error, "%s: the state is damaged (%" PRId64 " tables of %d). " STORE_MENDED,
                      store->path, count, TABLES);
  return 0;
}
