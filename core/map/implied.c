/* What the mapping implies: schemas, externalId, what the sink requires, the version. */
#include "config.h"
#include "map/compile.h"

#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/mem.h"
#include "util/text.h"

#define ENGINE "syncd mapping 1" /* changes when the same text comes to mean something else */

static int
add_schema (struct compiler *compiler, const struct node *node)
{
  struct mapping *mapping = compiler->mapping;
  if (node->kind != NODE_SCALAR)
    return node_error (node, compiler->error, "schemas: is a list of URNs");
  if (compiler->schema && !schema_has_urn (compiler->schema, node->text)) {
    const char *nearest = schema_nearest_urn (compiler->schema, node->text);
    return node_error (node, compiler->error, "the sink has no schema \"%s\"%s%s%s", node->text,
                       nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                       nearest ? "\"?" : "");
  }
  for (size_t i = 0; i < mapping->schema_count; i++)
    if (text_equal_nocase (mapping->schemas[i], node->text))
      return node_error (node, compiler->error, "\"%s\" is there twice", node->text);
  mapping->schemas[mapping->schema_count++] = mem_copy_text (node->text);
  return 0;
}

int
compile_schemas (struct compiler *compiler, const struct node *schemas)
{
  struct mapping *mapping = compiler->mapping;
  size_t count = schemas && schemas->kind == NODE_LIST ? schemas->count : 1;
  mapping->schemas = mem_new (count + 1, sizeof *mapping->schemas);
  if (!schemas) {
    mapping->schemas[mapping->schema_count++] = mem_copy_text (CORE_USER_URN);
    return 0;
  }
  if (schemas->kind != NODE_LIST)
    return add_schema (compiler, schemas);
  for (size_t i = 0; i < schemas->count; i++)
    if (add_schema (compiler, schemas->items[i]) != 0)
      return -1;
  return 0;
}

static void
imply_external_id (struct compiler *compiler)
{
  struct target target = { .name = "externalId", .path = "externalId", .kept = true };
  size_t leaf = compile_add_leaf (compiler, LEAF_SCALAR, &target);
  compiler->mapping->rules[leaf].is_entry_id = true;
  compiler->mapping->external_id = (int) leaf;
  shape_add (&compiler->mapping->root, SHAPE_LEAF, "externalId")->leaf = leaf;
}

/* What the mapping says for PATH, as the text of an expression; else OTHERWISE. */
static const char *
source_of (const struct mapping *mapping, const char *path, const char *otherwise)
{
  for (size_t i = 0; i < mapping->leaf_count; i++)
    if (text_equal_nocase (mapping->leaves[i].path, path) && mapping->rules[i].item_count
        && mapping->rules[i].items[0].members[0].expression.source)
      return mapping->rules[i].items[0].members[0].expression.source;
  return otherwise;
}

static int
read_display_name (struct compiler *compiler, struct expression *expression)
{
  const struct mapping *mapping = compiler->mapping;
  const char *formatted = source_of (mapping, "name.formatted", NULL);
  MEM_AUTO char *both = mem_format ("%s %s", source_of (mapping, "name.givenName", "${givenName}"),
                                    source_of (mapping, "name.familyName", "${sn}"));
  if (formatted && compile_alternative (compiler, formatted, expression) != 0)
    return -1;
  if (compile_alternative (compiler, "${cn}", expression) != 0
      || compile_alternative (compiler, both, expression) != 0)
    return -1;
  expression->source = mem_format ("%s, else ${cn}, else %s", formatted ? formatted : "", both);
  return 0;
}

static int
imply_display_name (struct compiler *compiler, const struct schema_attribute *attribute)
{
  struct mapping *mapping = compiler->mapping;
  struct target target = { .attribute = attribute, .name = attribute->name, .path = attribute->name,
                           .kept = true };
  size_t leaf = compile_add_leaf (compiler, LEAF_SCALAR, &target);
  struct leaf_rule *rule = &mapping->rules[leaf];
  rule->items = mem_new (1, sizeof *rule->items);
  rule->item_count = 1;
  rule->items[0].members = mem_new (1, sizeof *rule->items[0].members);
  rule->items[0].count = 1;
  rule->required = true;
  shape_add (&mapping->root, SHAPE_LEAF, attribute->name)->leaf = leaf;
  struct member *member = &rule->items[0].members[0];
  member->typed = true;
  member->type = attribute->type;
  if (read_display_name (compiler, &member->expression) != 0)
    return -1;
  compile_preferred (mapping, leaf);
  return 0;
}

static int
imply_required (struct compiler *compiler, const struct node *tree)
{
  size_t count = compiler->schema ? schema_required_count (compiler->schema) : 0;
  for (size_t i = 0; i < count; i++) {
    const struct schema_attribute *attribute = schema_required (compiler->schema, i);
    if (shape_find (&compiler->mapping->root, attribute->name)
        || text_equal_nocase (attribute->name, "active"))
      continue;
    if (text_equal_nocase (attribute->name, "displayName")) {
      if (imply_display_name (compiler, attribute) != 0)
        return -1;
      continue;
    }
    return node_error (tree, compiler->error, "the mapping has no \"%s\", which the sink requires",
                       attribute->name);
  }
  return 0;
}

int
compile_implied (struct compiler *compiler, const struct node *tree)
{
  struct mapping *mapping = compiler->mapping;
  compiler->node = tree;
  if (mapping->external_id < 0)
    imply_external_id (compiler);
  mapping->rules[mapping->user_name].required = true;
  return imply_required (compiler, tree);
}

static void
describe_item (const struct item_rule *item, struct buffer *out)
{
  if (item->each)
    buffer_printf (out, " each %s", item->each_expression.source);
  for (size_t i = 0; i < item->count; i++) {
    const struct member *member = &item->members[i];
    buffer_printf (out, " [%s %d %d %d %s]", member->key ? member->key : "", (int) member->type,
                   member->typed, member->optional,
                   member->literal ? member->literal : member->expression.source);
  }
}

void
compile_version (struct mapping *mapping)
{
  struct buffer text;
  buffer_init (&text, MAP_JSON_MAX);
  buffer_append_text (&text, ENGINE "\n");
  for (size_t i = 0; i < mapping->schema_count; i++)
    buffer_printf (&text, "%s\n", mapping->schemas[i]);
  for (size_t i = 0; i < mapping->leaf_count; i++) {
    const struct leaf_rule *rule = &mapping->rules[i];
    buffer_printf (&text, "%d %s %d %d %d", (int) mapping->leaves[i].kind, mapping->leaves[i].path,
                   mapping->leaves[i].kept, rule->required, rule->is_entry_id);
    for (size_t j = 0; j < rule->item_count; j++)
      describe_item (&rule->items[j], &text);
    buffer_append_char (&text, '\n');
  }
  hash_sha256_hex (buffer_text (&text), text.len, mapping->version);
  buffer_fini (&text);
}
