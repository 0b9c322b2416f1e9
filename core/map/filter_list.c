/* Filters on lists of values: split, join, first, last, default. */
#include "config.h"
#include "map/compile.h"

#include <string.h>

#include "util/mem.h"

int
filter_split_prepare (struct compiler *compiler, struct filter_use *use)
{
  if (use->arguments[0].len == 0)
    return compile_error_at (compiler, use->arguments[0].at, "split wants a separator: %s",
                             use->filter->usage);
  return 0;
}

static const char *
find (const char *text, size_t len, const struct argument *separator)
{
  return len < separator->len ? NULL : memmem (text, len, separator->text, separator->len);
}

static size_t
count_pieces (const struct item *item, const struct argument *separator)
{
  size_t count = 1;
  const char *at = item->bytes, *end = at + item->len, *next;
  for (; (next = find (at, (size_t) (end - at), separator)); at = next + separator->len)
    count++;
  return count;
}

/* Empty pieces are left out. */
static size_t
put_pieces (const struct item *item, const struct argument *separator, struct item *out)
{
  size_t count = 0;
  const char *at = item->bytes, *end = at + item->len, *next;
  do {
    next = find (at, (size_t) (end - at), separator);
    size_t len = (size_t) ((next ? next : end) - at);
    if (len)
      item_set_text (&out[count++], at, len);
    at += len + separator->len;
  } while (next);
  return count;
}

int
filter_split (struct evaluation *evaluation, const struct filter_use *use, struct items *items)
{
  const struct argument *separator = &use->arguments[0];
  size_t room = 0, count = 0;
  for (size_t i = 0; i < items->count; i++) {
    if (item_as_text (evaluation, &items->list[i]) != 0)
      return -1;
    room += count_pieces (&items->list[i], separator);
  }
  struct item *pieces = arena_take (&evaluation->arena, (room + 1) * sizeof *pieces);
  for (size_t i = 0; i < items->count; i++)
    count += put_pieces (&items->list[i], separator, pieces + count);
  items->list = pieces;
  items->count = count;
  return 1;
}

static int
total_length (struct evaluation *evaluation, struct items *items, size_t between, size_t *ret_len)
{
  size_t len = 0;
  for (size_t i = 0; i < items->count; i++) {
    if (item_as_text (evaluation, &items->list[i]) != 0)
      return -1;
    len += items->list[i].len + (i ? between : 0);
    if (len > MAP_TEXT_MAX)
      return evaluation_fail (evaluation, NULL, "becomes longer than 1 MiB in join");
  }
  *ret_len = len;
  return 0;
}

int
filter_join (struct evaluation *evaluation, const struct filter_use *use, struct items *items)
{
  const struct argument *separator = &use->arguments[0];
  size_t len = 0;
  if (items->count == 0)
    return 1;
  if (total_length (evaluation, items, separator->len, &len) != 0)
    return -1;
  char *text = arena_take (&evaluation->arena, len + 1), *at = text;
  for (size_t i = 0; i < items->count; i++) {
    if (i)
      at = (char *) memcpy (at, separator->text, separator->len) + separator->len;
    at = (char *) memcpy (at, items->list[i].bytes, items->list[i].len) + items->list[i].len;
  }
  items->list = &items->one;
  items->count = 1;
  item_set_text (&items->one, text, len);
  return 1;
}

static int
keep_one (struct items *items, size_t i)
{
  if (items->count > 1) {
    items->one = items->list[i];
    items->list = &items->one;
    items->count = 1;
  }
  return 1;
}

int
filter_first (struct evaluation *evaluation, const struct filter_use *use, struct items *items)
{
  (void) evaluation;
  (void) use;
  return keep_one (items, 0);
}

int
filter_last (struct evaluation *evaluation, const struct filter_use *use, struct items *items)
{
  (void) evaluation;
  (void) use;
  return items->count ? keep_one (items, items->count - 1) : 1;
}

static bool
is_bool_word (const struct argument *argument)
{
  return argument->kind == ARGUMENT_WORD
         && (strcmp (argument->text, "true") == 0 || strcmp (argument->text, "false") == 0);
}

static void
argument_item (const struct argument *argument, struct item *item)
{
  item_set_text (item, argument->text, argument->len);
  if (argument->kind == ARGUMENT_NUMBER)
    *item = (struct item) { .kind = ITEM_NUMBER, .number = argument->number };
  else if (is_bool_word (argument))
    *item = (struct item) { .kind = ITEM_BOOL, .flag = argument->text[0] == 't' };
}

int
filter_default_prepare (struct compiler *compiler, struct filter_use *use)
{
  const struct argument *argument = &use->arguments[0];
  if (argument->kind != ARGUMENT_WORD || is_bool_word (argument))
    return 0;
  if (!compile_is_attribute (argument->text, argument->len))
    return compile_error_at (compiler, argument->at, "\"%s\" is no attribute; a fixed text is "
                             "written in quotes: default('%s')", argument->text, argument->text);
  use->attribute = compile_attribute (compiler, argument->text, argument->len);
  return 0;
}

int
filter_default (struct evaluation *evaluation, const struct filter_use *use, struct items *items)
{
  struct value value;
  if (items->count)
    return 1;
  items->list = &items->one;
  if (use->attribute == NO_ATTRIBUTE) {
    argument_item (&use->arguments[0], &items->one);
    items->count = 1;
    return 1;
  }
  if (evaluation->chosen == use->attribute)
    value = evaluation->choice;
  else if (!entry_first (evaluation->entry, use->attribute, &value))
    return 1;
  evaluation->attribute = use->attribute;
  item_set_text (&items->one, value.bytes, value.len);
  items->count = 1;
  return 1;
}

/* A value that the table lacks is left out: a default may follow. */
int
filter_map (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  const struct argument *table = &use->arguments[0];
  if (item_as_text (evaluation, item) != 0)
    return -1;
  for (size_t i = 0; i < table->count; i++)
    if (table->keys[i].len == item->len && memcmp (table->keys[i].text, item->bytes, item->len) == 0) {
      argument_item (&table->values[i], item);
      return 1;
    }
  return 0;
}
