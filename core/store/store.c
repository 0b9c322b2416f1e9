/* Opening and closing the state; see store.h. */
#include "config.h"
#include "store/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/mem.h"

/* A log of up to 40 MiB before it is written back: random ids make every page of the indexes
 * dirty again and again, so fewer checkpoints are much cheaper (measured). */
static const char pragmas[] =
  "PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF;"
  "PRAGMA cache_size = -2048; PRAGMA temp.cache_size = -1024;"
  "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
  "PRAGMA wal_autocheckpoint = 10000; PRAGMA journal_size_limit = 67108864";

/* Comparing walks along the rows and comes to no page twice; writing needs what a batch touches. */
int
store_widen (struct store *store, struct error *error)
{
  if (store->wide || store->mode != STORE_WRITE)
    return 0;
  store->wide = true;
  return store_exec (store, "PRAGMA cache_size = -6144", error);
}

static const char read_pragmas[] =
  "PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF;"
  "PRAGMA cache_size = -4096";

static bool
is_there (const char *path, const char *ending, off_t at_least)
{
  struct stat about;
  MEM_AUTO char *name = mem_format ("%s%s", path, ending);
  return stat (name, &about) == 0 && about.st_size >= at_least;
}

/* "%", "?" and "#" mean something in SQLite's URIs. */
static char *
uri_of (const char *path, const char *parameters)
{
  struct buffer uri;
  buffer_init (&uri, (size_t) 64 << 10);
  buffer_append_text (&uri, "file:");
  for (; *path; path++) {
    if (strchr ("%?#", *path))
      buffer_printf (&uri, "%%%02X", (unsigned char) *path);
    else
      buffer_append_char (&uri, *path);
  }
  buffer_append_text (&uri, parameters);
  return buffer_take (&uri);
}

/* Readers must leave no trace. A writer leaves the log and its index behind (SQLITE_FCNTL_
 * PERSIST_WAL), so that readers find them and follow SQLite's protocol without making or changing
 * a file. Where there are none, the file is a copy that nobody writes. */
static int
open_read (struct store *store, struct error *error)
{
  const char *parameters = is_there (store->path, "-shm", 1) ? "?mode=ro&readonly_shm=1"
                           : is_there (store->path, "-wal", 1) ? "?mode=ro" : "?mode=ro&immutable=1";
  MEM_AUTO char *uri = uri_of (store->path, parameters);
  int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2 (uri, &store->db, flags, NULL) != SQLITE_OK)
    return store_failed (store, error);
  return store_exec (store, read_pragmas, error);
}

static int
open_write (struct store *store, struct error *error)
{
  int persist = 1;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2 (store->path, &store->db, flags, NULL) != SQLITE_OK)
    return store_failed (store, error);
  sqlite3_file_control (store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
  return store_exec (store, pragmas, error);
}

static int
read_key (struct store *store, struct error *error)
{
  struct buffer key;
  buffer_init (&key, HASH_KEY_LEN);
  int found = store_get_fact (store, "key", &key);
  if (found == 1 && key.len == HASH_KEY_LEN)
    memcpy (store->key, key.bytes, HASH_KEY_LEN);
  else
    found = 0;
  if (key.bytes)
    mem_wipe (key.bytes, key.len);
  buffer_fini (&key);
  if (store->failed) {
    *error = store->failure;
    return -1;
  }
  if (!found)
    return error_set (error, "%s: the state is damaged (its key is missing). " STORE_MENDED,
                      store->path);
  store->hasher = hasher_new (store->key);
  return 0;
}

static int
load (struct store *store, struct error *error)
{
  sqlite3_extended_result_codes (store->db, 1);
  if (store_format_functions (store->db) != SQLITE_OK)
    return store_failed (store, error);
  if (store_format_check (store, error) || read_key (store, error)
      || store_promise_create (store, error))
    return -1;
  sqlite3_stmt *statement = NULL;
  store_prepare (store, &statement, "SELECT max (number) FROM queue");
  store->last_number = store_number (store, statement, error);
  sqlite3_finalize (statement);
  store->sendable_from = store->last_number + 1;
  return store->last_number < 0 ? -1 : 0;
}

static int
open_locked (struct store *store, bool exists, struct error *error)
{
  store->lock = store_file_lock (store->path, error);
  if (store->lock < 0)
    return -1;
  struct stat about;
  exists = exists || lstat (store->path, &about) == 0; /* made by another before we had the lock */
  if (!exists && store_format_create (store->path, error))
    return -1;
  if (store_file_check (store->path, error) || open_write (store, error))
    return -1;
  return load (store, error);
}

