/* One text of an option, checked by the type that its plugin declared. Pure. */
#include "config.h"
#include "config/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Splits WORDS at spaces. Free the result with value_free_texts(). */
static char **
split_words (const char *words, size_t *ret_count)
{
  char **list = NULL;
  size_t count = 0;
  for (const char *at = words ? words : ""; *at;) {
    size_t len = strcspn (at, " ");
    if (len) {
      list = mem_resize (list, count + 1, sizeof *list);
      list[count++] = mem_copy (at, len);
    }
    at += len + strspn (at + len, " ");
  }
  *ret_count = count;
  return list;
}

static bool
is_one_of (const char *text, const char *words)
{
  size_t len = strlen (text);
  const char *at = words;
  while (at && *at && len) {
    size_t word = strcspn (at, " ");
    if (word == len && strncmp (at, text, len) == 0)
      return true;
    at += word + strspn (at + word, " ");
  }
  return false;
}

static char *
why_not_a_word (const char *words, const char *text, bool secret)
{
  size_t count = 0;
  char **list = split_words (words, &count);
  char *choice = list_words ((const char *const *) list, count);
  char *hint = secret ? mem_copy_text ("") : nearest_hint (text, (const char *const *) list, count);
  char *why = secret ? mem_format ("%s", choice)
                     : mem_format ("%s, not \"%.100s\"%s", choice, text, hint);
  free (hint);
  free (choice);
  value_free_texts (list, count);
  return why;
}

static int
parse_number (const struct syncd_option *option, const char *text, int64_t *ret_number)
{
  bool truth = false;
  switch (option->type & SYNCD_OPT_TYPE_MASK) {
  case SYNCD_OPT_INT:
    if (is_one_of (text, option->words)) {
      *ret_number = 0;
      return 0;
    }
    return parse_integer (text, ret_number);
  case SYNCD_OPT_BOOL:
    if (parse_bool (text, &truth) < 0)
      return -1;
    *ret_number = truth;
    return 0;
  case SYNCD_OPT_DURATION:
    if (*text < '0' || *text > '9') /* neither never nor auto */
      return -1;
    return settings_parse_duration (text, ret_number);
  default:
    return parse_size (text, ret_number);
  }
}

static const char *
number_words (uint32_t type)
{
  switch (type) {
  case SYNCD_OPT_INT:
    return "a whole number";
  case SYNCD_OPT_BOOL:
    return "true or false";
  case SYNCD_OPT_DURATION:
    return "a time such as 30s, 5m, 12h or 7d";
  default:
    return "a size such as 512, 64k or 4M";
  }
}

static int
check_number (const struct syncd_option *option, const char *text, int64_t *ret_number,
              char **ret_why)
{
  if (parse_number (option, text, ret_number) == 0)
    return 0;
  const char *words = number_words (option->type & SYNCD_OPT_TYPE_MASK);
  const char *more = option->words ? " or " : "", *word = option->words ? option->words : "";
  *ret_why = option->type & SYNCD_OPT_SECRET
                 ? mem_format ("%s%s%s", words, more, word)
                 : mem_format ("%s%s%s, not \"%.100s\"", words, more, word, text);
  return -1;
}

int
option_parse (const struct syncd_option *option, const char *text, int64_t *ret_number,
              char **ret_why)
{
  bool secret = option->type & SYNCD_OPT_SECRET;
  switch (option->type & SYNCD_OPT_TYPE_MASK) {
  case SYNCD_OPT_STRING:
    return 0;
  case SYNCD_OPT_PATH:
    if (*text)
      return 0;
    *ret_why = mem_copy_text ("a file's name, this is empty");
    return -1;
  case SYNCD_OPT_URI: /* a URI may have a password in it: never shown */
    if (parse_uri (text))
      return 0;
    *ret_why = mem_copy_text ("a URI such as https://HOST:PORT (this is none)");
    return -1;
  case SYNCD_OPT_ENUM:
    if (is_one_of (text, option->words))
      return 0;
    *ret_why = why_not_a_word (option->words, text, secret);
    return -1;
  default:
    return check_number (option, text, ret_number, ret_why);
  }
}

void
option_add_take (struct option_value *value, char *key, char *text)
{
  value->keys = mem_resize (value->keys, value->count + 1, sizeof *value->keys);
  value->texts = mem_resize (value->texts, value->count + 1, sizeof *value->texts);
  value->keys[value->count] = key;
  value->texts[value->count++] = text;
}
