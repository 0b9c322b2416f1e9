/* Values between filters: text, booleans, numbers and the ways from one to another. */
#include "config.h"
#include "map/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/text.h"

int
evaluation_fail (struct evaluation *evaluation, const struct item *item, const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  vsnprintf (evaluation->why, sizeof evaluation->why, fmt, args);
  va_end (args);
  evaluation->shown = NULL;
  if (item) {
    struct item *copy = arena_take (&evaluation->arena, sizeof *copy);
    *copy = *item;
    evaluation->shown = copy;
  }
  return -1;
}

void
item_set_text (struct item *item, const char *bytes, size_t len)
{
  *item = (struct item) { .kind = ITEM_TEXT, .bytes = bytes, .len = len };
}

int
item_as_bytes (struct evaluation *evaluation, struct item *item)
{
  if (item->kind == ITEM_TEXT)
    return 0;
  if (item->kind == ITEM_BOOL) {
    item_set_text (item, item->flag ? "true" : "false", item->flag ? 4 : 5);
    return 0;
  }
  char *text = arena_take (&evaluation->arena, 24);
  int len = snprintf (text, 24, "%" PRId64, item->number);
  item_set_text (item, text, (size_t) len);
  return 0;
}

int
item_as_text (struct evaluation *evaluation, struct item *item)
{
  item_as_bytes (evaluation, item);
  if (text_is_utf8 (item->bytes, item->len))
    return 0;
  bool has_nul = memchr (item->bytes, '\0', item->len) != NULL;
  return evaluation_fail (evaluation, item,
                          has_nul ? "holds a NUL byte (base64 or hex can carry it)"
                                  : "is not valid UTF-8 (base64, hex or guid can carry it)");
}

static bool
is_one_of (const struct item *item, const char *const *words)
{
  for (; *words; words++)
    if (strlen (*words) == item->len && strncasecmp (item->bytes, *words, item->len) == 0)
      return true;
  return false;
}

int
item_as_bool (const struct item *item, bool *ret_flag)
{
  static const char *const yes[] = { "true", "1", "yes", "enabled", "on", NULL };
  static const char *const no[] = { "false", "0", "no", "disabled", "off", NULL };
  if (item->kind == ITEM_BOOL)
    *ret_flag = item->flag;
  else if (item->kind == ITEM_NUMBER && (item->number == 0 || item->number == 1))
    *ret_flag = item->number == 1;
  else if (item->kind == ITEM_TEXT && is_one_of (item, yes))
    *ret_flag = true;
  else if (item->kind == ITEM_TEXT && is_one_of (item, no))
    *ret_flag = false;
  else
    return -1;
  return 0;
}

int
item_as_number (const struct item *item, int64_t *ret_number)
{
  char text[32], *end;
  if (item->kind == ITEM_NUMBER || item->kind == ITEM_BOOL) {
    *ret_number = item->kind == ITEM_NUMBER ? item->number : item->flag;
    return 0;
  }
  if (item->len == 0 || item->len >= sizeof text || !strchr ("-0123456789", item->bytes[0]))
    return -1;
  memcpy (text, item->bytes, item->len);
  text[item->len] = '\0';
  errno = 0;
  long long number = strtoll (text, &end, 10);
  if (errno || *end || strlen (text) != item->len)
    return -1;
  *ret_number = number;
  return 0;
}
