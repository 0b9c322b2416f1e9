/* idset.c: which ids were shown: 64 bits for each, in a table that does not grow without end.
 * Two ids that share a hash would hide one leaver until the next inventory; of a million ids
 * that happens once in tens of millions of reads. */
#include "delta.h"

#include <stdlib.h>

static uint64_t
hash_id (const char *id)
{
  uint64_t hash = UINT64_C (14695981039346656037);

  for (; *id; id++)
    hash = (hash ^ (unsigned char) *id) * UINT64_C (1099511628211);
  hash ^= hash >> 32;
  return hash ? hash : 1; /* 0 is a free place */
}

static size_t
place_of (const struct idset *set, uint64_t hash)
{
  size_t at = hash & (set->size - 1);

  while (set->hashes[at] && set->hashes[at] != hash)
    at = (at + 1) & (set->size - 1);
  return at;
}

static bool
grow (struct idset *set)
{
  struct idset larger = { .size = set->size ? set->size * 2 : 1024, .count = set->count };

  larger.hashes = calloc (larger.size, sizeof *larger.hashes);
  if (!larger.hashes)
    return false;
  for (size_t i = 0; i < set->size; i++)
    if (set->hashes[i])
      larger.hashes[place_of (&larger, set->hashes[i])] = set->hashes[i];
  free (set->hashes);
  *set = larger;
  return true;
}

bool
idset_add (struct idset *set, const char *id)
{
  uint64_t hash = hash_id (id);
  size_t at;

  if (set->count * 2 >= set->size && (set->count >= MAX_IDSET || !grow (set)))
    return false;
  at = place_of (set, hash);
  set->count += !set->hashes[at];
  set->hashes[at] = hash;
  return true;
}

bool
idset_has (const struct idset *set, const char *id)
{
  return set->size && set->hashes[place_of (set, hash_id (id))];
}

void
idset_fini (struct idset *set)
{
  free (set->hashes);
  *set = (struct idset){ 0 };
}
