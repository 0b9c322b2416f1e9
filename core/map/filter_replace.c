/* The filter replace: POSIX extended regular expressions, of the C library.
 *
 * They see characters where the system has the locale C.UTF-8, else bytes. Their cost can grow
 * with the square of the input, so that one is short. */
#include "config.h"
#include "map/compile.h"

#include <locale.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

#define INPUT_MAX ((size_t) 16 << 10)
#define GROUPS 10

struct pattern {
  regex_t regex;
  locale_t utf8; /* or 0 */
};

static locale_t
enter (locale_t utf8)
{
  return utf8 ? uselocale (utf8) : (locale_t) 0;
}

static void
leave (locale_t former)
{
  if (former)
    uselocale (former);
}

int
filter_replace_prepare (struct compiler *compiler, struct filter_use *use)
{
  const struct argument *written = &use->arguments[0];
  struct pattern *pattern = mem_new (1, sizeof *pattern);
  pattern->utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  locale_t former = enter (pattern->utf8);
  int status = regcomp (&pattern->regex, written->text, REG_EXTENDED);
  char why[128] = "";
  if (status != 0)
    regerror (status, &pattern->regex, why, sizeof why);
  leave (former);
  if (status == 0) {
    use->prepared = pattern;
    return 0;
  }
  if (pattern->utf8)
    freelocale (pattern->utf8);
  free (pattern);
  return compile_error_at (compiler, written->at, "\"%s\" is no regular expression (POSIX, extended): "
                           "%s", written->text, why);
}

void
filter_replace_release (void *prepared)
{
  struct pattern *pattern = prepared;
  if (!pattern)
    return;
  regfree (&pattern->regex);
  if (pattern->utf8)
    freelocale (pattern->utf8);
  free (pattern);
}

/* The replacement: \0 to \9 are what matched, \\ a backslash. */
static void
put_replacement (struct buffer *out, const char *with, const char *text, const regmatch_t *groups)
{
  for (; *with; with++) {
    if (*with != '\\' || !with[1]) {
      buffer_append_char (out, *with);
      continue;
    }
    with++;
    if (*with < '0' || *with > '9') {
      buffer_append_char (out, *with);
      continue;
    }
    const regmatch_t *group = &groups[*with - '0'];
    if (group->rm_so >= 0)
      buffer_append (out, text + group->rm_so, (size_t) (group->rm_eo - group->rm_so));
  }
}

/* Bytes of the character at TEXT. */
static size_t
step_of (const char *text)
{
  size_t step = 1;
  while (((unsigned char) text[step] & 0xc0) == 0x80)
    step++;
  return step;
}

/* As sed does it: an empty match right behind the match before is none. */
static void
replace_all (const struct pattern *pattern, const char *with, const char *text, struct buffer *out)
{
  regmatch_t groups[GROUPS];
  bool behind = false; /* a match ended here */
  for (int flags = 0; regexec (&pattern->regex, text, GROUPS, groups, flags) == 0; flags = REG_NOTBOL) {
    const size_t start = (size_t) groups[0].rm_so, end = (size_t) groups[0].rm_eo;
    buffer_append (out, text, start);
    if (end > start || start > 0 || !behind)
      put_replacement (out, with, text, groups);
    text += end;
    behind = end > start;
    if (!behind && *text) { /* matched nothing: go on by a character */
      size_t step = step_of (text);
      buffer_append (out, text, step);
      text += step;
    } else if (!*text) {
      return;
    }
    if (out->full)
      return;
  }
  buffer_append_text (out, text);
}

int
filter_replace (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  if (item_as_text (evaluation, item) != 0)
    return -1;
  if (item->len > INPUT_MAX)
    return evaluation_fail (evaluation, NULL, "has %zu bytes, too long for replace (16 KiB)", item->len);
  const struct pattern *pattern = use->prepared;
  MEM_AUTO char *text = mem_copy (item->bytes, item->len);
  BUFFER_AUTO struct buffer out;
  buffer_init (&out, MAP_TEXT_MAX);
  locale_t former = enter (pattern->utf8);
  replace_all (pattern, use->arguments[1].text, text, &out);
  leave (former);
  if (out.full)
    return evaluation_fail (evaluation, NULL, "became longer than 1 MiB in replace");
  char *copy = arena_take (&evaluation->arena, out.len + 1);
  memcpy (copy, buffer_text (&out), out.len);
  item_set_text (item, copy, out.len);
  return 1;
}