static int
open_unlocked (struct store *store, struct error *error)
{
  if (store_file_check (store->path, error) || open_read (store, error))
    return -1;
  return load (store, error);
}

static int
copy_into (struct store *scratch, struct store *original, struct error *error)
{
  sqlite3_backup *backup = sqlite3_backup_init (scratch->db, "main", original->db, "main");
  int rc = backup ? sqlite3_backup_step (backup, -1) : SQLITE_ERROR;
  if (backup)
    sqlite3_backup_finish (backup);
  return rc == SQLITE_DONE ? 0 : store_failed (scratch, error);
}

/* A temporary database of SQLite has no name and is gone when it is closed. */
static int
open_scratch (struct store *store, bool exists, struct error *error)
{
  struct store original = { .path = store->path, .lock = -1 };
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2 ("", &store->db, flags, NULL) != SQLITE_OK)
    return store_failed (store, error);
  int result = !exists ? store_format_fill (store, error)
               : store_file_check (store->path, error) || open_read (&original, error) ? -1
               : copy_into (store, &original, error);
  sqlite3_close (original.db);
  if (result || store_exec (store, "PRAGMA cache_size = -4096; PRAGMA synchronous = OFF", error))
    return -1;
  return load (store, error);
}

static int
open_by_mode (struct store *store, bool exists, struct error *error)
{
  return store->mode == STORE_WRITE  ? open_locked (store, exists, error)
         : store->mode == STORE_READ ? open_unlocked (store, error)
                                     : open_scratch (store, exists, error);
}

static void
release (struct store *store)
{
  for (size_t i = 0; i < STATEMENT_COUNT; i++)
    sqlite3_finalize (store->statements[i]);
  for (size_t i = 0; i < LINK_VARIANTS; i++)
    sqlite3_finalize (store->link_updates[i]);
  sqlite3_close (store->db);
  store_file_unlock (store->lock);
  hasher_free (store->hasher);
  mem_wipe (store->key, sizeof store->key);
  free (store->scratch);
  free (store->path);
  free (store);
}

int
store_open (const char *path, enum store_mode mode, struct store **ret_store, struct error *error)
{
  char *real = NULL;
  bool exists = false;
  enum store_mode look = mode == STORE_WRITE ? STORE_WRITE : STORE_READ;
  if (store_file_find (path, look, &real, &exists, error))
    return -1;
  if (mode == STORE_READ && !exists) {
    free (real);
    *ret_store = NULL;
    return 0;
  }
  /* Nobody asks how much memory it holds: counting takes a lock for each piece. Refused, and no
   * matter, once SQLite is in use. */
  sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
  struct store *store = mem_new (1, sizeof *store);
  store->path = real ? real : mem_copy_text (path);
  store->mode = mode;
  store->lock = -1;
  if (open_by_mode (store, exists, error)) {
    release (store);
    return -1;
  }
  *ret_store = store;
  return 0;
}

const unsigned char *
store_key (const struct store *store)
{
  return store->key;
}

bool
store_is_read_only (const struct store *store)
{
  return store->mode == STORE_READ;
}

/* In slices, each a transaction of its own, so that the log stays as short as ever: after the first load
 * of a large directory most of the file is given back. */
static int
give_back (struct store *store, struct error *error)
{
  int64_t before, left = INT64_MAX;
  do {
    sqlite3_stmt *s = store_statement (store, S_FREE_PAGES, "PRAGMA freelist_count");
    before = left;
    left = store_number (store, s, error);
    if (left < 0 || (left > 0 && store_exec (store, "PRAGMA incremental_vacuum (4096)", error)))
      return -1;
  } while (left > 0 && left < before);
  return 0;
}

int
store_tidy (struct store *store, struct error *error)
{
  if (store->mode != STORE_WRITE || !sqlite3_get_autocommit (store->db))
    return 0;
  store_glance_end (store);
  if (give_back (store, error))
    return -1;
  int rc = sqlite3_wal_checkpoint_v2 (store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
  /* Busy: somebody reads; the log is cut the next time. */
  return rc == SQLITE_OK || rc == SQLITE_BUSY ? 0 : store_failed (store, error);
}

void
store_close (struct store *store)
{
  struct error ignored;
  if (!store)
    return;
  store_rollback (store);
  if (store->mode == STORE_WRITE)
    sqlite3_busy_timeout (store->db, 200);
  store_tidy (store, &ignored); /* what is committed is safe in the log as well */
  release (store);
}
