/* The filters there are, and the check of their arguments; what they do is in filter_*.c. */
#include "config.h"
#include "map/compile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static const struct filter filters[] = {
  { .name = "lower", .arguments = "", .usage = "lower", .apply = filter_lower },
  { .name = "upper", .arguments = "", .usage = "upper", .apply = filter_upper },
  { .name = "trim", .arguments = "", .usage = "trim", .apply = filter_trim },
  { .name = "replace", .arguments = "tt", .usage = "replace('regular expression', 'text')",
    .prepare = filter_replace_prepare, .release = filter_replace_release, .apply = filter_replace },
  { .name = "substr", .arguments = "nN", .usage = "substr(start, length)", .apply = filter_substr },
  { .name = "split", .arguments = "t", .usage = "split('separator')", .takes_list = true,
    .gives_many = true, .prepare = filter_split_prepare, .apply_list = filter_split },
  { .name = "join", .arguments = "t", .usage = "join('separator')", .takes_list = true,
    .gives_one = true, .apply_list = filter_join },
  { .name = "first", .arguments = "", .usage = "first", .takes_list = true, .gives_one = true,
    .apply_list = filter_first },
  { .name = "last", .arguments = "", .usage = "last", .takes_list = true, .gives_one = true,
    .apply_list = filter_last },
  { .name = "all", .arguments = "", .usage = "all", .takes_list = true, .gives_many = true },
  { .name = "default", .arguments = "v", .usage = "default('text'), default(3), default(true) or "
    "default(attribute)", .takes_list = true, .prepare = filter_default_prepare,
    .apply_list = filter_default },
  { .name = "map", .arguments = "m", .usage = "map({'from': 'to', …})", .apply = filter_map },
  { .name = "bool", .arguments = "", .usage = "bool", .apply = filter_bool },
  { .name = "not", .arguments = "", .usage = "not", .apply = filter_not },
  { .name = "bit", .arguments = "n", .usage = "bit(number), such as bit(2) for the bit of value 2",
    .prepare = filter_bit_prepare, .apply = filter_bit },
  { .name = "e164", .arguments = "w", .usage = "e164(DE) or e164(49)",
    .prepare = filter_e164_prepare, .apply = filter_e164 },
  { .name = "guid", .arguments = "", .usage = "guid", .apply = filter_guid },
  { .name = "base64", .arguments = "", .usage = "base64", .apply = filter_base64 },
  { .name = "hex", .arguments = "", .usage = "hex", .apply = filter_hex },
  { .name = "sha256", .arguments = "", .usage = "sha256", .apply = filter_sha256 },
  { .name = "ascii", .arguments = "", .usage = "ascii", .apply = filter_ascii },
  { .name = "dn", .arguments = "w", .usage = "dn(cn)", .apply = filter_dn },
  { .name = "date", .arguments = "w", .usage = "date(iso), date(YYYY-MM-DD) or date('%Y-%m-%d')",
    .prepare = filter_date_prepare, .apply = filter_date },
  { .name = "until", .arguments = "w", .usage = "until(accountExpires)",
    .prepare = filter_until_prepare, .apply = filter_until },
  { .name = "ref", .arguments = "", .usage = "ref" },
};

#define FILTER_COUNT (sizeof filters / sizeof *filters)

const struct filter *
filter_find (const char *name)
{
  for (size_t i = 0; i < FILTER_COUNT; i++)
    if (strcmp (filters[i].name, name) == 0)
      return &filters[i];
  return NULL;
}

const char *const *
map_filter_names (size_t *ret_count)
{
  static const char *const names[] = {
    "lower", "upper", "trim", "replace", "substr", "split", "join", "first",
    "last", "all", "default", "map", "bool", "not", "bit", "e164",
    "guid", "base64", "hex", "sha256", "ascii", "dn", "date", "until", "ref",
  };
  _Static_assert (sizeof names / sizeof *names == FILTER_COUNT, "a filter is not named");
  *ret_count = FILTER_COUNT;
  return names;
}

static bool
kind_fits (char wanted, enum argument_kind kind)
{
  switch (tolower ((unsigned char) wanted)) {
  case 't':
    return kind == ARGUMENT_TEXT;
  case 'w':
    return kind != ARGUMENT_TABLE;
  case 'n':
    return kind == ARGUMENT_NUMBER;
  case 'm':
    return kind == ARGUMENT_TABLE;
  default:
    return kind != ARGUMENT_TABLE;
  }
}

static const char *
kind_name (char wanted)
{
  switch (tolower ((unsigned char) wanted)) {
  case 't':
    return "a text in quotes";
  case 'n':
    return "a whole number";
  case 'm':
    return "a table in braces";
  default:
    return "a text, a word or a number";
  }
}

int
filter_check (struct compiler *compiler, struct filter_use *use)
{
  const char *wanted = use->filter->arguments;
  for (size_t i = 0; i < use->argument_count; i++) {
    if (i >= strlen (wanted))
      return compile_error_at (compiler, use->arguments[i].at, "%s takes %s; write %s",
                               use->filter->name, *wanted ? "fewer arguments" : "no argument",
                               use->filter->usage);
    if (!kind_fits (wanted[i], use->arguments[i].kind))
      return compile_error_at (compiler, use->arguments[i].at, "%s wants %s here: %s",
                               use->filter->name, kind_name (wanted[i]), use->filter->usage);
  }
  if (use->argument_count < strlen (wanted) && islower ((unsigned char) wanted[use->argument_count]))
    return compile_error_at (compiler, use->at, "%s lacks %s: %s", use->filter->name,
                             use->argument_count ? "an argument" : "its argument",
                             use->filter->usage);
  return use->filter->prepare ? use->filter->prepare (compiler, use) : 0;
}
