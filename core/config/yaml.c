/* From YAML text to a tree of nodes. The only user of libyaml.
 *
 * Takes the plain part of YAML that people write by hand: no anchors, no aliases, no tags, one
 * document, keys that are text, no key twice. Replaces nothing. Main thread only. */
#include "config.h"
#include "config/internal.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "util/mem.h"

struct reader {
  yaml_parser_t parser;
  const char *text;
  size_t len;
  char *file; /* goes to the root */
  struct error *error;
};

static int read_node (struct reader *, const yaml_event_t *, int level, struct node **ret_node);

static int
fail (struct reader *reader, const yaml_mark_t *mark, const char *message)
{
  return error_config (reader->error, "%s:%zu:%zu: %s", reader->file, mark->line + 1,
                       mark->column + 1, message);
}

/* A copy of the line with that number (from 0), at most as far as its indentation matters. */
static char *
copy_line (const struct reader *reader, size_t number)
{
  const char *at = reader->text, *end = at + reader->len;
  while (number-- && at < end) {
    const char *newline = memchr (at, '\n', (size_t) (end - at));
    at = newline ? newline + 1 : end;
  }
  const char *newline = memchr (at, '\n', (size_t) (end - at));
  size_t len = (size_t) ((newline ? newline : end) - at);
  return mem_copy (at, len < 200 ? len : 200);
}

/* Where libyaml's reader refuses bytes it tells an offset instead of a mark. */
static yaml_mark_t
mark_of_offset (const struct reader *reader, size_t offset)
{
  yaml_mark_t mark = {0};
  for (size_t i = 0; i < offset && i < reader->len; i++) {
    mark.column++;
    if (reader->text[i] == '\n') {
      mark.line++;
      mark.column = 0;
    }
  }
  return mark;
}

static int
syntax_error (struct reader *reader)
{
  const yaml_parser_t *parser = &reader->parser;
  yaml_mark_t mark = parser->problem_mark;
  if (parser->error == YAML_MEMORY_ERROR)
    return fail (reader, &mark, "out of memory");
  if (parser->error == YAML_READER_ERROR)
    mark = mark_of_offset (reader, parser->problem_offset);
  MEM_AUTO char *line = copy_line (reader, mark.line);
  return fail (reader, &mark, yaml_words (parser->problem, line));
}

/* Deletes an event; what was in it may have been a secret. */
static void
delete_event (yaml_event_t *event)
{
  if (event->type == YAML_SCALAR_EVENT)
    mem_wipe (event->data.scalar.value, event->data.scalar.length);
  yaml_event_delete (event);
}

static int
next_event (struct reader *reader, yaml_event_t *ret_event)
{
  return yaml_parser_parse (&reader->parser, ret_event) ? 0 : syntax_error (reader);
}

static struct node *
new_node (struct reader *reader, enum node_kind kind, const yaml_event_t *event)
{
  struct node *node = mem_new (1, sizeof *node);
  node->kind = kind;
  node->file = reader->file;
  node->line = (int) event->start_mark.line + 1;
  node->column = (int) event->start_mark.column + 1;
  return node;
}

static int
check_decoration (struct reader *reader, const yaml_event_t *event, const yaml_char_t *anchor,
                  const yaml_char_t *tag)
{
  if (anchor)
    return fail (reader, &event->start_mark,
                 "anchors (&name) are not taken; a value that begins with & needs quotes");
  if (tag)
    return fail (reader, &event->start_mark,
                 "tags (!name) are not taken; a value that begins with ! needs quotes");
  return 0;
}

static int
read_scalar (struct reader *reader, const yaml_event_t *event, struct node **ret_node)
{
  const char *text = (const char *) event->data.scalar.value;
  size_t len = event->data.scalar.length;
  if (check_decoration (reader, event, event->data.scalar.anchor, event->data.scalar.tag) < 0)
    return -1;
  if (memchr (text, '\0', len))
    return fail (reader, &event->start_mark, "a NUL character (\\0) is not taken in a value");
  struct node *node = new_node (reader, NODE_SCALAR, event);
  node->text = mem_copy (text, len);
  node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  *ret_node = node;
  return 0;
}

static int
read_items (struct reader *reader, struct node *list, int level)
{
  for (;;) {
    yaml_event_t event;
    struct node *item = NULL;
    if (next_event (reader, &event) < 0)
      return -1;
    bool end = event.type == YAML_SEQUENCE_END_EVENT;
    int result = end ? 0 : read_node (reader, &event, level, &item);
    delete_event (&event);
    if (end || result < 0)
      return result;
    node_append (list, NULL, item);
  }
}

static int
check_key (struct reader *reader, const struct node *object, const yaml_event_t *event)
{
  if (event->type == YAML_ALIAS_EVENT)
    return fail (reader, &event->start_mark, "aliases (*name) are not taken");
  if (event->type != YAML_SCALAR_EVENT)
    return fail (reader, &event->start_mark, "a key must be a single word, not a list or an object");
  const char *key = (const char *) event->data.scalar.value;
  if (check_decoration (reader, event, event->data.scalar.anchor, event->data.scalar.tag) < 0)
    return -1;
  if (memchr (key, '\0', event->data.scalar.length) || !*key)
    return fail (reader, &event->start_mark, "an empty key");
  const struct node *other = node_get (object, key);
  if (other)
    return error_config (reader->error, "%s:%zu:%zu: the key \"%.100s\" is already given in line %d",
                         reader->file, event->start_mark.line + 1, event->start_mark.column + 1,
                         key, other->key_line);
  if (object->count >= CONFIG_MAX_MEMBERS)
    return fail (reader, &event->start_mark, "an object has at most 10000 keys");
  return 0;
}

