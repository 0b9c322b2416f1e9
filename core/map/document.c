/* The document of leaves: canonical JSON (RFC 8785), written straight into a buffer. Pure. */
#include "config.h"
#include "map/render.h"

#include <string.h>

#include "util/json.h"
#include "util/text.h"

struct writer {
  const struct mapping *mapping;
  const struct leaves *leaves;
  bool everything; /* also what the sink does not keep */
  bool new_account; /* active: true where nothing says otherwise */
  struct buffer *out;
};

static const char *
leaf_json (const struct writer *writer, size_t leaf)
{
  if (!writer->everything && !writer->mapping->leaves[leaf].kept)
    return NULL;
  return leaves_get (writer->leaves, leaf);
}

static bool
has_content (const struct writer *writer, const struct shape *shape)
{
  if (shape->kind == SHAPE_LEAF)
    return leaf_json (writer, shape->leaf) != NULL;
  for (size_t i = 0; i < shape->leaf_count; i++)
    if (leaf_json (writer, shape->leaves[i]))
      return true;
  for (size_t i = 0; i < shape->count; i++)
    if (has_content (writer, &shape->children[i]))
      return true;
  return false;
}

static bool
is_configured (const struct mapping *mapping, const char *urn)
{
  for (size_t i = 0; i < mapping->schema_count; i++)
    if (text_equal_nocase (mapping->schemas[i], urn))
      return true;
  return false;
}

/* The configured ones, and each extension that has content. */
static void
put_schemas (struct writer *writer)
{
  const struct mapping *mapping = writer->mapping;
  const struct shape *root = &mapping->root;
  const char *comma = "";
  buffer_append_char (writer->out, '[');
  for (size_t i = 0; i < mapping->schema_count; i++, comma = ",") {
    buffer_append_text (writer->out, comma);
    json_put_text (writer->out, mapping->schemas[i]);
  }
  for (size_t i = 0; i < root->count; i++) {
    const struct shape *child = &root->children[i];
    if (!child->urn || is_configured (mapping, child->urn) || !has_content (writer, child))
      continue;
    buffer_append_text (writer->out, comma);
    json_put_text (writer->out, child->urn);
    comma = ",";
  }
  buffer_append_char (writer->out, ']');
}

static bool
put_items (struct writer *writer, const struct shape *shape)
{
  const char *comma = "";
  buffer_append_char (writer->out, '[');
  for (size_t i = 0; i < shape->leaf_count; i++) {
    const char *json = leaf_json (writer, shape->leaves[i]);
    if (!json)
      continue;
    buffer_append_text (writer->out, comma);
    buffer_append_text (writer->out, json);
    comma = ",";
  }
  buffer_append_char (writer->out, ']');
  return *comma;
}

static bool
put_leaf (struct writer *writer, const struct shape *shape)
{
  const char *json = leaf_json (writer, shape->leaf);
  if (!json && writer->new_account && (int) shape->leaf == writer->mapping->active)
    json = "true";
  if (json)
    buffer_append_text (writer->out, json);
  return json != NULL;
}

static bool put_object (struct writer *writer, const struct shape *shape);

/* False: there is nothing to write (what was written is cut off by the caller). */
static bool
put_shape (struct writer *writer, const struct shape *shape)
{
  switch (shape->kind) {
  case SHAPE_LEAF:
    return put_leaf (writer, shape);
  case SHAPE_ITEMS:
    return put_items (writer, shape);
  case SHAPE_SCHEMAS:
    put_schemas (writer);
    return true;
  case SHAPE_ACTIVE:
    buffer_append_text (writer->out, "true");
    return writer->new_account;
  default:
    return put_object (writer, shape);
  }
}

static bool
put_object (struct writer *writer, const struct shape *shape)
{
  bool first = true;
  buffer_append_char (writer->out, '{');
  for (size_t i = 0; i < shape->count; i++) {
    size_t mark = writer->out->len;
    bool was_first = first;
    json_put_key (writer->out, shape->children[i].key, &first);
    if (!put_shape (writer, &shape->children[i])) {
      render_cut (writer->out, mark);
      first = was_first;
    }
  }
  buffer_append_char (writer->out, '}');
  return !first;
}

void
map_document (const struct mapping *mapping, const struct leaves *leaves, bool everything,
              struct buffer *out)
{
  struct writer writer = { .mapping = mapping, .leaves = leaves, .everything = everything, .out = out };
  put_object (&writer, &mapping->root);
}

void
map_document_new (const struct mapping *mapping, const struct leaves *leaves, struct buffer *out)
{
  struct writer writer = { .mapping = mapping, .leaves = leaves, .new_account = true, .out = out };
  put_object (&writer, &mapping->root);
}
