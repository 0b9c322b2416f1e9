/* One entry of a source; see entry.h. */
#include "config.h"
#include "record/entry.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/mem.h"

#define NAME_MAX_BYTES ((size_t) 64 << 10)

void
entry_init (struct entry *entry, size_t attribute_count)
{
  memset (entry, 0, sizeof *entry);
  buffer_init (&entry->id, NAME_MAX_BYTES);
  buffer_init (&entry->name, NAME_MAX_BYTES);
  buffer_init (&entry->token, NAME_MAX_BYTES);
  buffer_init (&entry->reference_keys, NAME_MAX_BYTES);
  buffer_init (&entry->type, NAME_MAX_BYTES);
  buffer_init (&entry->bytes, ENTRY_MAX_BYTES);
  entry->attribute_count = attribute_count;
  entry->read_ms = clock_now_ms ();
  entry->first = mem_new (attribute_count * 3, sizeof *entry->first);
  entry->last = entry->first + attribute_count;
  entry->count = entry->last + attribute_count;
}

void
entry_fini (struct entry *entry)
{
  buffer_fini (&entry->id);
  buffer_fini (&entry->name);
  buffer_fini (&entry->token);
  buffer_fini (&entry->reference_keys);
  buffer_fini (&entry->type);
  buffer_fini (&entry->bytes);
  free (entry->slots);
  free (entry->first);
  memset (entry, 0, sizeof *entry);
}

void
entry_reset (struct entry *entry)
{
  buffer_reset (&entry->id);
  buffer_reset (&entry->name);
  buffer_reset (&entry->token);
  buffer_reset (&entry->reference_keys);
  buffer_reset (&entry->type);
  buffer_reset (&entry->bytes);
  entry->reevaluate_at = 0;
  entry->answer = 0;
  entry->too_large = 0;
  entry->slot_count = 0;
  memset (entry->first, 0, entry->attribute_count * 3 * sizeof *entry->first);
}

static size_t
new_slot (struct entry *entry)
{
  if (entry->slot_count == entry->slot_size) {
    entry->slot_size = entry->slot_size ? entry->slot_size * 2 : 32;
    entry->slots = mem_resize (entry->slots, entry->slot_size, sizeof *entry->slots);
  }
  return entry->slot_count++;
}

void
entry_add (struct entry *entry, size_t attribute, const void *bytes, size_t len)
{
  if (attribute >= entry->attribute_count)
    return;
  size_t offset = entry->bytes.len;
  if (entry->slot_count >= ENTRY_MAX_VALUES || !buffer_append (&entry->bytes, bytes, len)) {
    entry->too_large = 1;
    return;
  }
  size_t slot = new_slot (entry);
  entry->slots[slot] = (struct entry_slot) { .offset = offset, .len = len };
  if (entry->last[attribute])
    entry->slots[entry->last[attribute] - 1].next = slot + 1;
  else
    entry->first[attribute] = slot + 1;
  entry->last[attribute] = slot + 1;
  entry->count[attribute]++;
}

size_t
entry_count (const struct entry *entry, size_t attribute)
{
  return entry->count[attribute];
}

static struct value
slot_value (const struct entry *entry, size_t slot)
{
  const struct entry_slot *at = &entry->slots[slot - 1];
  return (struct value) { buffer_text (&entry->bytes) + at->offset, at->len };
}

int
entry_each (const struct entry *entry, size_t attribute, int (*visit) (void *, struct value),
            void *data)
{
  for (size_t slot = entry->first[attribute]; slot; slot = entry->slots[slot - 1].next) {
    int stop = visit (data, slot_value (entry, slot));
    if (stop)
      return stop;
  }
  return 0;
}

int
entry_first (const struct entry *entry, size_t attribute, struct value *ret_value)
{
  size_t slot = entry->first[attribute];
  if (!slot)
    return 0;
  *ret_value = slot_value (entry, slot);
  return 1;
}

void
entry_values (const struct entry *entry, size_t attribute, struct value *values)
{
  for (size_t slot = entry->first[attribute]; slot; slot = entry->slots[slot - 1].next)
    *values++ = slot_value (entry, slot);
}
