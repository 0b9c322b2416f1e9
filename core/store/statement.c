/* Statements: prepared once, stepped, and their failures put into words; see internal.h. */
#include "config.h"
#include "store/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

sqlite3_stmt *
store_prepare (struct store *store, sqlite3_stmt **slot, const char *sql)
{
  if (!*slot)
    sqlite3_prepare_v3 (store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
  return *slot;
}

sqlite3_stmt *
store_statement (struct store *store, enum statement which, const char *sql)
{
  return store_prepare (store, &store->statements[which], sql);
}

static int
damaged (struct store *store, struct error *error)
{
  return error_set (error, "%s: the state is damaged (%s). " STORE_MENDED,
                    store->path, sqlite3_errmsg (store->db));
}

static int
unreadable (struct store *store, struct error *error)
{
  int number = sqlite3_system_errno (store->db);
  return error_set (error, "%s: the state cannot be read or written: %s%s%s. Nothing that was"
                    " recorded is lost; see to the disk and run again", store->path,
                    sqlite3_errmsg (store->db), number ? ": " : "", number ? strerror (number) : "");
}

static int
describe (struct store *store, struct error *error)
{
  switch (sqlite3_errcode (store->db) & 0xff) {
  case SQLITE_FULL:
    return error_set (error, "%s: no room to write the state: the disk (or quota) is full. Nothing"
                      " that was recorded is lost; make room and run again", store->path);
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return damaged (store, error);
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
    return unreadable (store, error);
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return error_set (error, "%s: the state is kept busy by another program; end it (a database"
                      " browser?) and run again", store->path);
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return error_set (error, "%s: the state cannot be written (%s); look at the permissions of the"
                      " file and its folder", store->path, sqlite3_errmsg (store->db));
  default:
    return error_set (error, "%s: %s (SQLite error %d)", store->path, sqlite3_errmsg (store->db),
                      sqlite3_extended_errcode (store->db));
  }
}

/* A full disk makes SQLite give up the whole transaction; whoever went on would write outside of one,
 * and commit halves of what belongs together. So a transaction in which anything failed is only good
 * for being rolled back. */
int
store_failed (struct store *store, struct error *error)
{
  struct error now;
  describe (store, error ? error : &now);
  if (store->inside || !error) {
    if (!store->failed)
      store->failure = error ? *error : now;
    store->failed = true;
  }
  return -1;
}

int
store_step (struct store *store, sqlite3_stmt *statement, struct error *error)
{
  if (store->failed && store->inside && statement && !sqlite3_stmt_readonly (statement)) {
    if (error)
      *error = store->failure;
    return -1;
  }
  int rc = statement ? sqlite3_step (statement) : SQLITE_ERROR;
  if (rc == SQLITE_ROW)
    return 1;
  int result = rc == SQLITE_DONE ? 0 : store_failed (store, error);
  sqlite3_reset (statement);
  return result;
}

int
store_run (struct store *store, sqlite3_stmt *statement, struct error *error)
{
  int rc = store_step (store, statement, error);
  if (rc > 0)
    sqlite3_reset (statement);
  return rc < 0 ? -1 : 0;
}

int64_t
store_number (struct store *store, sqlite3_stmt *statement, struct error *error)
{
  int rc = store_step (store, statement, error);
  if (rc <= 0)
    return rc;
  int64_t number = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return number;
}

int
store_exec (struct store *store, const char *sql, struct error *error)
{
  return sqlite3_exec (store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                       : store_failed (store, error);
}

void
store_bind_text (sqlite3_stmt *statement, int i, const char *text)
{
  sqlite3_bind_text (statement, i, text, -1, SQLITE_STATIC);
}

void
store_bind_or_null (sqlite3_stmt *s, int i, int64_t number)
{
  if (number)
    sqlite3_bind_int64 (s, i, number);
  else
    sqlite3_bind_null (s, i);
}

void
store_bind_formed (sqlite3_stmt *s, int i, int form, const char *text)
{
  if (form)
    sqlite3_bind_int (s, i, form);
  else
    store_bind_text (s, i, text);
}

static bool
is_dash (size_t i)
{
  return i == 8 || i == 13 || i == 18 || i == 23;
}

/* 1 + the digit's value; 0: none. Lower case only: what is read back must be what was written. */
static const unsigned char digit_values[256] = {
  ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9,
  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16
};

static bool
parse_uuid (const char *id, size_t len, unsigned char ret_bytes[16])
{
  const unsigned char *at = (const unsigned char *) id;
  if (len != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-')
    return false;
  for (size_t n = 0; n < 16; n++, at += 2) {
    if (n == 4 || n == 6 || n == 8 || n == 10)
      at++;
    unsigned high = digit_values[at[0]], low = digit_values[at[1]];
    if (!high || !low)
      return false;
    ret_bytes[n] = (unsigned char) ((high - 1) << 4 | (low - 1));
  }
  return true;
}

void
store_bind_id (sqlite3_stmt *statement, int i, const char *id, size_t len)
{
  unsigned char bytes[16];
  if (id && parse_uuid (id, len, bytes))
    sqlite3_bind_blob (statement, i, bytes, sizeof bytes, SQLITE_TRANSIENT);
  else
    sqlite3_bind_text (statement, i, id, (int) len, SQLITE_STATIC);
}

bool
store_column_is_id (sqlite3_stmt *statement, int i, const char *id, size_t len)
{
  unsigned char bytes[16];
  bool uuid = parse_uuid (id, len, bytes);
  const void *column = sqlite3_column_blob (statement, i);
  if (sqlite3_column_type (statement, i) != (uuid ? SQLITE_BLOB : SQLITE_TEXT)
      || (size_t) sqlite3_column_bytes (statement, i) != (uuid ? sizeof bytes : len))
    return false;
  return len == 0 || memcmp (column, uuid ? (const char *) bytes : id, uuid ? sizeof bytes : len) == 0;
}

char *
store_column_text (sqlite3_stmt *statement, int i)
{
  const unsigned char *text = sqlite3_column_text (statement, i);
  return text ? mem_copy (text, (size_t) sqlite3_column_bytes (statement, i)) : NULL;
}

char *
store_column_id (sqlite3_stmt *statement, int i)
{
  static const char digits[] = "0123456789abcdef";
  if (sqlite3_column_type (statement, i) != SQLITE_BLOB || sqlite3_column_bytes (statement, i) != 16)
    return store_column_text (statement, i);
  const unsigned char *bytes = sqlite3_column_blob (statement, i);
  char *id = mem_new (37, 1), *at = id;
  for (size_t n = 0; n < 16; n++) {
    if (is_dash ((size_t) (at - id)))
      *at++ = '-';
    *at++ = digits[bytes[n] >> 4];
    *at++ = digits[bytes[n] & 15];
  }
  return id;
}

void
store_column_fingerprint (sqlite3_stmt *statement, int i, unsigned char *ret_fingerprint)
{
  const void *bytes = sqlite3_column_blob (statement, i);
  if (bytes && sqlite3_column_bytes (statement, i) == FINGERPRINT_LEN)
    memcpy (ret_fingerprint, bytes, FINGERPRINT_LEN);
  else
    memset (ret_fingerprint, 0, FINGERPRINT_LEN);
}

int64_t
store_name_hash (const struct store *store, const char *folded)
{
  return (int64_t) hasher_leaf (store->hasher, folded, strlen (folded));
}
