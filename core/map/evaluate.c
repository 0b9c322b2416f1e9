/* Evaluates expressions on one entry. Pure: no I/O, no lock, no clock. */
#include "config.h"
#include "map/internal.h"

#include <stdlib.h>
#include <string.h>

static int
compare_items (const void *a, const void *b)
{
  const struct item *x = a, *y = b;
  size_t shorter = x->len < y->len ? x->len : y->len;
  int order = memcmp (x->bytes, y->bytes, shorter);
  return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* All values, sorted: LDAP's have no order, and the same entry is to give the same result. */
static void
take_all (struct evaluation *evaluation, size_t attribute, struct items *items)
{
  size_t count = entry_count (evaluation->entry, attribute);
  struct value *values = arena_take (&evaluation->arena, (count + 1) * sizeof *values);
  items->list = arena_take (&evaluation->arena, (count + 1) * sizeof *items->list);
  items->count = count;
  entry_values (evaluation->entry, attribute, values);
  for (size_t i = 0; i < count; i++)
    item_set_text (&items->list[i], values[i].bytes, values[i].len);
  qsort (items->list, count, sizeof *items->list, compare_items);
}

static void
take_one (struct evaluation *evaluation, size_t attribute, struct items *items)
{
  struct value value;
  items->count = 1;
  if (evaluation->chosen == attribute)
    value = evaluation->choice;
  else if (!entry_first (evaluation->entry, attribute, &value)) {
    items->count = 0;
    return;
  }
  item_set_text (&items->one, value.bytes, value.len);
}

static void
start (struct evaluation *evaluation, const struct pipe *pipe, struct items *items)
{
  items->list = &items->one;
  items->count = 1;
  if (pipe->operand == OPERAND_TEXT)
    item_set_text (&items->one, pipe->text, pipe->len);
  else if (pipe->operand == OPERAND_EACH && evaluation->each)
    items->one = *evaluation->each;
  else if (pipe->operand == OPERAND_EACH)
    items->count = 0;
  else {
    evaluation->attribute = pipe->attribute;
    if (pipe->all)
      take_all (evaluation, pipe->attribute, items);
    else
      take_one (evaluation, pipe->attribute, items);
  }
}

/* A filter of single values works on each; those without a result leave the list. */
static int
apply_to_each (struct evaluation *evaluation, const struct filter_use *use, struct items *items)
{
  size_t kept = 0;
  for (size_t i = 0; i < items->count; i++) {
    int status = use->filter->apply (evaluation, use, &items->list[i]);
    if (status < 0)
      return -1;
    if (status > 0)
      items->list[kept++] = items->list[i];
  }
  items->count = kept;
  return 1;
}

static int
apply (struct evaluation *evaluation, const struct filter_use *use, struct items *items)
{
  if (use->filter->apply_list)
    return use->filter->apply_list (evaluation, use, items);
  if (use->filter->apply)
    return apply_to_each (evaluation, use, items);
  return 1;
}

static int
evaluate_pipe (struct evaluation *evaluation, const struct pipe *pipe, struct items *items)
{
  start (evaluation, pipe, items);
  for (size_t i = 0; i < pipe->use_count; i++)
    if (apply (evaluation, &pipe->uses[i], items) < 0)
      return -1;
  return items->count > 0;
}

static int
put_part (struct evaluation *evaluation, const struct part *part, struct item *ret_item)
{
  struct items items;
  if (!part->pipe) {
    item_set_text (ret_item, part->text, part->len);
    return 1;
  }
  int status = evaluate_pipe (evaluation, part->pipe, &items);
  if (status <= 0)
    return status;
  *ret_item = items.list[0];
  return item_as_text (evaluation, ret_item) == 0 ? 1 : -1;
}

/* A text with several parts; none where one of them is missing. */
static int
evaluate_text (struct evaluation *evaluation, const struct template *template, struct items *items)
{
  size_t len = 0;
  struct item *parts = arena_take (&evaluation->arena, (template->count + 1) * sizeof *parts);
  for (size_t i = 0; i < template->count; i++) {
    int status = put_part (evaluation, &template->parts[i], &parts[i]);
    if (status <= 0)
      return status;
    len += parts[i].len;
  }
  if (len > 2 * MAP_TEXT_MAX)
    return evaluation_fail (evaluation, NULL, "makes a text longer than 2 MiB");
  char *text = arena_take (&evaluation->arena, len + 1), *at = text;
  for (size_t i = 0; i < template->count; i++)
    at = (char *) memcpy (at, parts[i].bytes, parts[i].len) + parts[i].len;
  items->list = &items->one;
  items->count = 1;
  item_set_text (&items->one, text, len);
  return 1;
}

int
expression_evaluate (struct evaluation *evaluation, const struct expression *expression,
                     struct items *ret_items)
{
  for (size_t i = 0; i < expression->count; i++) {
    const struct template *template = &expression->alternatives[i];
    int status = template->count == 1 && template->parts[0].pipe
                     ? evaluate_pipe (evaluation, template->parts[0].pipe, ret_items)
                     : evaluate_text (evaluation, template, ret_items);
    if (status != 0)
      return status;
  }
  ret_items->count = 0;
  return 0;
}

static bool
pipe_uses (const struct pipe *pipe, size_t attribute)
{
  if (pipe->operand == OPERAND_ATTRIBUTE && pipe->attribute == attribute)
    return true;
  for (size_t i = 0; i < pipe->use_count; i++)
    if (pipe->uses[i].attribute == attribute)
      return true;
  return false;
}

bool
expression_uses (const struct expression *expression, size_t attribute)
{
  for (size_t i = 0; i < expression->count; i++)
    for (size_t j = 0; j < expression->alternatives[i].count; j++) {
      const struct pipe *pipe = expression->alternatives[i].parts[j].pipe;
      if (pipe && pipe_uses (pipe, attribute))
        return true;
    }
  return false;
}

bool
expression_is_many (const struct expression *expression)
{
  const struct template *template = expression->alternatives;
  return expression->count && template->count == 1 && template->parts[0].pipe
         && template->parts[0].pipe->many;
}
