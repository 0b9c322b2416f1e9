/* Compiles a list: items told apart by a literal type are leaves of their own; any other list
 * is one leaf. */
#include "config.h"
#include "map/compile.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

static bool
is_usual_sub (const char *name)
{
  static const char *const names[] = { "value", "display", "type", "primary", "$ref" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (text_equal_nocase (names[i], name))
      return true;
  return false;
}

/* The sub-attribute; NULL with *RET_SKIP where the sink keeps none of this usual name. */
static int
find_sub (struct compiler *compiler, const struct target *target, const char *name,
          const struct node *node, const struct schema_attribute **ret_sub, bool *ret_skip)
{
  const struct schema_attribute *sub = schema_sub (target->attribute, name);
  *ret_sub = sub;
  *ret_skip = !sub;
  if (sub && sub->read_only)
    return node_error (node, compiler->error, "\"%s.%s\" is read-only at the sink: take it out of "
                       "the mapping", target->path, sub->name);
  if (sub)
    return 0;
  if (is_usual_sub (name)) {
    compile_warn (compiler, node, "\"%s.%s\" is not kept by this sink and not sent", target->path, name);
    return 0;
  }
  const char *nearest = schema_nearest_sub (target->attribute, name);
  if (nearest)
    return node_error (node, compiler->error, "\"%s\" has no \"%s\"; did you mean \"%s\"?",
                       target->path, name, nearest);
  return node_error (node, compiler->error, "\"%s\" has no \"%s\" in the sink's schema", target->path,
                     name);
}

static void
check_type_word (struct compiler *compiler, const struct schema_attribute *sub,
                 const struct node *node)
{
  if (!sub || !sub->canonical_count || !text_equal_nocase (sub->name, "type"))
    return;
  for (size_t i = 0; i < sub->canonical_count; i++)
    if (text_equal_nocase (sub->canonical_values[i], node->text))
      return;
  const char *nearest = text_nearest (node->text, (const char *const *) sub->canonical_values,
                                      sub->canonical_count);
  compile_warn (compiler, node, "the sink's schema does not name the type \"%s\"%s%s%s", node->text,
                nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

static int
read_member (struct compiler *compiler, const struct target *target, const char *key,
             const struct node *node, struct item_rule *item)
{
  const struct schema_attribute *sub = NULL;
  bool skip = false;
  const bool known = target->attribute && target->attribute->sub_count;
  if (known && find_sub (compiler, target, key, node, &sub, &skip) != 0)
    return -1;
  if (skip)
    return 0;
  struct member *member = &item->members[item->count++];
  member->key = mem_copy_text (sub ? sub->name : key);
  if (compile_member (compiler, key, node, sub, member) != 0)
    return -1;
  if (member->literal)
    check_type_word (compiler, sub, node);
  if (member->expression.reference)
    return compile_error_at (compiler, 0, "ref is only for single values, such as manager.value");
  if (expression_is_many (&member->expression))
    return compile_error_at (compiler, 0, "one value is expected here and this gives a list; "
                             "\"each: attribute\" makes one item for each value");
  return 0;
}

static int
read_each (struct compiler *compiler, const struct node *node, struct item_rule *item)
{
  item->each = true;
  compiler->each_itself = true;
  int status = compile_expression (compiler, node, &item->each_expression);
  compiler->each_itself = false;
  if (status != 0)
    return -1;
  const struct template *template = item->each_expression.alternatives;
  if (template->count != 1 || !template->parts[0].pipe)
    return compile_error_at (compiler, 0, "each wants an attribute: \"each: otherMailbox\"");
  if (item->each_expression.reference)
    return compile_error_at (compiler, 0, "ref is only for single values, such as manager.value");
  return 0;
}

static int
compare_members (const void *a, const void *b)
{
  return strcmp (((const struct member *) a)->key, ((const struct member *) b)->key);
}

int
compile_optional (const struct node *object, bool *ret_optional, struct error *error)
{
  const struct node *node = node_get (object, "optional");
  if (!node)
    return 0;
  if (node->kind != NODE_SCALAR
      || (strcmp (node->text, "true") != 0 && strcmp (node->text, "false") != 0))
    return node_error (node, error, "optional is true or false");
  *ret_optional = strcmp (node->text, "true") == 0;
  return 0;
}

static int
read_members (struct compiler *compiler, const struct target *target, const struct node *node,
              struct item_rule *item)
{
  for (size_t i = 0; i < node->count; i++) {
    if (strcmp (node->keys[i], "each") == 0 || strcmp (node->keys[i], "optional") == 0)
      continue;
    if (read_member (compiler, target, node->keys[i], node->items[i], item) != 0)
      return -1;
  }
  return 0;
}

/* A list of plain values takes items of the form {each: …, value: …}: no key is written. */
static int
settle_plain (struct compiler *compiler, const struct target *target, const struct node *node,
              struct item_rule *item)
{
  if (!target->attribute || target->attribute->type == SCHEMA_COMPLEX)
    return 0;
  if (item->count != 1 || strcmp (item->members[0].key, "value") != 0)
    return node_error (node, compiler->error, "\"%s\" is a list of plain values: write \"- value: …\"",
                       target->path);
  free (item->members[0].key);
  item->members[0].key = NULL;
  return 0;
}

static int
read_object (struct compiler *compiler, const struct target *target, const struct node *node,
             struct item_rule *item)
{
  const struct node *each = node_get (node, "each");
  bool optional = false;
  item->members = mem_new (node->count + 1, sizeof *item->members);
  if (compile_optional (node, &optional, compiler->error) != 0
      || (each && read_each (compiler, each, item) != 0))
    return -1;
  compiler->in_each = each != NULL;
  int status = read_members (compiler, target, node, item);
  compiler->in_each = false;
  if (status != 0 || settle_plain (compiler, target, node, item) != 0)
    return -1;
  if (item->count == 0)
    return node_error (node, compiler->error, "an item of \"%s\" has no value", target->path);
  for (size_t i = 0; i < item->count; i++)
    item->members[i].optional = optional;
  if (item->count > 1)
    qsort (item->members, item->count, sizeof *item->members, compare_members);
  for (size_t i = 1; i < item->count; i++)
    if (text_equal_nocase (item->members[i - 1].key, item->members[i].key))
      return node_error (node, compiler->error, "\"%s\" is there twice", item->members[i].key);
  return 0;
}

static int
read_item (struct compiler *compiler, const struct target *target, const struct node *node,
           struct item_rule *item)
{
  if (node->kind == NODE_OBJECT)
    return read_object (compiler, target, node, item);
  if (node->kind == NODE_LIST)
    return node_error (node, compiler->error, "a list in a list: \"%s\" takes no such thing",
                       target->path);
  if (target->attribute && target->attribute->type == SCHEMA_COMPLEX)
    return node_error (node, compiler->error, "an item of \"%s\" is an object: write \"- value: %s\"",
                       target->path, node->text);
  item->members = mem_new (1, sizeof *item->members);
  item->count = 1;
  if (compile_member (compiler, NULL, node, target->attribute, &item->members[0]) != 0)
    return -1;
  if (item->members[0].expression.reference)
    return compile_error_at (compiler, 0, "ref is only for single values, such as manager.value");
  return 0;
}

static const struct member *
find_member (const struct item_rule *item, const char *key)
{
  for (size_t i = 0; i < item->count; i++)
    if (item->members[i].key && text_equal_nocase (item->members[i].key, key))
      return &item->members[i];
  return NULL;
}

static const char *
type_literal (const struct item_rule *item)
{
  const struct member *type = find_member (item, "type");
  return type && !item->each && type->literal && type->literal[0] == '"' ? type->literal : NULL;
}

static bool
all_typed (const struct item_rule *items, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    const char *type = type_literal (&items[i]);
    for (size_t j = 0; type && j < i; j++)
      if (text_equal_nocase (type, type_literal (&items[j])))
        return false;
    if (!type)
      return false;
  }
  return count > 0;
}

/* The one member that changes, or NULL. */
static const struct member *
only_dynamic (const struct item_rule *item)
{
  const struct member *found = NULL;
  for (size_t i = 0; i < item->count; i++)
    if (member_is_dynamic (&item->members[i])) {
      if (found)
        return NULL;
      found = &item->members[i];
    }
  return found;
}

/* Literal members but the type: the plan sends them where nobody knows how the item looks. */
static void
add_fixed (struct leaf *leaf, const struct item_rule *item)
{
  leaf->fixed = mem_new (item->count, sizeof *leaf->fixed);
  for (size_t i = 0; i < item->count; i++) {
    const struct member *member = &item->members[i];
    if (member_is_dynamic (member) || text_equal_nocase (member->key, "type"))
      continue;
    leaf->fixed[leaf->fixed_count++] = (struct leaf_fixed) {
      .path = mem_format ("%s.%s", leaf->path, member->key), .json = mem_copy_text (member->literal)
    };
  }
}

static void
add_typed (struct compiler *compiler, const struct target *target, struct item_rule *item,
           struct shape *shape)
{
  const char *type = type_literal (item);
  MEM_AUTO char *path = mem_format ("%s[type eq %s]", target->path, type);
  struct target own = *target;
  own.path = path;
  size_t i = compile_add_leaf (compiler, LEAF_TYPED_ITEM, &own);
  struct leaf *leaf = &compiler->mapping->leaves[i];
  struct leaf_rule *rule = &compiler->mapping->rules[i];
  const struct member *dynamic = only_dynamic (item);
  leaf->list_path = mem_copy_text (target->path);
  if (dynamic) {
    leaf->value_path = mem_format ("%s.%s", path, dynamic->key);
    leaf->value_key = mem_copy_text (dynamic->key);
  }
  add_fixed (leaf, item);
  rule->type_word = mem_copy (type + 1, strlen (type) - 2);
  rule->items = mem_new (1, sizeof *rule->items);
  rule->items[0] = *item;
  rule->item_count = 1;
  compile_preferred (compiler->mapping, i);
  shape->leaves[shape->leaf_count++] = i;
}

static void
add_items (struct compiler *compiler, const struct target *target, struct item_rule *items,
           size_t count, struct shape *parent)
{
  bool typed = all_typed (items, count);
  struct shape *shape = shape_add (parent, typed ? SHAPE_ITEMS : SHAPE_LEAF, target->name);
  if (!typed) {
    shape->leaf = compile_add_leaf (compiler, LEAF_LIST, target);
    compiler->mapping->rules[shape->leaf].items = items;
    compiler->mapping->rules[shape->leaf].item_count = count;
    return;
  }
  shape->leaves = mem_new (count, sizeof *shape->leaves);
  for (size_t i = 0; i < count; i++)
    add_typed (compiler, target, &items[i], shape);
  free (items);
}

static void
free_items (struct item_rule *items, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < items[i].count; j++)
      member_fini (&items[i].members[j]);
    free (items[i].members);
    expression_fini (&items[i].each_expression);
  }
  free (items);
}

/* NODE is a list, or the one plain item of a list of plain values. */
int
compile_list (struct compiler *compiler, const struct target *target, const struct node *node,
              struct shape *parent)
{
  size_t count = node->kind == NODE_LIST ? node->count : 1;
  struct item_rule *items = mem_new (count + 1, sizeof *items);
  for (size_t i = 0; i < count; i++)
    if (read_item (compiler, target, node->kind == NODE_LIST ? node->items[i] : node, &items[i]) != 0) {
      free_items (items, count);
      return -1;
    }
  add_items (compiler, target, items, count, parent);
  return 0;
}
