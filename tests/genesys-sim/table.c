/* Open addressing with linear probing and back-shift deletion; a Fenwick tree for ranks. */
#include <config.h>
#include "table.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
hash_text (const char *text)
{
  uint64_t hash = 0xcbf29ce484222325u;
  for (; *text != '\0'; text++)
    hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
  hash ^= hash >> 32;
  return hash * 0x9e3779b97f4a7c15u;
}

static size_t
table_place (const struct table *table, const char *key, uint64_t hash)
{
  size_t mask = table->room - 1, at = hash & mask;
  while (table->slots[at].key != NULL &&
         (table->slots[at].hash != hash || strcmp (table->slots[at].key, key) != 0))
    at = (at + 1) & mask;
  return at;
}

void *
table_find (const struct table *table, const char *key)
{
  return table->room == 0 ? NULL : table->slots[table_place (table, key, hash_text (key))].value;
}

static void
table_grow (struct table *table)
{
  struct table old = *table;
  table->room = old.room == 0 ? 64 : old.room * 2;
  table->slots = mem_new (table->room * sizeof *table->slots);
  for (size_t i = 0; i < old.room; i++)
    if (old.slots[i].key != NULL)
      table->slots[table_place (table, old.slots[i].key, old.slots[i].hash)] = old.slots[i];
  free (old.slots);
}

void
table_put (struct table *table, const char *key, void *value)
{
  if (table->used * 3 >= table->room * 2)
    table_grow (table);
  uint64_t hash = hash_text (key);
  struct table_slot *slot = &table->slots[table_place (table, key, hash)];
  table->used += slot->key == NULL;
  *slot = (struct table_slot){hash, key, value};
}

void
table_remove (struct table *table, const char *key)
{
  if (table->room == 0)
    return;
  size_t mask = table->room - 1, hole = table_place (table, key, hash_text (key));
  if (table->slots[hole].key == NULL)
    return;
  table->used--;
  for (size_t at = (hole + 1) & mask; table->slots[at].key != NULL; at = (at + 1) & mask) {
    size_t home = table->slots[at].hash & mask;
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      table->slots[hole] = table->slots[at];
      hole = at;
    }
  }
  table->slots[hole] = (struct table_slot){0};
}

void
table_fini (struct table *table)
{
  free (table->slots);
  *table = (struct table){0};
}

static void
rank_add (struct rank *rank, size_t slot, uint32_t change)
{
  for (size_t i = slot + 1; i <= rank->room; i += i & -i)
    rank->tree[i - 1] += change;
}

/* Twice the room (a power of two): only the new top node covers what was there. */
static void
rank_grow (struct rank *rank)
{
  size_t room = rank->room == 0 ? 1024 : rank->room * 2;
  rank->tree = mem_resize (rank->tree, room * sizeof *rank->tree);
  memset (rank->tree + rank->room, 0, (room - rank->room) * sizeof *rank->tree);
  rank->tree[room - 1] = (uint32_t)rank->total;
  rank->room = room;
}

void
rank_set (struct rank *rank, size_t slot, bool on, bool was_on)
{
  while (slot >= rank->room)
    rank_grow (rank);
  if (on == was_on)
    return;
  rank_add (rank, slot, on ? 1u : (uint32_t)-1);
  rank->total += on ? (size_t)1 : (size_t)-1;
}

size_t
rank_select (const struct rank *rank, size_t n)
{
  size_t at = 0;
  for (size_t step = rank->room; step > 0; step /= 2)
    if (at + step <= rank->room && rank->tree[at + step - 1] <= n) {
      at += step;
      n -= rank->tree[at - 1];
    }
  return at;
}

void
rank_fini (struct rank *rank)
{
  free (rank->tree);
  *rank = (struct rank){0};
}
