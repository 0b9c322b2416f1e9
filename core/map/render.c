/* Makes the JSON of one leaf: a scalar, a typed item, a list. Pure. */
#include "config.h"
#include "map/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/mem.h"

#define SHOWN_MAX ((size_t) 40)
#define ITEMS_MAX ((size_t) 200000)

void
render_cut (struct buffer *buffer, size_t len)
{
  buffer->len = len;
  if (buffer->bytes)
    buffer->bytes[len] = '\0';
}

/* A value for a message: short, and with nothing that a terminal would obey. */
static void
show (const struct item *item, char out[SHOWN_MAX + 8])
{
  size_t len = item->len < SHOWN_MAX ? item->len : SHOWN_MAX;
  while (len < item->len && len > SHOWN_MAX - 4 && ((unsigned char) item->bytes[len] & 0xc0) == 0x80)
    len--;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char) item->bytes[i];
    out[i] = c < 0x20 || c == 0x7f ? '?' : (char) c;
  }
  strcpy (out + len, len < item->len ? "…" : "");
}

static void
clean_utf8 (char *text)
{
  for (; *text; text++)
    if ((unsigned char) *text >= 0x80)
      *text = '?';
}

void
render_reason (const struct evaluation *evaluation, size_t leaf, char *ret_text, size_t size)
{
  const struct mapping *mapping = evaluation->mapping;
  char value[SHOWN_MAX + 8] = "";
  bool attribute = evaluation->attribute != NO_ATTRIBUTE;
  const struct item *shown = evaluation->shown;
  if (shown && shown->kind == ITEM_TEXT) {
    show (shown, value);
    if (strstr (evaluation->why, "UTF-8"))
      clean_utf8 (value);
  }
  snprintf (ret_text, size, "%s: %s%s%s%s%s %s", mapping->leaves[leaf].path,
            shown ? "the value \"" : "the value", value, shown ? "\"" : "",
            attribute ? " of attribute " : "",
            attribute ? mapping->attributes[evaluation->attribute].name : "", evaluation->why);
}

/* 1 with the value's JSON appended, 0 absent, -1. An empty text counts as absent: directories
 * have none, filters can make one, and sinks do not keep them. */
static int
put_value (struct evaluation *evaluation, const struct member *member, struct buffer *out)
{
  struct items items;
  if (member->literal) {
    buffer_append_text (out, member->literal);
    return 1;
  }
  int status = expression_evaluate (evaluation, &member->expression, &items);
  if (status <= 0)
    return status;
  if (items.list[0].kind == ITEM_TEXT && items.list[0].len == 0)
    return 0;
  return convert_to_json (evaluation, &items.list[0], member->type, member->typed, out) == 0 ? 1 : -1;
}

static int
put_optional (struct evaluation *evaluation, size_t leaf, const struct member *member,
              struct buffer *out, struct buffer *warnings)
{
  size_t mark = out->len;
  int status = put_value (evaluation, member, out);
  if (status >= 0 || !member->optional)
    return status;
  char text[768];
  render_cut (out, mark);
  render_reason (evaluation, leaf, text, sizeof text);
  buffer_printf (warnings, "%s; left out\n", text);
  return 0;
}

/* An object without anything but literals is left out. */
static int
put_object (struct evaluation *evaluation, size_t leaf, const struct item_rule *item,
            struct buffer *out, struct buffer *warnings)
{
  size_t start = out->len;
  bool first = true, any = false;
  buffer_append_char (out, '{');
  for (size_t i = 0; i < item->count; i++) {
    const struct member *member = &item->members[i];
    size_t mark = out->len;
    bool was_first = first;
    json_put_key (out, member->key, &first);
    int status = put_optional (evaluation, leaf, member, out, warnings);
    if (status < 0)
      return -1;
    any |= status > 0 && !member->literal;
    if (status == 0) {
      render_cut (out, mark);
      first = was_first;
    }
  }
  buffer_append_char (out, '}');
  if (!any)
    render_cut (out, start);
  return any;
}

static int
put_item (struct evaluation *evaluation, size_t leaf, const struct item_rule *item,
          struct buffer *out, struct buffer *warnings)
{
  if (item->members[0].key)
    return put_object (evaluation, leaf, item, out, warnings);
  return put_optional (evaluation, leaf, &item->members[0], out, warnings);
}

/* ---- lists ---- */

struct list {
  struct evaluation *evaluation;
  size_t leaf;
  struct buffer *out, *warnings;
  size_t *starts; /* of the items in OUT */
  size_t count, size;
};

