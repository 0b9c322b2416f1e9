/* Unclaimed accounts that somebody approved to be disabled, each of which may have become an
 * entry's since; see unclaimed.h. Main thread only. */
#include "config.h"
#include "pipeline/unclaimed.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/names.h"
#include "util/log.h"
#include "util/mem.h"

#define ANSWER_MAX ((size_t) 16 << 20)

/* Copies TOKENS, one a line, without TOKEN to REST; was it among them? */
static bool
leave_out (const char *tokens, const char *token, struct buffer *rest)
{
  bool found = false;
  for (const char *at = tokens; *at;) {
    size_t len = strcspn (at, "\n");
    bool is = len == strlen (token) && memcmp (at, token, len) == 0;
    len += at[len] == '\n';
    found = found || is;
    if (!is)
      buffer_append (rest, at, len);
    at += len;
  }
  return found;
}

/* Takes TOKEN out of those that wait to be applied: 1; 0: it is not among them. */
static int
take_token (struct pass *pass, const char *token, struct error *error)
{
  BUFFER_AUTO struct buffer tokens, rest;
  buffer_init (&tokens, 1 << 16);
  buffer_init (&rest, 1 << 16);
  if (store_get_fact (pass->store, "approve", &tokens) != 1
      || !leave_out (buffer_text (&tokens), token, &rest))
    return 0;
  int rc = rest.len ? store_put_fact (pass->store, "approve", buffer_text (&rest), rest.len, error)
                    : store_drop_fact (pass->store, "approve", error);
  return rc < 0 ? -1 : 1;
}

/* The account may have been given another externalId since. 1: it is as it was. */
static int
still_carries (struct pass *pass, const char *account, const char *external_id, struct error *error)
{
  struct pipeline *p = pass->p;
  BUFFER_AUTO struct buffer text;
  int32_t code;
  buffer_init (&text, ANSWER_MAX);
  do {
    buffer_reset (&text);
    code = p->sink->sink->find (&p->sink_ctx, p->sink_session, "User", "externalId", external_id,
                                p->wanted_names, p->wanted_count, host_buffer (&text));
  } while (code == SYNCD_E_BUDGET && !atomic_load (&p->cancelled));
  if (code < 0)
    return error_set (error, "%s: the unclaimed account %s cannot be looked at: %s",
                      p->settings->sink.name, account, host_failure (&p->sink_ctx, code));
  json_t *found = json_loadb (buffer_text (&text), text.len, 0, NULL);
  const char *id = json_string_value (json_object_get (json_array_get (found, 0), "id"));
  int same = json_array_size (found) == 1 && id && strcmp (id, account) == 0;
  json_decref (found);
  return same;
}

/* So much of the account is known: whoever comes with that externalId is its owner. */
static int
know_external_id (struct pass *pass, struct link *link, const char *external_id)
{
  const struct mapping *mapping = pass->p->mapping;
  struct leaves have;
  json_t *account = json_pack ("{s:s}", "externalId", external_id);
  char *text = json_dumps (account, JSON_COMPACT);
  link->leaf_count = mapping_leaf_count (mapping);
  link->mapping = pass->p->mapping_number;
  link->leaves = mem_new (link->leaf_count, sizeof *link->leaves);
  leaves_init (&have, link->leaf_count);
  int rc = map_leaves_of (mapping, text, strlen (text), &have);
  if (rc == 0)
    map_hash_leaves (mapping, pass->p->hasher, &have, link->leaves);
  leaves_fini (&have);
  free (text);
  json_decref (account);
  return rc;
}

/* From now on it is known, as an account that was not made by this state: it is never deleted. */
static int
make_leaver (struct pass *pass, const char *account, const char *external_id, const char *name,
             struct error *error)
{
  struct link link;
  link_init (&link);
  link.id = mapping_external_id_is_entry_id (pass->p->mapping) ? mem_copy_text (external_id)
                                                               : mem_format ("unclaimed %s", account);
  link.account = mem_copy_text (account);
  link.wanted_name = mem_copy_text (name);
  link.given_name = mem_copy_text (name);
  link.status = LINK_SYNCED;
  link.flags = LINK_ADOPTED | LINK_SEND_ALL;
  link.last_action = mem_copy_text ("unclaimed account, approved to be disabled");
  link.last_ms = pass->started_ms;
  int rc = know_external_id (pass, &link, external_id);
  if (rc == 0)
    rc = store_link_put (pass->store, &link, error);
  if (rc == 0) {
    ids_add (&pass->deleted, link.id);
    ids_add (&pass->unclaimed, link.id);
  }
  link_fini (&link);
  return rc;
}

