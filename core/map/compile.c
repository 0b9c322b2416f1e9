/* Compiles the mapping tree: which attribute goes where, checked against the sink's schema. */
#include "config.h"
#include "map/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/mem.h"
#include "util/text.h"

int
compile_error_at (struct compiler *compiler, size_t at, const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  MEM_AUTO char *text = mem_vformat (fmt, args);
  va_end (args);
  struct node place = *compiler->node;
  if (place.kind == NODE_SCALAR && place.text && !strchr (place.text, '\n') && at <= strlen (place.text))
    place.column += (int) at + (place.plain ? 0 : 1);
  return node_error (&place, compiler->error, "%s", text);
}

void
compile_warn (struct compiler *compiler, const struct node *node, const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  MEM_AUTO char *text = mem_vformat (fmt, args);
  va_end (args);
  if (compiler->warnings)
    buffer_printf (compiler->warnings, "%s:%d:%d: %s\n", node->file ? node->file : "mapping",
                   node->line, node->column, text);
}

static int
unknown_attribute (struct compiler *compiler, const struct node *node, const char *urn,
                   const char *name)
{
  const char *nearest = schema_nearest (compiler->schema, urn, name);
  if (!nearest && !urn)
    nearest = schema_nearest_rfc_core (name);
  if (nearest)
    return node_error (node, compiler->error, "the sink's schema has no attribute \"%s\"; did you "
                       "mean \"%s\"?", name, nearest);
  return node_error (node, compiler->error, "the sink's schema has no attribute \"%s\"", name);
}

static bool
is_common (const char *name)
{
  return text_equal_nocase (name, "id") || text_equal_nocase (name, "meta")
         || text_equal_nocase (name, "schemas");
}

/* An attribute that the schema lacks may still be known: externalId is common to all resources
 * (RFC 7643 section 3.1), and RFC 7643's own attributes are a warning only. */
static int
settle_missing (struct compiler *compiler, const struct node *node, const char *name,
                struct target *target)
{
  if (!target->urn && text_equal_nocase (name, "externalId")) {
    target->name = "externalId";
    return 0;
  }
  if (target->urn || !schema_is_rfc_core (name))
    return unknown_attribute (compiler, node, target->urn, name);
  target->kept = false;
  compile_warn (compiler, node, "\"%s\" is not kept by this sink: it is not sent, but serves what "
                "is made from it", name);
  return 0;
}

static int
find_target (struct compiler *compiler, const struct node *node, const char *urn, const char *name,
             struct target *target)
{
  *target = (struct target) { .urn = urn, .name = name, .kept = true,
                              .multi = node->kind == NODE_LIST };
  if (!urn && is_common (name))
    return node_error (node, compiler->error, "\"%s\" is set by the sink or by schemas:, not by the "
                       "mapping", name);
  if (!compiler->schema)
    return 0;
  target->attribute = schema_find (compiler->schema, urn, name);
  if (!target->attribute)
    return settle_missing (compiler, node, name, target);
  target->name = target->attribute->name;
  target->multi = target->attribute->multi;
  if (target->attribute->read_only)
    return node_error (node, compiler->error, "\"%s\" is read-only at the sink: take it out of the "
                       "mapping", target->name);
  return 0;
}

static bool
is_value_and_options (const struct node *node)
{
  for (size_t i = 0; node->kind == NODE_OBJECT && i < node->count; i++)
    if (strcmp (node->keys[i], "value") != 0 && strcmp (node->keys[i], "optional") != 0)
      return false;
  return node->kind == NODE_OBJECT && node_get (node, "value");
}

