/* Any bytes as a mapping, and any bytes as the values of the entry that it maps. The input is the
 * YAML text, with a mapping: in it, and, behind its first NUL, the values, each ended by a byte 1. Whatever compiles must
 * map or refuse with words, and what it makes must be JSON that comes back the same. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "fuzz.h"
#include "map/map.h"
#include "util/mem.h"

static void
add_values (const struct mapping *mapping, struct entry *entry, const char *bytes, size_t len)
{
  size_t attribute = 0, count = mapping_attribute_count (mapping);
  const char *end = bytes + len;
  buffer_append_text (&entry->id, "id");
  while (count && bytes < end) {
    const char *next = memchr (bytes, 1, (size_t) (end - bytes));
    entry_add (entry, attribute++ % count, bytes, (size_t) ((next ? next : end) - bytes));
    bytes = next ? next + 1 : end;
  }
}

static void
check_document (const struct mapping *mapping, const struct leaves *leaves)
{
  struct buffer document, array;
  struct leaves again;
  buffer_init (&document, (size_t) 64 << 20);
  buffer_init (&array, (size_t) 64 << 20);
  leaves_init (&again, leaves->count);
  map_document (mapping, leaves, true, &document);
  leaves_encode (leaves, &array);
  json_t *parsed = json_loadb (buffer_text (&document), document.len, JSON_REJECT_DUPLICATES, NULL);
  if (!parsed || leaves_decode (buffer_text (&array), array.len, &again) != 0
      || map_leaves_of (mapping, buffer_text (&document), document.len, &again) != 0)
    abort ();
  json_decref (parsed);
  leaves_fini (&again);
  buffer_fini (&array);
  buffer_fini (&document);
}

static void
map_values (const struct mapping *mapping, const struct hasher *hasher, const char *bytes, size_t len)
{
  struct entry entry;
  struct leaves leaves;
  enum active_state active;
  struct error error = { .text = "" };
  entry_init (&entry, mapping_attribute_count (mapping));
  leaves_init (&leaves, mapping_leaf_count (mapping));
  add_values (mapping, &entry, bytes, len);
  uint64_t *hashes = mem_new (leaves.count + 1, sizeof *hashes);
  if (map_entry (mapping, &entry, hasher, NULL, &leaves, &active, &error) == 0) {
    check_document (mapping, &leaves);
    map_hash_leaves (mapping, hasher, &leaves, hashes);
    if (map_entry (mapping, &entry, hasher, hashes, &leaves, &active, &error) != 0)
      abort ();
  } else if (!*error.text) {
    abort ();
  }
  free (hashes);
  leaves_fini (&leaves);
  entry_fini (&entry);
}

static void
compile (const struct node *tree, const char *values, size_t len)
{
  static const unsigned char key[HASH_KEY_LEN];
  struct mapping *mapping = NULL;
  struct error error = { .text = "" };
  struct buffer warnings;
  buffer_init (&warnings, 65536);
  if (mapping_compile (tree, NULL, NULL, &warnings, &mapping, &error) == 0) {
    struct hasher *hasher = hasher_new (key);
    map_values (mapping, hasher, values, len);
    hasher_free (hasher);
  } else if (!*error.text || error.exit_status != 2) {
    abort ();
  }
  mapping_free (mapping);
  buffer_fini (&warnings);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  const char *text = (const char *) bytes;
  const char *end = len ? memchr (text, '\0', len) : NULL;
  size_t yaml_len = end ? (size_t) (end - text) : len;
  size_t values = yaml_len + (end != NULL);
  struct node *tree = NULL;
  struct error error = { .text = "" };
  if (node_load_text ("fuzz", text, yaml_len, &tree, &error) != 0)
    return 0;
  if (node_get (tree, "mapping"))
    compile (node_get (tree, "mapping"), text + values, len - values);
  node_free (tree);
  return 0;
}
