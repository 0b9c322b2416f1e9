/* The tree of the document: which leaf goes where. Sorted as RFC 8785 demands. */
#include "config.h"
#include "map/compile.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

/* The pointer is good until another child is added to PARENT. */
struct shape *
shape_add (struct shape *parent, enum shape_kind kind, const char *key)
{
  parent->children = mem_resize (parent->children, parent->count + 1, sizeof *parent->children);
  struct shape *child = &parent->children[parent->count++];
  *child = (struct shape) { .kind = kind, .key = mem_copy_text (key) };
  return child;
}

const struct shape *
shape_find (const struct shape *parent, const char *key)
{
  for (size_t i = 0; i < parent->count; i++)
    if (text_equal_nocase (parent->children[i].key, key))
      return &parent->children[i];
  return NULL;
}

static int
compare_keys (const void *a, const void *b)
{
  return strcmp (((const struct shape *) a)->key, ((const struct shape *) b)->key);
}

void
shape_sort (struct shape *shape)
{
  if (shape->count)
    qsort (shape->children, shape->count, sizeof *shape->children, compare_keys);
  for (size_t i = 0; i < shape->count; i++)
    shape_sort (&shape->children[i]);
}

void
shape_fini (struct shape *shape)
{
  for (size_t i = 0; i < shape->count; i++)
    shape_fini (&shape->children[i]);
  free (shape->children);
  free (shape->leaves);
  free (shape->key);
  free (shape->urn);
}
