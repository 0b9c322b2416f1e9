/* Decisions of an administrator; see decisions.h. */
#include "config.h"
#include "pipeline/decisions.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/names.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

int
decide_find (struct store *store, const char *text, struct link *ret_link, struct error *error)
{
  int rc = store_link_search (store, text, ret_link, error);
  if (rc == 0)
    return error_set (error, "nobody is known as \"%s\": give the source's id or the DN; a user "
                      "name only of somebody who could be mapped in an earlier pass", text);
  return rc < 0 ? -1 : 0;
}

int
decide_approve (struct store *store, const char *token, struct error *error)
{
  BUFFER_AUTO struct buffer tokens;
  buffer_init (&tokens, 1 << 16);
  store_get_fact (store, "approve", &tokens);
  if (!*token || strpbrk (token, " \n") || strlen (token) > 64
      || !buffer_append (&tokens, token, strlen (token)))
    return error_set (error, "\"%.64s\" is no token: `syncd plan` shows it, and so does the report",
                      token);
  buffer_append_char (&tokens, '\n');
  return store_put_fact (store, "approve", buffer_text (&tokens), tokens.len, error);
}

int
decide_retry (struct store *store, struct link *link, struct error *error)
{
  link->next_try_ms = 1;
  link->attempts = 0;
  if (!link->parked)
    link->reevaluate_at_ms = 1;
  return store_link_put (store, link, error);
}

/* What is known of the account that it had says nothing of another one. */
static void
know_nothing (struct link *link)
{
  free (link->leaves);
  link->leaves = NULL;
  link->leaf_count = 0;
  link->flags &= ~LINK_INACTIVE;
  mem_set_text (&link->given_name, NULL);
  mem_set_text (&link->version, NULL);
  memset (link->fingerprint, 0, sizeof link->fingerprint);
}

/* Who points at the account that the entry had must not do so any more. */
static int
lose_account (struct store *store, const struct link *link, struct error *error)
{
  return link->account ? store_lost_put (store, link->account, error) : 0;
}

/* What may have reached the sink counts as done. */
static bool
is_leaving (struct store *store, struct link *owner, struct error *error)
{
  struct queued row;
  queued_init (&row);
  bool leaving = names_is_leaving (store, owner, &row, error) && row.state != QUEUE_SENT;
  if (leaving && row.doubt)
    owner->status = LINK_DISABLED;
  queued_fini (&row);
  return leaving;
}

/* 1: RET_OWNER has the account and is not LINK, but has left; 0: nobody else has it; -1: somebody
 * who is there, or the question failed. */
static int
find_owner (struct store *store, const struct link *link, const char *account, struct link *ret_owner,
            struct error *error)
{
  int rc = store_link_by_account (store, account, ret_owner, error);
  if (rc <= 0 || ret_owner->row == link->row)
    return rc < 0 ? -1 : 0;
  bool there = ret_owner->status == LINK_SYNCED || ret_owner->status == LINK_NEW;
  if (!there || is_leaving (store, ret_owner, error))
    return 1;
  return error_set (error, "the account %s belongs to %s (%s); `syncd unlink %s` first", account,
                    ret_owner->given_name ? ret_owner->given_name : ret_owner->id,
                    ret_owner->name ? ret_owner->name : ret_owner->id, ret_owner->id);
}

int
decide_check_link (struct store *store, const struct link *link, const char *account,
                   struct error *error)
{
  struct link owner;
  if (!*account || strlen (account) > 1000)
    return error_set (error, "\"%.100s\" is no account's id", account);
  if (link->status != LINK_SYNCED && link->status != LINK_NEW)
    return error_set (error, "%s left the source: there is nothing to link", link->id);
  link_init (&owner);
  int rc = find_owner (store, link, account, &owner, error);
  link_fini (&owner);
  return rc < 0 ? -1 : 0;
}

/* A leaver's goes over, and our disable is undone with it. */
static int
take_from_owner (struct store *store, struct link *link, const char *account, struct error *error)
{
  struct link owner;
  link_init (&owner);
  int rc = find_owner (store, link, account, &owner, error);
  if (rc == 1) {
    link->status = owner.status == LINK_DISABLED ? LINK_DISABLED : LINK_NEW;
    link->flags = owner.flags & LINK_ADOPTED;
    rc = lose_account (store, &owner, error) < 0 ? -1 : store_link_forget (store, owner.row, error);
  }
  link_fini (&owner);
  return rc < 0 ? -1 : 0;
}

int
decide_link (struct store *store, struct link *link, const char *account, struct error *error)
{
  if (decide_check_link (store, link, account, error) < 0)
    return -1;
  link->status = LINK_NEW;
  link->flags |= LINK_ADOPTED;
  if (take_from_owner (store, link, account, error) < 0 || lose_account (store, link, error) < 0)
    return -1;
  if (link->account && strcmp (link->account, account) != 0)
    log_warning ("the account %s that %s had is let go as it is, with the externalId: take that away "
                 "in the sink", link->account, link->id);
  know_nothing (link);
  mem_set_text (&link->account, account);
  mem_set_text (&link->last_action, "linked by an administrator");
  link->last_ms = clock_now_ms ();
  link->flags |= LINK_SEND_ALL;
  return decide_retry (store, link, error);
}

int
decide_check_unlink (const struct link *link, struct error *error)
{
  if (!link->account)
    return error_set (error, "%s has no account: there is nothing to unlink", link->id);
  return 0;
}

/* Also those in doubt: they would look for the account and link it again. */
static int
drop_changes (struct store *store, int64_t row, struct error *error)
{
  struct queued queued;
  int rc;
  queued_init (&queued);
  while ((rc = store_queue_of (store, row, &queued, error)) == 1)
    if (store_queue_done (store, queued.number, error) < 0)
      break;
  queued_fini (&queued);
  return rc == 0 ? 0 : -1;
}

int
decide_unlink (struct store *store, struct link *link, struct error *error)
{
  if (decide_check_unlink (link, error) < 0)
    return -1;
  MEM_AUTO char *why = mem_format ("unlinked from the account %s by an administrator; `syncd link` or "
                                   "`syncd parked --retry` says what comes next", link->account);
  if (drop_changes (store, link->row, error) < 0 || lose_account (store, link, error) < 0)
    return -1;
  memcpy (link->parked_fingerprint, link->fingerprint, sizeof link->fingerprint);
  know_nothing (link);
  mem_set_text (&link->account, NULL);
  mem_set_text (&link->parked, why);
  mem_set_text (&link->last_action, "unlinked by an administrator");
  link->last_ms = clock_now_ms ();
  link->next_try_ms = INT64_MAX;
  link->reevaluate_at_ms = 0;
  link->status = LINK_NEW;
  link->flags &= LINK_ADOPTED; /* should it meet that account again */
  return store_link_put (store, link, error);
}
