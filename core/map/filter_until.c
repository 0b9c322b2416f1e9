/* The filter until(attribute): true stays true until the date in the attribute has passed. Such a
 * value changes though the entry does not: the source says when to look at it again. The moment is
 * the entry's, so that evaluating reads no clock. */
#include "config.h"
#include "map/compile.h"

int
filter_until_prepare (struct compiler *compiler, struct filter_use *use)
{
  const struct argument *argument = &use->arguments[0];
  if (argument->kind != ARGUMENT_WORD || !compile_is_attribute (argument->text, argument->len))
    return compile_error_at (compiler, argument->at, "until wants the attribute that holds the date: %s",
                             use->filter->usage);
  use->attribute = compile_attribute (compiler, argument->text, argument->len);
  return 0;
}

/* 1: it has passed; 0: not yet, or there is none; -1: it is no date. */
static int
has_passed (struct evaluation *evaluation, size_t attribute)
{
  struct value value;
  struct item item;
  struct tm calendar;
  if (!entry_first (evaluation->entry, attribute, &value))
    return 0;
  int status = date_from_text (value.bytes, value.len, &calendar);
  if (status > 0)
    return date_seconds (&calendar) <= evaluation->entry->read_ms / 1000;
  if (status == 0)
    return 0;
  evaluation->attribute = attribute;
  item_set_text (&item, value.bytes, value.len);
  return evaluation_fail (evaluation, &item, "is neither generalizedTime nor Windows file time");
}

int
filter_until (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  if (filter_bool (evaluation, use, item) < 0)
    return -1;
  int passed = has_passed (evaluation, use->attribute);
  if (passed > 0)
    item->flag = false;
  return passed < 0 ? -1 : 1;
}
