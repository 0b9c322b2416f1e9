/* Fingerprints of entries and hashes of leaves: how "nothing changed" is known. Pure. */
#include "config.h"
#include "map/internal.h"

#include <stdlib.h>
#include <string.h>

#include "map/scan.h"
#include "util/mem.h"

#define BLOCK 1024
#define FEW 32
#define LONG_NUMBER 255

/* Gathers what is to be hashed, so that the hash function is called seldom. Everything put is
 * framed by its length or of fixed size. */
struct gatherer {
  struct hasher *hasher;
  size_t used;
  unsigned char block[BLOCK];
};

static void
flush (struct gatherer *gatherer)
{
  if (gatherer->used)
    hasher_add (gatherer->hasher, gatherer->block, gatherer->used);
  gatherer->used = 0;
}

static void
put (struct gatherer *gatherer, const void *bytes, size_t len)
{
  if (len > BLOCK - gatherer->used)
    flush (gatherer);
  if (len > BLOCK) {
    hasher_add (gatherer->hasher, bytes, len);
    return;
  }
  memcpy (gatherer->block + gatherer->used, bytes, len);
  gatherer->used += len;
}

/* Most numbers are small: one byte, or LONG_NUMBER and eight. */
static void
put_number (struct gatherer *gatherer, uint64_t number)
{
  const unsigned char first = number < LONG_NUMBER ? (unsigned char) number : LONG_NUMBER;
  put (gatherer, &first, 1);
  if (first == LONG_NUMBER)
    put (gatherer, &number, sizeof number);
}

static void
put_value (struct gatherer *gatherer, struct value value)
{
  put_number (gatherer, value.len);
  put (gatherer, value.bytes, value.len);
}

static int
compare_values (const void *a, const void *b)
{
  const struct value *x = a, *y = b;
  int order = memcmp (x->bytes, y->bytes, x->len < y->len ? x->len : y->len);
  return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void
put_attribute (struct gatherer *gatherer, const struct entry *entry, size_t attribute)
{
  struct value few[FEW], *values = few;
  size_t count = entry_count (entry, attribute);
  put_number (gatherer, count);
  if (count > FEW)
    values = mem_new (count, sizeof *values);
  entry_values (entry, attribute, values);
  if (count > 1)
    qsort (values, count, sizeof *values, compare_values);
  for (size_t i = 0; i < count; i++)
    put_value (gatherer, values[i]);
  if (values != few)
    free (values);
}

void
map_fingerprint (const struct mapping *mapping, const struct entry *entry, struct hasher *hasher,
                 unsigned char ret_fingerprint[FINGERPRINT_LEN])
{
  struct gatherer gatherer;
  const unsigned char too_large = entry->too_large != 0;
  gatherer.hasher = hasher;
  gatherer.used = 0;
  hasher_begin (hasher, mapping->version);
  put (&gatherer, &too_large, 1);
  put_value (&gatherer, (struct value) { buffer_text (&entry->id), entry->id.len });
  for (size_t i = 0; i < mapping->attribute_count; i++)
    put_attribute (&gatherer, entry, i);
  flush (&gatherer);
  hasher_end (hasher, ret_fingerprint);
}

static int
compare_hashes (const void *a, const void *b)
{
  const uint64_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* A list as a set: the hash of its items' sorted hashes, each once. */
static uint64_t
hash_list (const struct hasher *hasher, const char *json)
{
  struct scan scan;
  size_t count = 0, size = 0, distinct = 0;
  uint64_t *hashes = NULL;
  if (scan_begin (&scan, json, strlen (json)) != 0)
    return hasher_leaf (hasher, json, strlen (json));
  while (scan_next (&scan) > 0) {
    if (count == size)
      hashes = mem_resize (hashes, size = size ? size * 2 : 16, sizeof *hashes);
    hashes[count++] = hasher_leaf (hasher, scan.value, scan.value_len);
  }
  if (count)
    qsort (hashes, count, sizeof *hashes, compare_hashes);
  for (size_t i = 0; i < count; i++)
    if (i == 0 || hashes[i] != hashes[distinct - 1])
      hashes[distinct++] = hashes[i];
  uint64_t hash = hasher_leaf (hasher, hashes ? (const void *) hashes : "", distinct * sizeof *hashes);
  free (hashes);
  return hash;
}

void
map_hash_leaves (const struct mapping *mapping, const struct hasher *hasher,
                 const struct leaves *leaves, uint64_t *ret_hashes)
{
  for (size_t i = 0; i < mapping->leaf_count; i++) {
    const char *json = leaves_get (leaves, i);
    if (!json)
      ret_hashes[i] = 0;
    else if (mapping->leaves[i].kind == LEAF_LIST)
      ret_hashes[i] = hash_list (hasher, json);
    else
      ret_hashes[i] = hasher_leaf (hasher, json, strlen (json));
  }
}
