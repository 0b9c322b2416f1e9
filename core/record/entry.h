/* One entry of a source: its stable id and multi-valued attributes, bytes with lengths.
 *
 * An entry is filled, read and reset many thousand times; its memory is kept. Attributes are
 * numbers: indexes into the list of attributes that the mapping wants. One thread at a time. */
#ifndef SYNCD_RECORD_ENTRY_H
#define SYNCD_RECORD_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "util/buffer.h"

struct value {
  const char *bytes; /* not necessarily text; valid until the entry changes */
  size_t len;
};

struct entry_slot {
  size_t offset, len, next; /* next: index of the same attribute's next value + 1, or 0 */
};

struct entry {
  struct buffer id, name, token, reference_keys; /* reference_keys: each ended by a NUL */
  struct buffer type;
  int64_t reevaluate_at; /* ms; 0: never */
  int64_t read_ms;       /* when this room for entries was made: what dates have passed by then */
  int32_t answer;        /* SYNCD_GET_* */
  int too_large;         /* more bytes or values than we take: the entry is parked */

  struct buffer bytes;   /* all values, one behind the other */
  struct entry_slot *slots;
  size_t slot_count, slot_size;
  size_t attribute_count;
  size_t *first, *last, *count; /* for each attribute: slot index + 1, or 0 */
};

#define ENTRY_MAX_BYTES ((size_t) 16 << 20) /* of all values of one entry */
#define ENTRY_MAX_VALUES ((size_t) 200000)

void entry_init (struct entry *, size_t attribute_count);
void entry_fini (struct entry *);
void entry_reset (struct entry *);
void entry_add (struct entry *, size_t attribute, const void *bytes, size_t len);
size_t entry_count (const struct entry *, size_t attribute);
/* The values of an attribute, in the order of their coming: calls VISIT for each until it
 * returns nonzero, which is returned. */
int entry_each (const struct entry *, size_t attribute,
                int (*visit) (void *data, struct value), void *data);
/* The first value; false where there is none. */
int entry_first (const struct entry *, size_t attribute, struct value *ret_value);
/* Copies all values into VALUES, which has room for entry_count() of them. */
void entry_values (const struct entry *, size_t attribute, struct value *values);

#endif