/* The value of the key that KEY_EVENT is. */
static int
read_member (struct reader *reader, struct node *object, const yaml_event_t *key_event, int level)
{
  yaml_event_t event;
  struct node *item = NULL;
  if (check_key (reader, object, key_event) < 0 || next_event (reader, &event) < 0)
    return -1;
  int result = read_node (reader, &event, level, &item);
  delete_event (&event);
  if (result < 0)
    return -1;
  item->key_line = (int) key_event->start_mark.line + 1;
  item->key_column = (int) key_event->start_mark.column + 1;
  node_append (object, mem_copy_text ((const char *) key_event->data.scalar.value), item);
  return 0;
}

static int
read_members (struct reader *reader, struct node *object, int level)
{
  for (;;) {
    yaml_event_t event;
    if (next_event (reader, &event) < 0)
      return -1;
    bool end = event.type == YAML_MAPPING_END_EVENT;
    int result = end ? 0 : read_member (reader, object, &event, level);
    delete_event (&event);
    if (end || result < 0)
      return result;
  }
}

static int
read_collection (struct reader *reader, const yaml_event_t *event, int level,
                 struct node **ret_node)
{
  bool list = event->type == YAML_SEQUENCE_START_EVENT;
  const yaml_char_t *anchor =
      list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
  const yaml_char_t *tag = list ? event->data.sequence_start.tag : event->data.mapping_start.tag;
  if (check_decoration (reader, event, anchor, tag) < 0)
    return -1;
  if (level > CONFIG_MAX_LEVELS)
    return fail (reader, &event->start_mark, "more than 32 levels inside one another");
  struct node *node = new_node (reader, list ? NODE_LIST : NODE_OBJECT, event);
  int result =
      list ? read_items (reader, node, level + 1) : read_members (reader, node, level + 1);
  if (result < 0) {
    node_discard (node);
    return -1;
  }
  *ret_node = node;
  return 0;
}

static int
read_node (struct reader *reader, const yaml_event_t *event, int level, struct node **ret_node)
{
  switch (event->type) {
  case YAML_SCALAR_EVENT:
    return read_scalar (reader, event, ret_node);
  case YAML_SEQUENCE_START_EVENT:
  case YAML_MAPPING_START_EVENT:
    return read_collection (reader, event, level, ret_node);
  case YAML_ALIAS_EVENT:
    return fail (reader, &event->start_mark,
                 "aliases (*name) are not taken; a value that begins with * needs quotes");
  default:
    return fail (reader, &event->start_mark, "a value is expected here");
  }
}

/* The next event must be of TYPE; otherwise MESSAGE. */
static int
expect (struct reader *reader, yaml_event_type_t type, const char *message)
{
  yaml_event_t event;
  if (next_event (reader, &event) < 0)
    return -1;
  int result = event.type == type ? 0 : fail (reader, &event.start_mark, message);
  delete_event (&event);
  return result;
}

/* An empty document is an empty object. */
static int
root_object (struct reader *reader, const yaml_event_t *event, struct node *root)
{
  if (root->kind == NODE_SCALAR && node_is_null (root)) {
    root->kind = NODE_OBJECT;
    free (root->text);
    root->text = NULL;
    return 0;
  }
  if (root->kind == NODE_OBJECT)
    return 0;
  return fail (reader, &event->start_mark,
               "a configuration consists of keys with values (\"sources:\", \"sinks:\", …)");
}

static int
read_root (struct reader *reader, struct node **ret_root)
{
  yaml_event_t event;
  struct node *root = NULL;
  if (next_event (reader, &event) < 0)
    return -1;
  int result = read_node (reader, &event, 1, &root);
  if (result == 0)
    result = root_object (reader, &event, root);
  delete_event (&event);
  if (result == 0)
    result = expect (reader, YAML_DOCUMENT_END_EVENT, "the document should end here");
  if (result == 0)
    result = expect (reader, YAML_STREAM_END_EVENT,
                     "a second document begins here (\"---\"); a configuration is one document");
  if (result < 0) {
    node_discard (root);
    return -1;
  }
  *ret_root = root;
  return 0;
}

static int
read_stream (struct reader *reader, struct node **ret_root)
{
  yaml_event_t event;
  if (expect (reader, YAML_STREAM_START_EVENT, "this is not YAML") < 0
      || next_event (reader, &event) < 0)
    return -1;
  int result = 0;
  if (event.type == YAML_STREAM_END_EVENT) {
    *ret_root = new_node (reader, NODE_OBJECT, &event);
  } else {
    bool tags = event.data.document_start.tag_directives.start
                != event.data.document_start.tag_directives.end;
    result = tags ? fail (reader, &event.start_mark, "%TAG is not taken")
                  : read_root (reader, ret_root);
  }
  delete_event (&event);
  return result;
}

/* libyaml keeps the text in buffers of its own. */
static void
wipe_parser (yaml_parser_t *parser)
{
  mem_wipe (parser->buffer.start, (size_t) (parser->buffer.end - parser->buffer.start));
  mem_wipe (parser->raw_buffer.start, (size_t) (parser->raw_buffer.end - parser->raw_buffer.start));
  yaml_parser_delete (parser);
}

int
yaml_read (const char *name, const char *text, size_t len, struct node **ret_root,
           struct error *error)
{
  struct reader reader = {.text = text, .len = len, .error = error};
  if (!yaml_parser_initialize (&reader.parser))
    return error_set (error, "out of memory");
  reader.file = mem_copy_text (name);
  yaml_parser_set_input_string (&reader.parser, (const unsigned char *) text, len);
  yaml_parser_set_encoding (&reader.parser, YAML_UTF8_ENCODING);
  int result = read_stream (&reader, ret_root);
  wipe_parser (&reader.parser);
  if (result < 0)
    free (reader.file);
  return result;
}
