/* What is known of an account's leaves: last sent hashes, brought into the order of the present
 * mapping. A leaf new in the mapping is unknown; one dropped from it is let go. */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/pass.h"
#include "plan/plan.h"
#include "util/mem.h"

static void
know_nothing (size_t count, uint64_t *last, unsigned char *known)
{
  memset (last, 0, count * sizeof *last);
  memset (known, KNOWN_NOT, count);
}

static void
learn (uint64_t *last, unsigned char *known, uint64_t hash)
{
  *last = hash;
  *known = hash ? KNOWN_PRESENT : KNOWN_ABSENT;
}

/* Finds each present leaf's path among the old mapping's paths. */
static void
translate (const struct mapping *mapping, const json_t *paths, const struct link *link,
           uint64_t *last, unsigned char *known)
{
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++) {
    const char *path = mapping_leaf (mapping, i)->path;
    for (size_t old = 0; old < json_array_size (paths) && old < link->leaf_count; old++)
      if (strcmp (json_string_value (json_array_get (paths, old)), path) == 0)
        learn (&last[i], &known[i], link->leaves[old]);
  }
}

int
knowledge_of (struct pass *pass, const struct link *link, uint64_t *ret_last,
              unsigned char *ret_known, struct error *error)
{
  const struct mapping *mapping = pass->p->mapping;
  size_t count = mapping_leaf_count (mapping);
  know_nothing (count, ret_last, ret_known);
  if (!link->leaves)
    return 0;
  if (link->mapping == pass->p->mapping_number && link->leaf_count == count) {
    for (size_t i = 0; i < count; i++)
      learn (&ret_last[i], &ret_known[i], link->leaves[i]);
    return 0;
  }
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, (size_t) 8 << 20);
  if (store_mapping_paths (pass->store, link->mapping, &text) != 1)
    return 0;
  json_t *paths = json_loadb (buffer_text (&text), text.len, 0, NULL);
  if (!paths)
    return error_set (error, "the state's list of mapped leaves number %lld cannot be read",
                      (long long) link->mapping);
  translate (mapping, paths, link, ret_last, ret_known);
  json_decref (paths);
  return 0;
}
