/* References that can be set only now. Those that still point nowhere are not sent, and no brake counts
 * them (G4). And references whose account is gone: an account that was deleted in the sink is made anew with another
 * id, and whoever pointed at the old one must point at it (guarantees: References). The state keeps a
 * fact until everybody was looked through, so that a crash forgets nobody (G2). Main thread only. */
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

struct search {
  struct pass *pass;
  uint64_t *hashes; /* of the accounts that there are, as a leaf that points at one has it */
  size_t count, size;
  int64_t found;
  struct error *error;
};

static int
compare (const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
  return x < y ? -1 : x > y;
}

static int
add_account (void *data, struct link *link)
{
  struct search *search = data;
  BUFFER_AUTO struct buffer json;
  buffer_init (&json, (size_t) 1 << 20);
  if (!link->account)
    return 0;
  if (search->count == search->size) {
    search->size = search->size ? search->size * 2 : 1024;
    search->hashes = mem_resize (search->hashes, search->size, sizeof *search->hashes);
  }
  json_put_text (&json, link->account);
  search->hashes[search->count++] =
      hasher_leaf (search->pass->p->hasher, buffer_text (&json), json.len);
  return 0;
}

static bool
points_nowhere (const struct search *search, const struct link *link)
{
  const struct mapping *mapping = search->pass->p->mapping;
  if (link->mapping != search->pass->p->mapping_number
      || link->leaf_count != mapping_leaf_count (mapping))
    return false; /* of another mapping: it is read again anyway */
  for (size_t i = 0; i < link->leaf_count; i++)
    if (mapping_leaf (mapping, i)->reference && link->leaves[i]
        && !bsearch (&link->leaves[i], search->hashes, search->count, sizeof *search->hashes, compare))
      return true;
  return false;
}

static int
mark (void *data, struct link *link)
{
  struct search *search = data;
  if (!link->leaves || link->status != LINK_SYNCED || !points_nowhere (search, link))
    return 0;
  search->found++;
  link->flags |= LINK_REFERENCES;
  return store_link_put (search->pass->store, link, search->error);
}

static int
mark_all (struct search *search)
{
  struct store *store = search->pass->store;
  if (store_links_each (store, LINKS_ALL, 0, add_account, search, search->error) < 0)
    return -1;
  if (search->count)
    qsort (search->hashes, search->count, sizeof *search->hashes, compare);
  if (store_links_each (store, LINKS_ALL, 0, mark, search, search->error) < 0)
    return -1;
  return store_drop_fact (store, REFERENCES_LOST, search->error);
}

int64_t
references_find_lost (struct pass *pass, struct error *error)
{
  struct search search = { .pass = pass, .error = error };
  BUFFER_AUTO struct buffer fact;
  buffer_init (&fact, 64);
  if (store_get_fact (pass->store, REFERENCES_LOST, &fact) != 1 || !any_reference (pass->p->mapping))
    return 0;
  if (store_begin (pass->store, error) < 0)
    return -1;
  int rc = mark_all (&search);
  free (search.hashes);
  if (rc < 0) {
    store_rollback (pass->store);
    return -1;
  }
  return store_commit (pass->store, error) < 0 ? -1 : search.found;
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

bool
references_due (struct pass *pass)
{
  BUFFER_AUTO struct buffer fact;
  buffer_init (&fact, 64);
  return pass->newly_linked || store_get_fact (pass->store, REFERENCES_DUE, &fact) == 1;
}

int
references_done (struct pass *pass, struct error *error)
{
  if (store_begin (pass->store, error) < 0)
    return -1;
  if (store_drop_fact (pass->store, REFERENCES_DUE, error) == 0)
    return store_commit (pass->store, error);
  store_rollback (pass->store);
  return -1;
}

/* ---- rows that would change nothing ---- */

/* Puts the account in the place of its entry's key, or nothing where there is none yet. */
static int
resolve (struct pass *pass, struct leaves *want, size_t leaf, int64_t *missing, struct error *error)
{
  struct link target;
  MEM_AUTO char *key = leaves_text (want, leaf);
  BUFFER_AUTO struct buffer json;
  if (!key)
    return 0;
  buffer_init (&json, (size_t) 1 << 20);
  link_init (&target);
  int rc = store_link_by_reference (pass->store, key, &target, error);
  if (rc == 1 && target.account)
    json_put_text (&json, target.account);
  else
    ++*missing;
  leaves_set (want, leaf, json.len ? buffer_text (&json) : NULL, json.len);
  link_fini (&target);
  return rc < 0 ? -1 : 0;
}

/* Is the account as the row wants it, but for a name that it was given in place of the one it wants? */
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
               && row->mapping == pass->p->mapping_number && link->mapping == row->mapping && link->leaves
               && link->leaf_count == mapping_leaf_count (mapping) && link->status == LINK_SYNCED
               && !link->parked && !(link->flags & LINK_SEND_ALL);
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

static int
shed_one (struct pass *pass, struct link *link, struct error *error)
{
  struct queued row;
  int64_t missing = 0;
  queued_init (&row);
  int rc = store_queue_of (pass->store, link->row, &row, error);
  if (rc == 1)
    rc = leads_nowhere (pass, &row, link, &missing, error);
  if (rc == 1) {
    memcpy (link->fingerprint, row.fingerprint, sizeof link->fingerprint);
    link->flags = missing ? link->flags : link->flags & ~LINK_REFERENCES;
    pass->report->references_left_out += missing;
    rc = store_link_put (pass->store, link, error) < 0 ? -1 : store_queue_withdraw (pass->store, link->row, error);
  }
  queued_fini (&row);
  return rc < 0 ? -1 : 0;
}

struct shedding {
  struct pass *pass;
  struct error *error;
};

static int
visit_reference (void *data, struct link *link)
{
  struct shedding *shedding = data;
  return shed_one (shedding->pass, link, shedding->error);
}

int
references_shed (struct pass *pass, struct error *error)
{
  struct shedding shedding = { pass, error };
  if (store_begin (pass->store, error) < 0)
    return -1;
  if (store_links_each (pass->store, LINKS_REFERENCES, 0, visit_reference, &shedding, error) >= 0)
    return store_commit (pass->store, error);
  store_rollback (pass->store);
  return -1;
}
