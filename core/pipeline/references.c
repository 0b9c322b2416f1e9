/* References that can be set only now. Those that still point nowhere are not sent, and no brake
 * counts them (G4). And references to an account that is its entry's no more: one that was deleted
 * in the sink is made anew with another id, and whoever pointed at the old one must point at it
 * (guarantees: References). The state has both as facts until everybody was looked through, so
 * that a crash forgets nobody (G2), and nothing is kept in memory. Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/names.h"
#include "util/json.h"
#include "util/mem.h"

#define REFERENCES_DUE "references_due"

static bool
any_reference (const struct mapping *mapping)
{
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++)
    if (mapping_leaf (mapping, i)->reference)
      return true;
  return false;
}

int
references_resolve (struct store *store, const char *key, char **ret_account, struct error *error)
{
  struct link target;
  link_init (&target);
  int rc = store_link_by_reference (store, key, &target, error);
  bool there = rc == 1 && target.account && target.status != LINK_DELETED;
  if (there) {
    *ret_account = target.account;
    target.account = NULL;
  }
  link_fini (&target);
  return rc < 0 ? -1 : there;
}

struct search {
  struct pass *pass;
  int64_t found;
  struct error *error;
};

static int
mark (void *data, struct link *link)
{
  struct search *search = data;
  search->found++;
  if (link->flags & LINK_REFERENCES)
    return 0;
  link->flags |= LINK_REFERENCES;
  return store_link_put (search->pass->store, link, search->error);
}

/* Entries of another mapping are read again anyway. */
static int
mark_all (struct pass *pass, struct error *error)
{
  struct search search = { .pass = pass, .error = error };
  const struct mapping *mapping = pass->p->mapping;
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++)
    if (mapping_leaf (mapping, i)->reference
        && store_lost_each (pass->store, pass->p->mapping_number, i, mark, &search, error) < 0)
      return -1;
  if (search.found && references_note (pass, error) < 0)
    return -1;
  return store_lost_drop (pass->store, error);
}

int
references_find_lost (struct pass *pass, struct error *error)
{
  int rc = store_lost_any (pass->store, error);
  return rc <= 0 ? rc : pass_transaction (pass, mark_all, error);
}

int
references_note (struct pass *pass, struct error *error)
{
  pass->newly_linked++;
  if (pass->references_noted || !any_reference (pass->p->mapping))
    return 0;
  pass->references_noted = true;
  return store_put_fact (pass->store, REFERENCES_DUE, "1", 1, error);
}

int
references_note_key (struct pass *pass, const struct link *link, const char *key,
                     struct error *error)
{
  const char *had = link->reference_key;
  bool same = key && had ? strcmp (key, had) == 0 : key == had;
  if (same || !link->account || !any_reference (pass->p->mapping))
    return 0;
  if (had && store_lost_put (pass->store, link->account, error) < 0)
    return -1;
  return references_note (pass, error);
}

bool
references_due (struct pass *pass)
{
  BUFFER_AUTO struct buffer fact;
  buffer_init (&fact, 64);
  return pass->newly_linked || store_get_fact (pass->store, REFERENCES_DUE, &fact) == 1;
}

static int
drop_due (struct pass *pass, struct error *error)
{
  return store_drop_fact (pass->store, REFERENCES_DUE, error);
}

int
references_done (struct pass *pass, struct error *error)
{
  return pass_transaction (pass, drop_due, error);
}

/* ---- rows that would change nothing ---- */

/* Puts the account in the place of its entry's key, or nothing where there is none yet. */
static int
resolve (struct pass *pass, struct leaves *want, size_t leaf, int64_t *missing, struct error *error)
{
  MEM_AUTO char *key = leaves_text (want, leaf);
  MEM_AUTO char *account = NULL;
  BUFFER_AUTO struct buffer json;
  buffer_init (&json, (size_t) 1 << 20);
  if (!key)
    return 0;
  int rc = references_resolve (pass->store, key, &account, error);
  if (rc == 1)
    json_put_text (&json, account);
  else
    ++*missing;
  leaves_set (want, leaf, json.len ? buffer_text (&json) : NULL, json.len);
  return rc < 0 ? -1 : 0;
}

/* Is the account as the row wants it, but for a name that it was given in place of the one it
 * wants? */
