/* Hash tables from text to a pointer, and ranks: "the n-th active account" without walking. */
#ifndef SIM_TABLE_H
#define SIM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_slot {
  uint64_t hash;
  const char *key; /* the owner of the value owns the key */
  void *value;
};
struct table {
  struct table_slot *slots;
  size_t room, used;
};
void *table_find (const struct table *table, const char *key);
/* Puts value under key; a value that was there is replaced (the key too). */
void table_put (struct table *table, const char *key, void *value);
void table_remove (struct table *table, const char *key);
void table_fini (struct table *table);

/* A Fenwick tree over slots 0 … size-1 that are on or off. */
struct rank {
  uint32_t *tree;
  size_t room;
  size_t total;
};
void rank_set (struct rank *rank, size_t slot, bool on, bool was_on);
size_t rank_select (const struct rank *rank, size_t n); /* slot of the n-th (from 0) that is on */
void rank_fini (struct rank *rank);

#endif