/* 1: it became a leaver; 0: it is not one, which is said. */
static int
take_one (struct pass *pass, const json_t *one, struct error *error)
{
  const char *account = json_string_value (json_array_get (one, 0));
  const char *external_id = json_string_value (json_array_get (one, 1));
  const char *name = json_string_value (json_array_get (one, 2));
  if (!account || !external_id || !name)
    return 0;
  int claimed = unclaimed_is_claimed (pass, account, external_id, error);
  int same = claimed == 0 ? still_carries (pass, account, external_id, error) : 0;
  bool is_protected = names_protected (pass->p->settings, name);
  const char *why = claimed        ? "it is an entry's now"
                    : !same        ? "it does not carry that externalId any more"
                    : is_protected ? "its name is named in protect:"
                                   : NULL;
  if (claimed < 0 || same < 0)
    return -1;
  if (why)
    log_warning ("the unclaimed account %s (%s) is not disabled: %s", name, account, why);
  return why ? 0 : make_leaver (pass, account, external_id, name, error) < 0 ? -1 : 1;
}

/* Where externalId is mapped, the source cannot be asked for it, and an entry that has no account
 * yet may be the one whose it is. */
static int
may_be_somebodys (struct pass *pass, bool *ret_may, struct error *error)
{
  struct store_counts counts;
  *ret_may = false;
  if (mapping_external_id_is_entry_id (pass->p->mapping))
    return 0;
  if (store_counts (pass->store, &counts, error) < 0)
    return -1;
  *ret_may = counts.parked || counts.held || counts.queued;
  return 0;
}

static int
take_all (struct pass *pass, const json_t *accounts, struct error *error)
{
  bool may;
  size_t i;
  json_t *one;
  if (may_be_somebodys (pass, &may, error) < 0)
    return -1;
  if (may) {
    log_warning ("unclaimed accounts are not disabled while entries are parked, held or queued: the "
                 "externalId may be one of theirs; approve them again when that is settled");
    return 0;
  }
  if (pipeline_open_sink (pass->p, error) < 0)
    return -1;
  json_array_foreach (accounts, i, one)
    if (take_one (pass, one, error) < 0)
      return -1;
  return store_drop_fact (pass->store, "unclaimed", error);
}

static int
approve (struct pass *pass, const json_t *kept, struct error *error)
{
  const char *token = json_string_value (json_object_get (kept, "token"));
  if (!token || store_begin (pass->store, error) < 0)
    return token ? -1 : 0;
  int rc = take_token (pass, token, error);
  if (rc > 0)
    rc = take_all (pass, json_object_get (kept, "accounts"), error);
  if (rc == 0)
    return store_commit (pass->store, error);
  store_rollback (pass->store);
  return -1;
}

int
unclaimed_approve (struct pass *pass, struct error *error)
{
  json_t *kept = unclaimed_kept (pass->store);
  int rc = kept ? approve (pass, kept, error) : 0;
  json_decref (kept);
  return rc;
}

static int
release_one (struct pass *pass, const char *id, struct error *error)
{
  struct link link;
  struct queued row;
  link_init (&link);
  queued_init (&row);
  int rc = store_link_by_id (pass->store, id, &link, error);
  if (rc == 1)
    rc = store_queue_of (pass->store, link.row, &row, error);
  if (rc == 1 && row.intent == QUEUE_DISABLE && row.state == QUEUE_WAITING) {
    mem_set_text (&row.why, QUEUE_APPROVED);
    rc = store_queue_update (pass->store, &row, error);
  }
  link_fini (&link);
  queued_fini (&row);
  return rc < 0 ? -1 : 0;
}

int
unclaimed_release (struct pass *pass, struct error *error)
{
  char *id;
  int rc;
  ids_rewind (&pass->unclaimed);
  while ((rc = ids_read (&pass->unclaimed, &id, 1, error)) > 0)
    if (release_one (pass, id, error) < 0)
      return -1;
  return rc;
}
