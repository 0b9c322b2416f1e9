/* The accounts and their indexes. A live account holds its user name against a deleted one. */
#include <config.h>
#include "store.h"
#include "schema.h"

#include <stdlib.h>
#include <string.h>

const char *const state_names[STATES] = {"active", "inactive", "deleted"};

struct account *
account_new (const char *id)
{
  struct account *account = mem_new (sizeof *account);
  if (id != NULL && strlen (id) < UUID_SIZE)
    strcpy (account->id, id);
  else
    random_uuid (account->id);
  account->version = 1;
  account->modified = clock_wall ();
  return account;
}

static void
account_empty (struct account *account)
{
  for (size_t i = 0; i < account->externals; i++)
    free (account->external[i]);
  free (account->external);
  free (account->user_name);
  free (account->folded);
  free (account->text);
}

void
account_free (struct account *account)
{
  account_empty (account);
  free (account);
}

static char *
external_key (const char *authority, const char *value)
{
  size_t first = strlen (authority), second = strlen (value);
  char *key = mem_resize (NULL, first + second + 2);
  memcpy (key, authority, first);
  key[first] = '\x1f';
  memcpy (key + first + 1, value, second + 1);
  return key;
}

static void
account_keys (struct account *account, const json_t *document)
{
  json_t *list = json_object_get (json_object_get (document, URN_GENESYS), "externalIds");
  account->externals = json_array_size (list);
  account->external = mem_new (account->externals * sizeof *account->external);
  for (size_t i = 0; i < account->externals; i++) {
    const json_t *one = json_array_get (list, i);
    const char *authority = json_string_value (json_object_get (one, "authority"));
    const char *value = json_string_value (json_object_get (one, "value"));
    account->external[i] =
        external_key (authority != NULL ? authority : "", value != NULL ? value : "");
  }
}

void
account_fill (struct account *account, const json_t *document)
{
  struct buffer text = {0};
  buffer_json (&text, document);
  account_empty (account);
  account->length = text.length - 2;
  account->text = mem_copy_n (text.data + 1, account->length);
  buffer_fini (&text);
  account->user_name = mem_copy (json_string_value (json_object_get (document, "userName")));
  account->folded = text_fold (account->user_name);
  account_keys (account, document);
}

json_t *
account_document (const struct account *account)
{
  struct buffer text = {0};
  buffer_format (&text, "{\"active\":%s,", account->state == STATE_ACTIVE ? "true" : "false");
  buffer_add (&text, account->text, account->length);
  buffer_text (&text, "}");
  json_t *document = json_loadb (text.data, text.length, 0, NULL);
  buffer_fini (&text);
  return document;
}

const char *
account_external_id (const struct account *account)
{
  const size_t length = strlen (AUTHORITY_SCIM);
  for (size_t i = 0; i < account->externals; i++)
    if (strncmp (account->external[i], AUTHORITY_SCIM "\x1f", length + 1) == 0)
      return account->external[i] + length + 1;
  return "";
}

static void
index_names (struct store *store, struct account *account)
{
  struct account *holder = table_find (&store->by_name, account->folded);
  if (holder == NULL || holder->state == STATE_DELETED || account->state != STATE_DELETED)
    table_put (&store->by_name, account->folded, account);
  for (size_t i = 0; i < account->externals && account->state != STATE_DELETED; i++)
    if (table_find (&store->by_external, account->external[i]) == NULL)
      table_put (&store->by_external, account->external[i], account);
}

static void
unindex_names (struct store *store, const struct account *account)
{
  if (table_find (&store->by_name, account->folded) == account)
    table_remove (&store->by_name, account->folded);
  for (size_t i = 0; i < account->externals; i++)
    if (table_find (&store->by_external, account->external[i]) == account)
      table_remove (&store->by_external, account->external[i]);
}

static void
index_state (struct store *store, const struct account *account, int was)
{
  for (int state = 0; state < STATES; state++)
    rank_set (&store->ranks[state], account->slot, (int)account->state == state, was == state);
}

void
store_insert (struct store *store, struct account *account)
{
  if (store->count == store->room) {
    store->room = store->room == 0 ? 1024 : store->room * 2;
    store->accounts = mem_resize (store->accounts, store->room * sizeof (struct account *));
  }
  account->slot = store->count++;
  store->accounts[account->slot] = account;
  table_put (&store->by_id, account->id, account);
  index_names (store, account);
  index_state (store, account, -1);
}

bool
store_update (struct store *store, struct account *account, const json_t *document,
              enum account_state state, int64_t version_step)
{
  struct buffer text = {0};
  buffer_json (&text, document);
  bool same = text.length == account->length + 2 && account->state == state &&
              memcmp (text.data + 1, account->text, account->length) == 0;
  buffer_fini (&text);
  if (same)
    return false;
  enum account_state was = account->state;
  unindex_names (store, account);
  account_fill (account, document);
  account->state = state;
  account->version += (uint64_t)version_step;
  account->modified = clock_wall ();
  index_names (store, account);
  index_state (store, account, (int)was);
  return true;
}

void
store_purge (struct store *store, struct account *account)
{
  unindex_names (store, account);
  table_remove (&store->by_id, account->id);
  rank_set (&store->ranks[account->state], account->slot, false, true);
  store->accounts[account->slot] = NULL;
  account_free (account);
}

struct account *
store_by_id (const struct store *store, const char *id)
{
  return table_find (&store->by_id, id);
}

struct account *
store_by_name (const struct store *store, const char *user_name)
{
  char *folded = text_fold (user_name);
  struct account *account = table_find (&store->by_name, folded);
  free (folded);
  return account;
}

struct account *
store_by_external (const struct store *store, const char *authority, const char *value)
{
  char *key = external_key (authority, value);
  struct account *account = table_find (&store->by_external, key);
  free (key);
  return account;
}

struct account *
store_nth (const struct store *store, enum account_state state, size_t n)
{
  const struct rank *rank = &store->ranks[state];
  return n < rank->total ? store->accounts[rank_select (rank, n)] : NULL;
}

void
store_clear (struct store *store)
{
  for (size_t i = 0; i < store->count; i++)
    if (store->accounts[i] != NULL)
      account_free (store->accounts[i]);
  free (store->accounts);
  table_fini (&store->by_id);
  table_fini (&store->by_name);
  table_fini (&store->by_external);
  for (int state = 0; state < STATES; state++)
    rank_fini (&store->ranks[state]);
  *store = (struct store){0};
}
