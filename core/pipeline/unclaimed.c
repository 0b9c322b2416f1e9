/* Unclaimed accounts and their list; see unclaimed.h. After a state was lost they are those of
 * people who left since; in a sink that others fill as well they may be anybody's. So they are
 * never leavers by themselves: unclaimed_approved.c. Main thread only. */
#include "config.h"
#include "pipeline/unclaimed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/documents.h"
#include "util/log.h"
#include "util/mem.h"

#define LIST_MAX ((size_t) 256 << 20)

static char *
token_of (const json_t *accounts)
{
  char hex[65];
  char *text = json_dumps (accounts, JSON_COMPACT);
  hash_sha256_hex (text, strlen (text), hex);
  free (text);
  return mem_copy (hex, 16);
}

/* Sets the token in the report, or takes the list away where it is empty. */
static int
keep (struct pass *pass, const json_t *accounts, struct error *error)
{
  if (json_array_size (accounts) == 0)
    return store_drop_fact (pass->store, "unclaimed", error);
  MEM_AUTO char *token = token_of (accounts);
  json_t *all = json_pack ("{s:s, s:O}", "token", token, "accounts", accounts);
  char *text = json_dumps (all, JSON_COMPACT);
  int rc = store_put_fact (pass->store, "unclaimed", text, strlen (text), error);
  mem_set_text (&pass->report->approve_unclaimed, token);
  free (text);
  json_decref (all);
  return rc;
}

json_t *
unclaimed_kept (struct store *store)
{
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, LIST_MAX);
  return store_get_fact (store, "unclaimed", &text) == 1
             ? json_loadb (buffer_text (&text), text.len, 0, NULL) : NULL;
}

bool
unclaimed_is_token (struct store *store, const char *token)
{
  json_t *kept = unclaimed_kept (store);
  const char *now = json_string_value (json_object_get (kept, "token"));
  bool is = now && strcmp (now, token) == 0;
  json_decref (kept);
  return is;
}

int
unclaimed_is_claimed (struct pass *pass, const char *account, const char *external_id,
                      struct error *error)
{
  struct link link;
  link_init (&link);
  int rc = store_link_by_account (pass->store, account, &link, error);
  if (rc == 0 && mapping_external_id_is_entry_id (pass->p->mapping))
    rc = store_link_by_id (pass->store, external_id, &link, error);
  link_fini (&link);
  return rc;
}

struct listing {
  struct pass *pass;
  json_t *accounts;
  struct error *error;
};

static int
list_one (void *data, const struct account *account)
{
  struct listing *listing = data;
  if (!account->external_id || !*account->external_id)
    return 0;
  int claimed = unclaimed_is_claimed (listing->pass, account->id, account->external_id, listing->error);
  if (claimed)
    return claimed < 0 ? -1 : 0;
  bool inactive = account->document
                  && pipeline_account_active (account->document, strlen (account->document)) == 0;
  MEM_AUTO char *why = mem_format ("its externalId %s is of no entry%s", account->external_id,
                                   inactive ? "; it is inactive already" : "");
  report_add (&listing->pass->report->unclaimed_list, account->id, account->user_name, why);
  if (!inactive)
    json_array_append_new (listing->accounts, json_pack ("[s, s, s]", account->id, account->external_id,
                                                         account->user_name ? account->user_name : ""));
  return 0;
}

int
unclaimed_list (struct pass *pass, struct error *error)
{
  struct listing listing = { pass, json_array (), error };
  int rc = store_accounts_each (pass->store, list_one, &listing, error);
  if (rc == 0)
    rc = keep (pass, listing.accounts, error);
  int64_t count = pass->report->unclaimed_list.count;
  size_t active = json_array_size (listing.accounts);
  if (rc == 0 && count)
    log_warning ("%" PRId64 " %s an externalId of no entry (the report says which) and %s not touched"
                 "%s%s%s", count, count == 1 ? "account carries" : "accounts carry",
                 count == 1 ? "is" : "are", active ? ". `syncd --approve " : "",
                 active ? pass->report->approve_unclaimed : "",
                 active ? "` disables those that are active" : "");
  json_decref (listing.accounts);
  return rc < 0 ? -1 : 0;
}
