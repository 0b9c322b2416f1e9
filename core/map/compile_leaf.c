/* Compiles one leaf: a plain word, a literal, or a text with expressions. */
#include "config.h"
#include "map/compile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

bool
compile_is_attribute (const char *name, size_t len)
{
  size_t i = 0;
  if (!len || !(isalnum ((unsigned char) *name)))
    return false;
  bool oid = isdigit ((unsigned char) *name);
  for (; i < len && name[i] != ';'; i++)
    if (oid ? !isdigit ((unsigned char) name[i]) && name[i] != '.'
            : !isalnum ((unsigned char) name[i]) && !strchr ("-_.", name[i]))
      return false;
  if (oid && !memchr (name, '.', i))
    return false;
  for (; i < len; i++) /* options: ;lang-de;binary */
    if (name[i] == ';' ? i + 1 == len || name[i + 1] == ';'
                       : !isalnum ((unsigned char) name[i]) && !strchr ("-_", name[i]))
      return false;
  return true;
}

size_t
compile_attribute (struct compiler *compiler, const char *name, size_t len)
{
  struct mapping *mapping = compiler->mapping;
  MEM_AUTO char *copy = mem_copy (name, len);
  for (size_t i = 0; i < mapping->attribute_count; i++)
    if (text_equal_nocase (mapping->attributes[i].name, copy))
      return i;
  mapping->attributes = mem_resize (mapping->attributes, mapping->attribute_count + 1,
                                    sizeof *mapping->attributes);
  mapping->attributes[mapping->attribute_count]
      = (struct map_attribute) { .name = mem_copy_text (copy) };
  return mapping->attribute_count++;
}

int
compile_alternative (struct compiler *compiler, const char *text, struct expression *expression)
{
  expression->alternatives = mem_resize (expression->alternatives, expression->count + 1,
                                         sizeof *expression->alternatives);
  struct template *template = &expression->alternatives[expression->count++];
  memset (template, 0, sizeof *template);
  return template_parse (compiler, text, template);
}

static int
check_word (struct compiler *compiler, const char *word)
{
  if (!*word)
    return compile_error_at (compiler, 0, "there is no value here; an attribute's name or an "
                             "expression \"${…}\" is expected");
  if (!compile_is_attribute (word, strlen (word)))
    return compile_error_at (compiler, 0, "\"%s\" is no name of an attribute; a fixed text is "
                             "written \"${'%s'}\"", word, word);
  return 0;
}

int
compile_expression (struct compiler *compiler, const struct node *node,
                    struct expression *ret_expression)
{
  compiler->node = node;
  compiler->references = false;
  if (node->kind != NODE_SCALAR)
    return compile_error_at (compiler, 0, "one value is expected here, not a list or an object");
  bool word = !strstr (node->text, "${");
  if (word && check_word (compiler, node->text) != 0)
    return -1;
  MEM_AUTO char *text = word ? mem_format ("${%s}", node->text) : mem_copy_text (node->text);
  int status = compile_alternative (compiler, text, ret_expression);
  ret_expression->reference = compiler->references;
  ret_expression->source = mem_copy_text (text);
  if (status == 0 && ret_expression->reference && ret_expression->alternatives[0].count != 1)
    return compile_error_at (compiler, 0, "ref must stand alone: \"${manager | ref}\"");
  return status;
}

static bool
is_number (const char *text)
{
  const char *at = text + (*text == '-');
  size_t whole = strspn (at, "0123456789");
  if (!whole)
    return false;
  at += whole;
  if (*at == '.') {
    size_t fraction = strspn (at + 1, "0123456789");
    if (!fraction)
      return false;
    at += 1 + fraction;
  }
  return !*at;
}

static bool
is_bool_word (const char *text)
{
  return text_equal_nocase (text, "true") || text_equal_nocase (text, "false");
}

bool
compile_is_literal (const char *key, const struct node *node)
{
  if (node->kind != NODE_SCALAR || strstr (node->text, "${"))
    return false;
  if (key && (text_equal_nocase (key, "type") || text_equal_nocase (key, "primary")))
    return true;
  return node->plain && (is_bool_word (node->text) || is_number (node->text));
}

/* Without a schema a literal is what YAML says it is. */
static void
literal_type (const struct node *node, struct member *member, struct item *item)
{
  item_set_text (item, node->text, strlen (node->text));
  if (!node->plain || member->typed)
    return;
  member->typed = true;
  if (is_bool_word (node->text))
    member->type = SCHEMA_BOOLEAN;
  else if (is_number (node->text))
    member->type = strchr (node->text, '.') ? SCHEMA_DECIMAL : SCHEMA_INTEGER;
}

