/* The plan: at most one change of one account. Pure: no I/O, no lock, no clock. */
#include "config.h"
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "syncd/plugin.h"
#include "map/scan.h"
#include "util/mem.h"

#define VALUES_MAX ((size_t) 64 << 20)

struct planner {
  const struct plan_input *input;
  struct plan *plan;
  uint64_t *hashes; /* of what is wanted */
};

void
plan_init (struct plan *plan)
{
  memset (plan, 0, sizeof *plan);
  buffer_init (&plan->values, VALUES_MAX);
  buffer_init (&plan->document, VALUES_MAX);
}

void
plan_fini (struct plan *plan)
{
  free (plan->operations);
  buffer_fini (&plan->values);
  buffer_fini (&plan->document);
  memset (plan, 0, sizeof *plan);
}

static void
add_operation (struct plan *plan, uint32_t op, const char *path, const char *value, size_t len,
               int leaf)
{
  if (plan->operation_count == plan->operation_size) {
    plan->operation_size = plan->operation_size ? plan->operation_size * 2 : 16;
    plan->operations = mem_resize (plan->operations, plan->operation_size, sizeof *plan->operations);
  }
  plan->operations[plan->operation_count++] = (struct plan_operation) {
    .op = op, .path = path, .value_at = plan->values.len, .value_len = len, .leaf = leaf
  };
  if (value) {
    buffer_append (&plan->values, value, len);
    buffer_append_char (&plan->values, '\0');
  }
}

static void
add_text (struct planner *planner, uint32_t op, const char *path, const char *json, int leaf)
{
  add_operation (planner->plan, op, path, json, json ? strlen (json) : 0, leaf);
}

/* ---- what is known ---- */

static uint64_t
last_of (const struct plan_input *input, int leaf)
{
  return input->last && leaf >= 0 ? input->last[leaf] : 0;
}

static enum known
known_of (const struct plan_input *input, size_t leaf)
{
  if (input->known)
    return (enum known) input->known[leaf];
  if (!input->last)
    return KNOWN_NOT;
  return input->last[leaf] ? KNOWN_PRESENT : KNOWN_ABSENT;
}

/* Is it to be sent whatever it was? After adoption and the like, or never sent before. */
static bool
is_unsure (const struct plan_input *input, size_t leaf)
{
  return input->send_all || !input->last || (input->known && input->known[leaf] == KNOWN_NOT);
}

static bool
differs (const struct planner *planner, size_t leaf)
{
  const struct plan_input *input = planner->input;
  return is_unsure (input, leaf) || planner->hashes[leaf] != input->last[leaf];
}

/* ---- active ---- */

static uint64_t
hash_of (const struct plan_input *input, const char *json)
{
  return hasher_leaf (input->hasher, json, strlen (json));
}

/* Was it last sent as inactive, or made so by us since? */
static bool
is_inactive_by_us (const struct plan_input *input)
{
  int leaf = mapping_active_leaf (input->mapping);
  return input->disabled_by_us || (leaf >= 0 && last_of (input, leaf) == hash_of (input, "false"));
}

static void
send_active (struct planner *planner, const char *json)
{
  add_text (planner, SYNCD_OP_REPLACE, "active", json, mapping_active_leaf (planner->input->mapping));
}

/* Where the mapping has no active, or the attribute is missing, only what we did is undone. */
static void
plan_active_unmapped (struct planner *planner)
{
  if (!is_inactive_by_us (planner->input))
    return;
  send_active (planner, "true");
  planner->plan->kind = PLAN_ENABLE;
}

static void
plan_active (struct planner *planner)
{
  const struct plan_input *input = planner->input;
  int leaf = mapping_active_leaf (input->mapping);
  const char *json = leaf < 0 ? NULL : leaves_get (input->want, (size_t) leaf);
  if (!json) {
    plan_active_unmapped (planner);
    return;
  }
  const bool want = strcmp (json, "true") == 0;
  if (!differs (planner, (size_t) leaf) && !(want && input->disabled_by_us))
    return;
  send_active (planner, json);
  if (want && is_inactive_by_us (input))
    planner->plan->kind = PLAN_ENABLE;
  else if (!want && last_of (input, leaf) != hash_of (input, "false"))
    planner->plan->kind = PLAN_DISABLE;
}

/* ---- the other leaves, in the order in which a sink is best told ---- */

enum phase { PHASE_REMOVE, PHASE_REPLACE, PHASE_ADD, PHASES };

/* `.value` of an item is replaced alone; where nobody knows how the item looks, its fixed
 * members are too. */
