/* The compiled mapping: what can be asked of it. Immutable; any thread. */
#include "config.h"
#include "map/compile.h"

#include <stdlib.h>

static void
free_rule (struct leaf_rule *rule)
{
  for (size_t i = 0; i < rule->item_count; i++) {
    for (size_t j = 0; j < rule->items[i].count; j++)
      member_fini (&rule->items[i].members[j]);
    free (rule->items[i].members);
    expression_fini (&rule->items[i].each_expression);
  }
  free (rule->items);
  free (rule->type_word);
  free (rule->preferred);
}

static void
free_leaf (struct leaf *leaf)
{
  free (leaf->path);
  free (leaf->list_path);
  free (leaf->value_path);
  free (leaf->value_key);
  for (size_t i = 0; i < leaf->fixed_count; i++) {
    free (leaf->fixed[i].path);
    free (leaf->fixed[i].json);
  }
  free (leaf->fixed);
}

void
mapping_free (struct mapping *mapping)
{
  if (!mapping)
    return;
  for (size_t i = 0; i < mapping->leaf_count; i++) {
    free_rule (&mapping->rules[i]);
    free_leaf (&mapping->leaves[i]);
  }
  for (size_t i = 0; i < mapping->attribute_count; i++)
    free (mapping->attributes[i].name);
  for (size_t i = 0; i < mapping->schema_count; i++)
    free (mapping->schemas[i]);
  free (mapping->rules);
  free (mapping->leaves);
  free (mapping->attributes);
  free (mapping->schemas);
  shape_fini (&mapping->root);
  free (mapping);
}

const char *
mapping_version (const struct mapping *mapping)
{
  return mapping->version;
}

size_t
mapping_attribute_count (const struct mapping *mapping)
{
  return mapping->attribute_count;
}

const char *
mapping_attribute (const struct mapping *mapping, size_t i)
{
  return mapping->attributes[i].name;
}

bool
mapping_attribute_is_reference (const struct mapping *mapping, size_t i)
{
  return mapping->attributes[i].reference;
}

size_t
mapping_leaf_count (const struct mapping *mapping)
{
  return mapping->leaf_count;
}

const struct leaf *
mapping_leaf (const struct mapping *mapping, size_t i)
{
  return &mapping->leaves[i];
}

int
mapping_user_name_leaf (const struct mapping *mapping)
{
  return mapping->user_name;
}

int
mapping_external_id_leaf (const struct mapping *mapping)
{
  return mapping->external_id;
}

int
mapping_active_leaf (const struct mapping *mapping)
{
  return mapping->active;
}

bool
mapping_external_id_is_entry_id (const struct mapping *mapping)
{
  return mapping->external_id < 0 || mapping->rules[mapping->external_id].is_entry_id;
}
