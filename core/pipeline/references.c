/* References whose account is gone: an account that was deleted in the sink is made anew with another
 * id, and whoever pointed at the old one must point at it (guarantees: References). The state keeps a
 * fact until everybody was looked through, so that a crash forgets nobody (G2). Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/pass.h"
#include "util/json.h"
#include "util/mem.h"

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

static bool
any_reference (const struct mapping *mapping)
{
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++)
    if (mapping_leaf (mapping, i)->reference)
      return true;
  return false;
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
