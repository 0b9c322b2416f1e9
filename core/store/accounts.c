/* Accounts met at the first meeting; see store.h. */
#include "config.h"
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

void
account_fini (struct account *account)
{
  free (account->id);
  free (account->external_id);
  free (account->user_name);
  free (account->document);
  memset (account, 0, sizeof *account);
}

int
store_account_put (struct store *store, const struct account *account, struct error *error)
{
  MEM_AUTO char *folded = account->user_name ? text_fold (account->user_name) : NULL;
  sqlite3_stmt *s = store_statement (store, S_ACCOUNT_PUT, "INSERT OR REPLACE INTO account"
      " (id, external_id, user_name, name_hash, document) VALUES (?1, ?2, ?3, ?4, ?5)");
  store_bind_text (s, 1, account->id);
  store_bind_text (s, 2, account->external_id);
  store_bind_text (s, 3, account->user_name);
  if (folded)
    sqlite3_bind_int64 (s, 4, store_name_hash (store, folded));
  else
    sqlite3_bind_null (s, 4);
  store_bind_text (s, 5, account->document);
  return store_run (store, s, error);
}

static void
fill (sqlite3_stmt *s, struct account *account)
{
  account_fini (account);
  account->id = store_column_text (s, 0);
  account->external_id = store_column_text (s, 1);
  account->user_name = store_column_text (s, 2);
  account->document = store_column_text (s, 3);
}

/* Counts what a bound statement gives; the first fills *RET_ACCOUNT. */
static int
count_rows (struct store *store, sqlite3_stmt *s, struct account *ret_account, struct error *error)
{
  int rc, count = 0;
  while ((rc = store_step (store, s, error)) > 0)
    if (count++ == 0)
      fill (s, ret_account);
  return rc < 0 ? -1 : count;
}

#define COLUMNS "SELECT id, external_id, user_name, document FROM account WHERE "

int
store_account_find (struct store *store, const char *attribute, const char *value,
                    struct account *ret_account, struct error *error)
{
  if (strcmp (attribute, "id") == 0) {
    sqlite3_stmt *s = store_statement (store, S_ACCOUNT_BY_ID, COLUMNS "id = ?1");
    store_bind_text (s, 1, value);
    return count_rows (store, s, ret_account, error);
  }
  if (text_equal_nocase (attribute, "externalId")) {
    sqlite3_stmt *s = store_statement (store, S_ACCOUNT_BY_EXTERNAL,
                                       COLUMNS "external_id = ?1 ORDER BY id");
    store_bind_text (s, 1, value);
    return count_rows (store, s, ret_account, error);
  }
  if (!text_equal_nocase (attribute, "userName"))
    return error_config (error, "match: accounts are met by externalId and userName, not by %s",
                         attribute);
  MEM_AUTO char *folded = text_fold (value);
  sqlite3_stmt *s = store_statement (store, S_ACCOUNT_BY_NAME,
      COLUMNS "name_hash = ?1 AND fold (user_name) = ?2 ORDER BY id");
  sqlite3_bind_int64 (s, 1, store_name_hash (store, folded));
  store_bind_text (s, 2, folded);
  return count_rows (store, s, ret_account, error);
}

int
store_accounts_each (struct store *store, int (*visit) (void *data, const struct account *), void *data,
                     struct error *error)
{
  struct account account = { 0 };
  sqlite3_stmt *s = store_statement (store, S_ACCOUNTS_EACH, COLUMNS "1 ORDER BY id");
  int rc, result = 0;
  while (result == 0 && (rc = store_step (store, s, error)) != 0) {
    if (rc > 0)
      fill (s, &account);
    result = rc < 0 ? -1 : visit (data, &account);
  }
  sqlite3_reset (s);
  account_fini (&account);
  return result;
}

int
store_accounts_drop (struct store *store, struct error *error)
{
  return store_run (store, store_statement (store, S_ACCOUNTS_DROP, "DELETE FROM account"), error);
}