static void
replace_members (struct planner *planner, size_t leaf, const char *json)
{
  const struct leaf *about = mapping_leaf (planner->input->mapping, leaf);
  struct scan scan;
  size_t key_len = strlen (about->value_key);
  if (scan_begin (&scan, json, strlen (json)) != 0)
    return;
  while (scan_next (&scan) > 0)
    if (scan.key_len == key_len && memcmp (scan.key, about->value_key, key_len) == 0)
      add_operation (planner->plan, SYNCD_OP_REPLACE, about->value_path, scan.value, scan.value_len,
                     (int) leaf);
  for (size_t i = 0; i < about->fixed_count && is_unsure (planner->input, leaf); i++)
    add_text (planner, SYNCD_OP_REPLACE, about->fixed[i].path, about->fixed[i].json, (int) leaf);
}

static void
add_item (struct planner *planner, size_t leaf, const char *json)
{
  struct plan *plan = planner->plan;
  size_t start = plan->values.len;
  buffer_append_char (&plan->values, '[');
  buffer_append_text (&plan->values, json);
  buffer_append_char (&plan->values, ']');
  size_t len = plan->values.len - start;
  buffer_append_char (&plan->values, '\0');
  add_operation (plan, SYNCD_OP_ADD, mapping_leaf (planner->input->mapping, leaf)->list_path, NULL,
                 len, (int) leaf);
  plan->operations[plan->operation_count - 1].value_at = start;
}

static void
plan_present (struct planner *planner, size_t leaf, const char *json, enum phase phase)
{
  const struct leaf *about = mapping_leaf (planner->input->mapping, leaf);
  const bool add = about->kind == LEAF_TYPED_ITEM && known_of (planner->input, leaf) != KNOWN_PRESENT;
  if (phase != (add ? PHASE_ADD : PHASE_REPLACE))
    return;
  if (add)
    add_item (planner, leaf, json);
  else if (about->kind == LEAF_TYPED_ITEM && about->value_path)
    replace_members (planner, leaf, json);
  else
    add_text (planner, SYNCD_OP_REPLACE, about->path, json, (int) leaf);
}

static void
plan_leaf (struct planner *planner, size_t leaf, enum phase phase)
{
  const struct leaf *about = mapping_leaf (planner->input->mapping, leaf);
  const char *json = leaves_get (planner->input->want, leaf);
  if (!about->kept || !differs (planner, leaf))
    return;
  if (json)
    plan_present (planner, leaf, json, phase);
  else if (phase == PHASE_REMOVE && known_of (planner->input, leaf) != KNOWN_ABSENT)
    add_text (planner, SYNCD_OP_REMOVE, about->path, NULL, (int) leaf);
}

static void
plan_user_name (struct planner *planner)
{
  size_t leaf = (size_t) mapping_user_name_leaf (planner->input->mapping);
  plan_leaf (planner, leaf, PHASE_REPLACE);
}

static void
plan_update (struct planner *planner)
{
  const struct mapping *mapping = planner->input->mapping;
  size_t count = mapping_leaf_count (mapping);
  planner->plan->kind = PLAN_UPDATE;
  planner->hashes = mem_new (count + 1, sizeof *planner->hashes);
  map_hash_leaves (mapping, planner->input->hasher, planner->input->want, planner->hashes);
  plan_user_name (planner);
  for (enum phase phase = PHASE_REMOVE; phase < PHASES; phase++) {
    for (size_t i = 0; i < count; i++)
      if ((int) i != mapping_active_leaf (mapping) && (int) i != mapping_user_name_leaf (mapping))
        plan_leaf (planner, i, phase);
    if (phase == PHASE_REPLACE)
      plan_active (planner);
  }
  free (planner->hashes);
  if (planner->plan->operation_count == 0)
    planner->plan->kind = PLAN_NOTHING;
}

static void
plan_removed (struct planner *planner)
{
  const struct plan_input *input = planner->input;
  for (size_t i = 0; input->removed && i < mapping_leaf_count (input->mapping); i++)
    if (input->removed[i])
      add_text (planner, SYNCD_OP_REMOVE, mapping_leaf (input->mapping, i)->path, NULL, (int) i);
}

static void
plan_disable (struct planner *planner)
{
  const struct plan_input *input = planner->input;
  if (!input->exists || (is_inactive_by_us (input) && !input->send_all))
    return;
  plan_removed (planner);
  send_active (planner, "false");
  planner->plan->kind = PLAN_DISABLE;
}

static void
plan_sync (struct planner *planner)
{
  if (planner->input->exists) {
    plan_update (planner);
    return;
  }
  planner->plan->kind = PLAN_CREATE;
  map_document_new (planner->input->mapping, planner->input->want, &planner->plan->document);
}

void
plan_make (const struct plan_input *input, struct plan *ret_plan)
{
  struct planner planner = { .input = input, .plan = ret_plan };
  ret_plan->kind = PLAN_NOTHING;
  ret_plan->operation_count = 0;
  buffer_reset (&ret_plan->values);
  buffer_reset (&ret_plan->document);
  if (input->intent == INTENT_SYNC)
    plan_sync (&planner);
  else if (input->intent == INTENT_DISABLE)
    plan_disable (&planner);
  else if (input->exists)
    ret_plan->kind = PLAN_DELETE;
}
