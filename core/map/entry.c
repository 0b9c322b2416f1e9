/* Maps an entry: its leaves, and which of several values is taken. Pure; any thread. */
#include "config.h"
#include "map/render.h"

#include <stdio.h>
#include <string.h>

#include "util/mem.h"

struct mapper {
  struct evaluation evaluation;
  const struct hasher *hasher;
  const uint64_t *last;
  struct leaves *leaves;
};

static void
begin (struct mapper *mapper, const struct mapping *mapping, const struct entry *entry)
{
  struct evaluation *evaluation = &mapper->evaluation; /* not zeroed: it is large */
  evaluation->mapping = mapping;
  evaluation->entry = entry;
  evaluation->each = NULL;
  evaluation->chosen = NO_ATTRIBUTE;
  evaluation->attribute = NO_ATTRIBUTE;
  evaluation->shown = NULL;
  evaluation->why[0] = '\0';
  arena_init (&evaluation->arena);
}

/* Renders the leaf and compares it with the hash last sent; 1 equal, 0 not, -1 failed. What was
 * written stays; *RET_THERE tells whether there is a value. */
static int
attempt (struct mapper *mapper, size_t leaf, int *ret_there)
{
  struct leaves *leaves = mapper->leaves;
  size_t mark = leaves->json.len;
  *ret_there = render_leaf (&mapper->evaluation, leaf, &leaves->json, &leaves->warnings);
  if (*ret_there < 0)
    return -1;
  if (!*ret_there || !mapper->last)
    return 0;
  return hasher_leaf (mapper->hasher, leaves->json.bytes + mark, leaves->json.len - mark)
         == mapper->last[leaf];
}

/* Tries the values of one attribute until the leaf is as it was last sent. */
static bool
try_attribute (struct mapper *mapper, size_t leaf, size_t attribute)
{
  struct evaluation *evaluation = &mapper->evaluation;
  const struct entry *entry = evaluation->entry;
  size_t count = entry_count (entry, attribute);
  size_t mark = mapper->leaves->json.len, warned = mapper->leaves->warnings.len;
  if (count < 2)
    return false;
  MEM_AUTO struct value *values = mem_new (count, sizeof *values);
  entry_values (entry, attribute, values);
  evaluation->chosen = attribute;
  bool found = false;
  for (size_t i = 0; i < count && !found; i++) {
    int there;
    evaluation->choice = values[i];
    found = attempt (mapper, leaf, &there) == 1;
    if (!found) {
      render_cut (&mapper->leaves->json, mark);
      render_cut (&mapper->leaves->warnings, warned);
    }
  }
  evaluation->chosen = NO_ATTRIBUTE;
  return found;
}

static bool
try_last (struct mapper *mapper, size_t leaf)
{
  const struct leaf_rule *rule = &mapper->evaluation.mapping->rules[leaf];
  for (size_t i = 0; i < rule->preferred_count; i++)
    if (try_attribute (mapper, leaf, rule->preferred[i]))
      return true;
  return false;
}

static bool
has_choice (const struct mapper *mapper, size_t leaf)
{
  const struct leaf_rule *rule = &mapper->evaluation.mapping->rules[leaf];
  if (!mapper->last || !mapper->last[leaf] || !mapper->hasher)
    return false;
  for (size_t i = 0; i < rule->preferred_count; i++)
    if (entry_count (mapper->evaluation.entry, rule->preferred[i]) > 1)
      return true;
  return false;
}

/* LDAP values have no order: the value last sent is taken if it is still there, else the first. */
static int
render_preferred (struct mapper *mapper, size_t leaf)
{
  struct leaves *leaves = mapper->leaves;
  size_t mark = leaves->json.len, warned = leaves->warnings.len;
  int there;
  if (!has_choice (mapper, leaf))
    return render_leaf (&mapper->evaluation, leaf, &leaves->json, &leaves->warnings);
  if (attempt (mapper, leaf, &there) == 1)
    return 1;
  render_cut (&leaves->json, mark);
  render_cut (&leaves->warnings, warned);
  if (try_last (mapper, leaf))
    return 1;
  return render_leaf (&mapper->evaluation, leaf, &leaves->json, &leaves->warnings);
}

static int
fail_value (struct mapper *mapper, size_t leaf, struct error *error)
{
  char text[1024];
  render_reason (&mapper->evaluation, leaf, text, sizeof text);
  return error_set (error, "%s", text);
}

