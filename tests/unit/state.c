/* A folder and a state for one test of the store; see state.h. */
#include "config.h"
#include "state.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

void
state_check (struct state *st, int ok, const char *file, int line)
{
  if (!ok) {
    print_error ("%s\n", st->error.text);
    _fail (file, line);
  }
}

void
state_open (struct state *st)
{
  state_ok (st, store_open (st->path, STORE_WRITE, &st->store, &st->error));
  state_ok (st, store_begin (st->store, &st->error));
}

static char *
sql_text (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *s = NULL;
  char *text = NULL;
  if (sqlite3_prepare_v2 (db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step (s) == SQLITE_ROW
      && sqlite3_column_text (s, 0))
    text = strdup ((const char *) sqlite3_column_text (s, 0));
  sqlite3_finalize (s);
  return text;
}

/* Whatever a test did: the number of links of each kind that is kept is the number that is there. */
static void
check_tally (const char *path)
{
  sqlite3 *db = NULL;
  assert_int_equal (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
  char *kept = sql_text (db, "SELECT CAST (value AS TEXT) FROM fact WHERE name = 'tally'");
  char *counted = sql_text (db,
      "WITH kind (status, account, inactive) AS (VALUES (0,0,0),(0,1,0),(1,0,0),(1,1,0),(2,0,0),(2,1,0),"
      "(3,0,0),(3,1,0),(4,0,0),(4,1,0),(0,1,16),(1,1,16),(2,1,16),(3,1,16),(4,1,16))"
      "SELECT group_concat ((SELECT count (*) FROM link WHERE link.status = kind.status"
      " AND (link.account IS NOT NULL) = kind.account AND flags & kind.inactive = kind.inactive), ' ')"
      " FROM kind");
  sqlite3_close (db);
  if (kept)
    assert_string_equal (kept, counted ? counted : "");
  free (kept);
  free (counted);
}

void
state_close (struct state *st)
{
  state_ok (st, store_commit (st->store, &st->error));
  store_close (st->store);
  st->store = NULL;
  check_tally (st->path);
}

void
state_reopen (struct state *st)
{
  state_close (st);
  state_open (st);
}

int
state_setup (void **state)
{
  struct state *st = calloc (1, sizeof *st);
  const char *tmp = getenv ("TMPDIR");
  assert_non_null (st);
  snprintf (st->folder, sizeof st->folder, "%.40s/store-XXXXXX", tmp ? tmp : "/tmp");
  assert_non_null (mkdtemp (st->folder));
  snprintf (st->path, sizeof st->path, "%s/s/state.db", st->folder);
  state_open (st);
  *state = st;
  return 0;
}

static void
remove_folder (const char *folder)
{
  char name[512];
  DIR *dir = opendir (folder);
  if (!dir)
    return;
  for (struct dirent *entry; (entry = readdir (dir));) {
    if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
      continue;
    snprintf (name, sizeof name, "%.200s/%.255s", folder, entry->d_name);
    if (unlink (name))
      remove_folder (name);
  }
  closedir (dir);
  rmdir (folder);
}

int
state_teardown (void **state)
{
  struct state *st = *state;
  store_close (st->store);
  remove_folder (st->folder);
  free (st);
  return 0;
}

const char *
state_id (unsigned n)
{
  static char ids[8][40];
  static unsigned next;
  char *id = ids[next++ % 8];
  snprintf (id, sizeof ids[0], "%08x-5a5a-4b4b-8c8c-0123456789ab", n);
  return id;
}

int64_t
state_link (struct state *st, unsigned n, enum link_status status, unsigned account,
            const char *wanted, const char *given)
{
  char name[80];
  struct link link;
  link_init (&link);
  snprintf (name, sizeof name, "uid=u%u,ou=people,dc=example,dc=com", n);
  link.id = strdup (state_id (n));
  link.name = strdup (name);
  link.account = account ? strdup (state_id (account)) : NULL;
  link.wanted_name = wanted ? strdup (wanted) : NULL;
  link.given_name = given ? strdup (given) : NULL;
  link.status = status;
  state_ok (st, store_link_put (st->store, &link, &st->error));
  int64_t row = link.row;
  link_fini (&link);
  return row;
}

int64_t
state_queue (struct state *st, int64_t row, const char *wanted, const char *leaves)
{
  struct queued q;
  queued_init (&q);
  q.row = row;
  q.wanted_name = wanted ? strdup (wanted) : NULL;
  q.leaves = leaves ? strdup (leaves) : NULL;
  q.fingerprint[0] = 7;
  state_ok (st, store_queue_put (st->store, &q, &st->error));
  int64_t number = q.number;
  queued_fini (&q);
  return number;
}

int64_t
state_entries (struct state *st)
{
  struct store_counts counts;
  state_ok (st, store_counts (st->store, &counts, &st->error));
  return counts.entries;
}

long
state_size (const struct state *st, const char *ending)
{
  char name[128];
  struct stat about;
  snprintf (name, sizeof name, "%s%s", st->path, ending);
  return stat (name, &about) ? -1 : (long) about.st_size;
}

int
state_there (const struct state *st, const char *ending)
{
  return state_size (st, ending) >= 0;
}

void
state_sql (const struct state *st, const char *sql)
{
  sqlite3 *db = NULL;
  char *message = NULL;
  assert_int_equal (sqlite3_open (st->path, &db), SQLITE_OK);
  if (sqlite3_exec (db, sql, NULL, NULL, &message) != SQLITE_OK)
    fail_msg ("%s: %s", sql, message);
  sqlite3_close (db);
}