/* Is the item that was just written at START there already? */
static bool
is_repeated (const struct list *list, size_t start)
{
  const char *text = list->out->bytes + start;
  size_t len = list->out->len - start;
  for (size_t i = 0; i < list->count; i++) {
    size_t end = (i + 1 < list->count ? list->starts[i + 1] : start) - 1;
    if (end - list->starts[i] == len && memcmp (list->out->bytes + list->starts[i], text, len) == 0)
      return true;
  }
  return false;
}

static void
note_item (struct list *list, size_t start)
{
  if (list->count == list->size) {
    list->size = list->size ? list->size * 2 : 16;
    list->starts = mem_resize (list->starts, list->size, sizeof *list->starts);
  }
  list->starts[list->count++] = start;
}

/* Items are compared with the ones before them only where there are few: a thousand and more
 * come from attribute values, which differ anyway. */
static int
add_item (struct list *list, int (*put) (struct list *, const void *), const void *what)
{
  size_t mark = list->out->len;
  if (list->count)
    buffer_append_char (list->out, ',');
  size_t start = list->out->len;
  int status = put (list, what);
  if (status < 0)
    return -1;
  if (status == 0 || list->count >= ITEMS_MAX || (list->count < 1000 && is_repeated (list, start)))
    render_cut (list->out, mark);
  else
    note_item (list, start);
  return 0;
}

static int
put_rule (struct list *list, const void *what)
{
  return put_item (list->evaluation, list->leaf, what, list->out, list->warnings);
}

static int
add_each (struct list *list, const struct item_rule *rule)
{
  struct items values;
  int status = expression_evaluate (list->evaluation, &rule->each_expression, &values);
  if (status <= 0)
    return status;
  struct evaluation *evaluation = list->evaluation;
  size_t attribute = evaluation->attribute;
  for (size_t i = 0; i < values.count; i++) {
    evaluation->each = &values.list[i];
    evaluation->attribute = attribute;
    status = add_item (list, put_rule, rule);
    evaluation->each = NULL;
    if (status != 0)
      return -1;
  }
  return 0;
}

struct spread {
  const struct member *member;
  struct item *item;
};

static int
put_spread (struct list *list, const void *what)
{
  const struct spread *spread = what;
  if (spread->item->kind == ITEM_TEXT && spread->item->len == 0)
    return 0;
  return convert_to_json (list->evaluation, spread->item, spread->member->type, spread->member->typed,
                          list->out) == 0 ? 1 : -1;
}

/* A list of plain values from an expression that gives several. */
static int
add_spread (struct list *list, const struct member *member)
{
  struct items values;
  int status = expression_evaluate (list->evaluation, &member->expression, &values);
  if (status <= 0)
    return status;
  for (size_t i = 0; i < values.count; i++) {
    struct spread spread = { member, &values.list[i] };
    if (add_item (list, put_spread, &spread) != 0)
      return -1;
  }
  return 0;
}

static int
add_rule (struct list *list, const struct item_rule *rule)
{
  if (rule->each)
    return add_each (list, rule);
  if (!rule->members[0].key && !rule->members[0].literal
      && expression_is_many (&rule->members[0].expression))
    return add_spread (list, &rule->members[0]);
  return add_item (list, put_rule, rule);
}

static int
put_list (struct evaluation *evaluation, size_t leaf, struct buffer *out, struct buffer *warnings)
{
  const struct leaf_rule *rule = &evaluation->mapping->rules[leaf];
  struct list list = { .evaluation = evaluation, .leaf = leaf, .out = out, .warnings = warnings };
  size_t mark = out->len;
  int status = 0;
  buffer_append_char (out, '[');
  for (size_t i = 0; i < rule->item_count && status == 0; i++)
    status = add_rule (&list, &rule->items[i]);
  buffer_append_char (out, ']');
  free (list.starts);
  if (status != 0)
    return -1;
  if (list.count == 0)
    render_cut (out, mark);
  return list.count > 0;
}

int
render_leaf (struct evaluation *evaluation, size_t leaf, struct buffer *out, struct buffer *warnings)
{
  const struct leaf_rule *rule = &evaluation->mapping->rules[leaf];
  size_t mark = out->len;
  int status = 0;
  evaluation->attribute = NO_ATTRIBUTE;
  evaluation->shown = NULL;
  if (rule->is_entry_id) {
    json_put_string (out, buffer_text (&evaluation->entry->id), evaluation->entry->id.len);
    return 1;
  }
  if (evaluation->mapping->leaves[leaf].kind == LEAF_LIST)
    status = put_list (evaluation, leaf, out, warnings);
  else
    status = put_item (evaluation, leaf, &rule->items[0], out, warnings);
  if (status <= 0)
    render_cut (out, mark);
  return status;
}