static int
fail_missing (const struct mapping *mapping, size_t leaf, struct error *error)
{
  const struct leaf_rule *rule = &mapping->rules[leaf];
  char names[512] = "";
  size_t at = 0, count = 0;
  for (size_t i = 0; i < rule->preferred_count && at < sizeof names - 80; i++, count++)
    at += (size_t) snprintf (names + at, sizeof names - at, "%s%.60s", i ? ", " : "",
                             mapping->attributes[rule->preferred[i]].name);
  const bool user_name = (int) leaf == mapping->user_name;
  return error_set (error, "no %s: %s %s %s", user_name ? "user name" : mapping->leaves[leaf].path,
                    count > 1 ? "of the attributes" : "attribute", names,
                    count > 1 ? "not enough are there" : "is missing");
}

static int
map_leaf (struct mapper *mapper, size_t leaf, struct error *error)
{
  struct leaves *leaves = mapper->leaves;
  size_t mark = leaves->json.len;
  int status = render_preferred (mapper, leaf);
  if (status < 0)
    return fail_value (mapper, leaf, error);
  if (leaves->json.full || (status && !buffer_append_char (&leaves->json, '\0')))
    return error_set (error, "%s: the mapped entry would be larger than %zu MiB",
                      mapper->evaluation.mapping->leaves[leaf].path, MAP_JSON_MAX >> 20);
  if (!status)
    return mapper->evaluation.mapping->rules[leaf].required
               ? fail_missing (mapper->evaluation.mapping, leaf, error)
               : 0;
  leaves->at[leaf] = mark + 1;
  return 0;
}

static int
map_active (struct mapper *mapper, enum active_state *ret_active, struct error *error)
{
  int leaf = mapper->evaluation.mapping->active;
  *ret_active = leaf < 0 ? ACTIVE_UNMAPPED : ACTIVE_MISSING;
  if (leaf < 0)
    return 0;
  if (map_leaf (mapper, (size_t) leaf, error) != 0)
    return -1;
  const char *json = leaves_get (mapper->leaves, (size_t) leaf);
  if (json)
    *ret_active = strcmp (json, "true") == 0 ? ACTIVE_TRUE : ACTIVE_FALSE;
  return 0;
}

static bool
is_literal (const struct mapping *mapping, size_t leaf)
{
  const struct leaf_rule *rule = &mapping->rules[leaf];
  return mapping->leaves[leaf].kind == LEAF_SCALAR && rule->item_count
         && rule->items[0].members[0].literal;
}

static bool
is_present (const struct shape *shape, const struct leaves *leaves)
{
  if (shape->kind == SHAPE_LEAF)
    return leaves->at[shape->leaf] != 0;
  for (size_t i = 0; i < shape->leaf_count; i++)
    if (leaves->at[shape->leaves[i]])
      return true;
  return false;
}

/* Takes the literals out of objects that hold nothing else. Is anything else in SHAPE? */
static bool
drop_literals (const struct mapping *mapping, const struct shape *shape, struct leaves *leaves,
               bool root)
{
  bool any = root;
  for (size_t i = 0; i < shape->count; i++) {
    const struct shape *child = &shape->children[i];
    if (child->kind == SHAPE_OBJECT)
      any |= drop_literals (mapping, child, leaves, false);
    else if (child->kind != SHAPE_LEAF || !is_literal (mapping, child->leaf))
      any |= is_present (child, leaves);
  }
  for (size_t i = 0; i < shape->count && !any; i++)
    if (shape->children[i].kind == SHAPE_LEAF && is_literal (mapping, shape->children[i].leaf))
      leaves->at[shape->children[i].leaf] = 0;
  return any;
}

static int
map_all (struct mapper *mapper, enum active_state *ret_active, struct error *error)
{
  const struct mapping *mapping = mapper->evaluation.mapping;
  if (map_active (mapper, ret_active, error) != 0)
    return -1;
  if (mapper->evaluation.entry->too_large)
    return error_set (error, "the entry is too large: more than %zu MiB or %zu values of mapped "
                      "attributes", ENTRY_MAX_BYTES >> 20, ENTRY_MAX_VALUES);
  for (size_t i = 0; i < mapping->leaf_count; i++)
    if ((int) i != mapping->active && map_leaf (mapper, i, error) != 0)
      return -1;
  if (mapping->lonely_literals)
    drop_literals (mapping, &mapping->root, mapper->leaves, true);
  return 0;
}

int
map_entry (const struct mapping *mapping, const struct entry *entry, const struct hasher *hasher,
           const uint64_t *last, struct leaves *ret_leaves, enum active_state *ret_active,
           struct error *error)
{
  struct mapper mapper;
  begin (&mapper, mapping, entry);
  mapper.hasher = hasher;
  mapper.last = last;
  mapper.leaves = ret_leaves;
  leaves_reset (ret_leaves);
  int status = map_all (&mapper, ret_active, error);
  arena_fini (&mapper.evaluation.arena);
  return status;
}