/* Names that RFC 7643 gives to the parts of `name`, for sinks that do not keep it. */
static int
check_name_part (struct compiler *compiler, const struct node *node, const char **name)
{
  static const char *const parts[] = { "formatted", "familyName", "givenName", "middleName",
                                       "honorificPrefix", "honorificSuffix" };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (text_equal_nocase (parts[i], *name)) {
      *name = parts[i];
      return 0;
    }
  const char *nearest = text_nearest (*name, parts, sizeof parts / sizeof *parts);
  return node_error (node, compiler->error, "\"name\" has no \"%s\"%s%s%s", *name,
                     nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

static int
settle_sub (struct compiler *compiler, const struct target *target, const struct node *node,
            const char **name, const struct schema_attribute **ret_sub)
{
  *ret_sub = NULL;
  if (!target->urn && text_equal_nocase (target->name, "name") && !target->attribute)
    return check_name_part (compiler, node, name);
  if (!target->attribute)
    return 0;
  const struct schema_attribute *sub = schema_sub (target->attribute, *name);
  if (!sub) {
    const char *nearest = schema_nearest_sub (target->attribute, *name);
    return node_error (node, compiler->error, "\"%s\" has no \"%s\" in the sink's schema%s%s%s",
                       target->path, *name, nearest ? "; did you mean \"" : "",
                       nearest ? nearest : "", nearest ? "\"?" : "");
  }
  if (sub->read_only)
    return node_error (node, compiler->error, "\"%s.%s\" is read-only at the sink: take it out of the "
                       "mapping", target->path, sub->name);
  *name = sub->name;
  *ret_sub = sub;
  return 0;
}

static int
compile_part (struct compiler *compiler, const struct target *target, const struct node *node,
              const char *name, bool optional, struct shape *shape)
{
  struct target part = { .urn = target->urn, .kept = target->kept };
  if (settle_sub (compiler, target, node, &name, &part.attribute) != 0)
    return -1;
  if (shape_find (shape, name))
    return node_error (node, compiler->error, "\"%s.%s\" is there twice", target->path, name);
  if (node->kind != NODE_SCALAR)
    return node_error (node, compiler->error, "\"%s.%s\" takes one value", target->path, name);
  MEM_AUTO char *path = mem_format ("%s.%s", target->path, name);
  part.path = path;
  part.name = name;
  if (compile_is_literal (name, node))
    compiler->mapping->lonely_literals = true;
  return compile_scalar (compiler, &part, node, optional, shape);
}

static int
compile_complex (struct compiler *compiler, const struct target *target, const struct node *node,
                 struct shape *parent)
{
  bool optional = false;
  if (compile_optional (node, &optional, compiler->error) != 0)
    return -1;
  struct shape *shape = shape_add (parent, SHAPE_OBJECT, target->name);
  for (size_t i = 0; i < node->count; i++)
    if (strcmp (node->keys[i], "optional") != 0
        && compile_part (compiler, target, node->items[i], node->keys[i], optional, shape) != 0)
      return -1;
  return 0;
}

static int
wrong_form (struct compiler *compiler, const struct target *target, const struct node *node)
{
  if (target->multi)
    return node_error (node, compiler->error, "\"%s\" is a list: write its items as \"- type: …\" "
                       "and \"value: …\"", target->path);
  if (target->attribute && target->attribute->type == SCHEMA_COMPLEX)
    return node_error (node, compiler->error, "\"%s\" is an object: write its parts, such as "
                       "\"%s:\" below it", target->path,
                       target->attribute->sub_count ? target->attribute->subs[0].name : "value");
  return node_error (node, compiler->error, "\"%s\" takes one value, not a list or an object",
                     target->path);
}

static int
compile_value (struct compiler *compiler, const struct target *target, const struct node *node,
               struct shape *parent)
{
  const bool complex = target->attribute && target->attribute->type == SCHEMA_COMPLEX;
  const bool unknown = !target->attribute;
  bool optional = false;
  if (target->multi && (node->kind == NODE_LIST || (node->kind == NODE_SCALAR && !complex)))
    return compile_list (compiler, target, node, parent);
  if (target->multi)
    return wrong_form (compiler, target, node);
  if (node->kind == NODE_SCALAR && !complex)
    return compile_scalar (compiler, target, node, false, parent);
  if (is_value_and_options (node) && !complex
      && (!unknown || text_equal_nocase (target->name, "active")))
    return compile_optional (node, &optional, compiler->error) != 0
               ? -1
               : compile_scalar (compiler, target, node_get (node, "value"), optional, parent);
  if (node->kind == NODE_OBJECT && (complex || unknown))
    return compile_complex (compiler, target, node, parent);
  return wrong_form (compiler, target, node);
}

static int
compile_named (struct compiler *compiler, const struct node *node, const char *urn,
               const char *name, struct shape *parent)
{
  struct target target;
  if (find_target (compiler, node, urn, name, &target) != 0)
    return -1;
  if (shape_find (parent, target.name))
    return node_error (node, compiler->error, "\"%s\" is there twice", target.name);
  MEM_AUTO char *path = urn ? mem_format ("%s:%s", urn, target.name) : mem_copy_text (target.name);
  target.path = path;
  if (urn && compile_is_literal (target.name, node))
    compiler->mapping->lonely_literals = true;
  return compile_value (compiler, &target, node, parent);
}

static int
check_extension (struct compiler *compiler, const struct node *node, const char *urn)
{
  if (node->kind != NODE_OBJECT)
    return node_error (node, compiler->error, "\"%s\" is an extension: write its attributes below it",
                       urn);
  if (text_equal_nocase (urn, CORE_USER_URN))
    return node_error (node, compiler->error, "the core User's attributes stand directly under "
                       "mapping:, without \"%s\"", urn);
  if (shape_find (&compiler->mapping->root, urn))
    return node_error (node, compiler->error, "\"%s\" is there twice", urn);
  if (!compiler->schema || schema_has_urn (compiler->schema, urn))
    return 0;
  const char *nearest = schema_nearest_urn (compiler->schema, urn);
  return node_error (node, compiler->error, "the sink has no schema \"%s\"%s%s%s", urn,
                     nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

static int
compile_extension (struct compiler *compiler, const struct node *node, const char *urn)
{
  if (check_extension (compiler, node, urn) != 0)
    return -1;
  struct shape *shape = shape_add (&compiler->mapping->root, SHAPE_OBJECT, urn);
  shape->urn = mem_copy_text (urn);
  for (size_t i = 0; i < node->count; i++)
    if (compile_named (compiler, node->items[i], urn, node->keys[i], shape) != 0)
      return -1;
  return 0;
}

static int
compile_tree (struct compiler *compiler, const struct node *tree)
{
  if (tree->kind != NODE_OBJECT)
    return node_error (tree, compiler->error, "mapping: is an object: attributes of the account, each "
                       "with what it comes from");
  for (size_t i = 0; i < tree->count; i++) {
    int status = strncasecmp (tree->keys[i], "urn:", 4) == 0
                     ? compile_extension (compiler, tree->items[i], tree->keys[i])
                     : compile_named (compiler, tree->items[i], NULL, tree->keys[i],
                                      &compiler->mapping->root);
    if (status != 0)
      return -1;
  }
  if (compiler->mapping->user_name < 0)
    return node_error (tree, compiler->error, "the mapping has no \"userName\", which every account "
                       "needs: add \"userName: mail\", for example");
  return 0;
}

static int
compile_all (struct compiler *compiler, const struct node *tree, const struct node *schemas)
{
  struct mapping *mapping = compiler->mapping;
  compiler->node = tree;
  if (compile_schemas (compiler, schemas) != 0 || compile_tree (compiler, tree) != 0
      || compile_implied (compiler, tree) != 0)
    return -1;
  shape_add (&mapping->root, SHAPE_SCHEMAS, "schemas");
  if (mapping->active < 0)
    shape_add (&mapping->root, SHAPE_ACTIVE, "active");
  shape_sort (&mapping->root);
  compile_version (mapping);
  return 0;
}

int
mapping_compile (const struct node *tree, const struct node *schemas, const struct schema *schema,
                 struct buffer *warnings, struct mapping **ret_mapping, struct error *error)
{
  struct mapping *mapping = mem_new (1, sizeof *mapping);
  struct compiler compiler = { .mapping = mapping, .schema = schema, .warnings = warnings,
                               .error = error };
  mapping->user_name = mapping->external_id = mapping->active = -1;
  if (compile_all (&compiler, tree, schemas) != 0) {
    mapping_free (mapping);
    return -1;
  }
  *ret_mapping = mapping;
  return 0;
}