static int
compile_literal (struct compiler *compiler, const struct node *node, struct member *member)
{
  struct item item;
  struct evaluation evaluation;
  struct buffer json;
  compiler->node = node;
  arena_init (&evaluation.arena);
  buffer_init (&json, MAP_TEXT_MAX);
  literal_type (node, member, &item);
  int status = convert_to_json (&evaluation, &item, member->type, member->typed, &json);
  member->literal = buffer_take (&json);
  arena_fini (&evaluation.arena);
  if (status != 0)
    return compile_error_at (compiler, 0, "\"%s\" %s", node->text, evaluation.why);
  return 0;
}

int
compile_member (struct compiler *compiler, const char *key, const struct node *node,
                const struct schema_attribute *attribute, struct member *ret_member)
{
  bool flag = key && (text_equal_nocase (key, "primary") || text_equal_nocase (key, "active"));
  ret_member->typed = attribute != NULL || flag;
  ret_member->type = attribute ? attribute->type : flag ? SCHEMA_BOOLEAN : SCHEMA_STRING;
  if (compile_is_literal (key, node))
    return compile_literal (compiler, node, ret_member);
  return compile_expression (compiler, node, &ret_member->expression);
}

bool
member_is_dynamic (const struct member *member)
{
  return member->literal == NULL;
}

void
expression_fini (struct expression *expression)
{
  for (size_t i = 0; i < expression->count; i++)
    template_fini (&expression->alternatives[i]);
  free (expression->alternatives);
  free (expression->source);
}

void
member_fini (struct member *member)
{
  free (member->key);
  free (member->literal);
  expression_fini (&member->expression);
}

size_t
compile_add_leaf (struct compiler *compiler, enum leaf_kind kind, const struct target *target)
{
  struct mapping *mapping = compiler->mapping;
  size_t i = mapping->leaf_count++;
  mapping->leaves = mem_resize (mapping->leaves, i + 1, sizeof *mapping->leaves);
  mapping->rules = mem_resize (mapping->rules, i + 1, sizeof *mapping->rules);
  memset (&mapping->rules[i], 0, sizeof mapping->rules[i]);
  mapping->leaves[i] = (struct leaf) {
    .kind = kind,
    .path = mem_copy_text (target->path),
    .type = target->attribute ? target->attribute->type : SCHEMA_STRING,
    .kept = target->kept,
  };
  return i;
}

void
compile_preferred (struct mapping *mapping, size_t leaf)
{
  struct leaf_rule *rule = &mapping->rules[leaf];
  const struct item_rule *item = &rule->items[0];
  if (mapping->leaves[leaf].kind == LEAF_LIST || !rule->item_count)
    return;
  rule->preferred = mem_new (mapping->attribute_count + 1, sizeof *rule->preferred);
  for (size_t a = 0; a < mapping->attribute_count; a++)
    for (size_t m = 0; m < item->count; m++)
      if (expression_uses (&item->members[m].expression, a)) {
        rule->preferred[rule->preferred_count++] = a;
        break;
      }
}

static void
note_known (struct compiler *compiler, const struct target *target, size_t leaf)
{
  struct mapping *mapping = compiler->mapping;
  if (target->urn)
    return;
  if (text_equal_nocase (target->path, "userName"))
    mapping->user_name = (int) leaf;
  else if (text_equal_nocase (target->path, "externalId"))
    mapping->external_id = (int) leaf;
  else if (text_equal_nocase (target->path, "active")) {
    mapping->active = (int) leaf;
    mapping->rules[leaf].is_active = true;
    mapping->leaves[leaf].type = SCHEMA_BOOLEAN;
  }
}

int
compile_scalar (struct compiler *compiler, const struct target *target, const struct node *value,
                bool optional, struct shape *parent)
{
  struct mapping *mapping = compiler->mapping;
  size_t leaf = compile_add_leaf (compiler, LEAF_SCALAR, target);
  struct leaf_rule *rule = &mapping->rules[leaf];
  shape_add (parent, SHAPE_LEAF, target->name)->leaf = leaf;
  rule->items = mem_new (1, sizeof *rule->items);
  rule->item_count = 1;
  rule->items[0].members = mem_new (1, sizeof *rule->items[0].members);
  rule->items[0].count = 1;
  struct member *member = &rule->items[0].members[0];
  member->optional = optional;
  rule->required = target->attribute && target->attribute->required && !strchr (target->path, '.')
                   && !target->urn;
  note_known (compiler, target, leaf);
  if (compile_member (compiler, target->name, value, target->attribute, member) != 0)
    return -1;
  mapping->leaves[leaf].reference = member->expression.reference;
  if (expression_is_many (&member->expression))
    return compile_error_at (compiler, 0, "\"%s\" takes one value and this gives a list: end it with "
                             "first, last or join(', ')", target->path);
  compile_preferred (mapping, leaf);
  return 0;
}
