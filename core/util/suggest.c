/* Commands that messages suggest; see suggest.h. */
#include "config.h"
#include "util/suggest.h"

#include <string.h>

#include "util/buffer.h"
#include "util/mem.h"

#define TEXT_MAX ((size_t) 16 << 20)

static char *same; /* NULL: nothing is added */

static const struct {
  const char *begin;
  char end;
} places[] = { { "`syncd ", '`' }, { "(see: syncd ", ')' } };

void
suggest_setup (char *same_take)
{
  same = same_take;
}

/* The end of a command that begins at AT; NULL: none does. */
static const char *
command_end (const char *at)
{
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (strncmp (at, places[i].begin, strlen (places[i].begin)) == 0)
      return strchr (at + strlen (places[i].begin), places[i].end);
  return NULL;
}

char *
suggest_whole (const char *text)
{
  struct buffer whole;
  if (!same || !*same)
    return mem_copy_text (text);
  buffer_init (&whole, TEXT_MAX);
  while (*text) {
    const char *end = command_end (text);
    buffer_append (&whole, text, end ? (size_t) (end - text) : 1);
    if (end)
      buffer_append_text (&whole, same);
    if (end)
      buffer_append_char (&whole, *end);
    text = end ? end + 1 : text + 1;
  }
  return buffer_take (&whole);
}
