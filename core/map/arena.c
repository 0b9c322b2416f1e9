/* Memory of one evaluation: taken in pieces, given back as a whole; see internal.h. */
#include "config.h"
#include "map/internal.h"

#include <stdlib.h>

#include "util/mem.h"

#define ALIGNMENT 16
#define BLOCK_BYTES 8192

struct arena_block {
  struct arena_block *next;
  size_t size, used;
  /* the bytes follow, aligned */
};

#define BLOCK_HEAD ((sizeof (struct arena_block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

void
arena_init (struct arena *arena)
{
  arena->used = (ALIGNMENT - (uintptr_t) arena->first % ALIGNMENT) % ALIGNMENT;
  arena->blocks = NULL;
}

void
arena_fini (struct arena *arena)
{
  while (arena->blocks) {
    struct arena_block *next = arena->blocks->next;
    free (arena->blocks);
    arena->blocks = next;
  }
}

static struct arena_block *
new_block (struct arena *arena, size_t size)
{
  size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
  struct arena_block *block = mem_resize (NULL, 1, BLOCK_HEAD + room);
  *block = (struct arena_block) { .next = arena->blocks, .size = room };
  arena->blocks = block;
  return block;
}

void *
arena_take (struct arena *arena, size_t size)
{
  size_t whole = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (whole <= sizeof arena->first && arena->used + whole <= sizeof arena->first) {
    arena->used += whole;
    return arena->first + arena->used - whole;
  }
  struct arena_block *block = arena->blocks;
  if (!block || block->size - block->used < whole)
    block = new_block (arena, whole);
  block->used += whole;
  return (char *) block + BLOCK_HEAD + block->used - whole;
}