static bool
is_so (struct pass *pass, const struct queued *row, const struct link *link, const struct leaves *want)
{
  const struct mapping *mapping = pass->p->mapping;
  int name = mapping_user_name_leaf (mapping);
  map_hash_leaves (mapping, pass->p->hasher, want, pass->hashes);
  for (size_t i = 0; i < link->leaf_count; i++)
    if (pass->hashes[i] != link->leaves[i]
        && ((int) i != name || !names_equal (link->wanted_name, row->wanted_name)))
      return false;
  return true;
}

/* 1: it would change nothing. */
static int
leads_nowhere (struct pass *pass, const struct queued *row, const struct link *link, int64_t *missing,
               struct error *error)
{
  const struct mapping *mapping = pass->p->mapping;
  struct leaves want;
  bool known = row->intent == QUEUE_SYNC && row->state == QUEUE_WAITING && !row->doubt && row->leaves
               && row->mapping == pass->p->mapping_number && link->mapping == row->mapping
               && link->leaves && link->leaf_count == mapping_leaf_count (mapping)
               && link->status == LINK_SYNCED && !link->parked && !(link->flags & LINK_SEND_ALL);
  if (!known)
    return 0;
  leaves_init (&want, link->leaf_count);
  int rc = leaves_decode (row->leaves, strlen (row->leaves), &want) < 0 ? 1 : 0;
  for (size_t i = 0; rc == 0 && i < link->leaf_count; i++)
    if (mapping_leaf (mapping, i)->reference)
      rc = resolve (pass, &want, i, missing, error);
  int nowhere = rc == 0 ? is_so (pass, row, link, &want) : rc < 0 ? -1 : 0;
  leaves_fini (&want);
  return nowhere;
}

/* 1: the row is taken away, for it would change nothing. */
static int
shed_row (struct pass *pass, struct link *link, const struct queued *row, struct error *error)
{
  int64_t missing = 0;
  int rc = leads_nowhere (pass, row, link, &missing, error);
  if (rc <= 0)
    return rc;
  memcpy (link->fingerprint, row->fingerprint, sizeof link->fingerprint);
  link->flags = (link->flags & ~LINK_REFERENCES) | (missing ? LINK_REFERENCES : 0);
  pass->report->references_left_out += missing;
  return store_link_put (pass->store, link, error) < 0
                 || store_queue_withdraw (pass->store, link->row, error) < 0
             ? -1 : 1;
}

struct shedding {
  struct pass *pass;
  int64_t counted; /* updates that the brake counts */
  struct error *error;
};

static int
visit_reference (void *data, struct link *link)
{
  struct shedding *shedding = data;
  struct queued row;
  queued_init (&row);
  int rc = store_queue_of (shedding->pass->store, link->row, &row, shedding->error);
  if (rc == 1)
    rc = shed_row (shedding->pass, link, &row, shedding->error);
  queued_fini (&row);
  return rc < 0 ? -1 : 0;
}

static int
shed (struct pass *pass, struct error *error)
{
  struct shedding shedding = { .pass = pass, .error = error };
  return store_links_each (pass->store, LINKS_REFERENCES, 0, visit_reference, &shedding, error);
}

int
references_shed (struct pass *pass, struct error *error)
{
  return pass_transaction (pass, shed, error);
}

/* ---- what no brake is to count ---- */

/* Once the others alone trip the brake there is nothing left to be gained. */
static int
visit_update (void *data, struct queued *row)
{
  struct shedding *shedding = data;
  struct link link;
  link_init (&link);
  int rc = store_link_by_row (shedding->pass->store, row->row, &link, shedding->error);
  if (rc == 1)
    rc = shed_row (shedding->pass, &link, row, shedding->error);
  link_fini (&link);
  shedding->pass->report->unchanged += rc == 1;
  shedding->counted += rc == 0 && !queued_is_approved (row);
  if (rc < 0)
    return -1;
  return brakes_trip (shedding->pass, CHANGE_UPDATES, shedding->counted, shedding->error);
}

int
references_settle (struct pass *pass, struct error *error)
{
  struct shedding shedding = { .pass = pass, .error = error };
  struct brake_count count = brakes_count (pass, CHANGE_UPDATES);
  if (count.waiting == 0 || !any_reference (pass->p->mapping))
    return 0;
  shedding.counted = count.held + count.done;
  int rc = brakes_trip (pass, CHANGE_UPDATES, count.waiting + shedding.counted, error);
  if (rc == 1)
    rc = store_queue_updates_each (pass->store, pass->p->mapping_number, visit_update, &shedding,
                                   error);
  return rc < 0 ? -1 : 0;
}
