/* Reads expressions: text with ${operand | filter(argument, …) | …} in it.
 *
 * Inside ${…} a quoted word is a literal ('' or "" stands for the quote itself; a backslash is
 * nothing special, for regular expressions are full of them), a bare one an attribute. $${ is
 * the text ${. */
#include "config.h"
#include "map/cursor.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

#define MAX_FILTERS 32

static int
unknown_filter (struct cursor *cursor, const char *name)
{
  size_t count;
  const char *const *names = map_filter_names (&count);
  const char *nearest = text_nearest (name, names, count);
  if (nearest)
    return compile_error_at (cursor->compiler, cursor->at,
                             "there is no filter \"%s\"; did you mean \"%s\"?", name, nearest);
  return compile_error_at (cursor->compiler, cursor->at,
                           "there is no filter \"%s\"; syncd.yaml(5) lists them", name);
}

static int
read_filter (struct cursor *cursor, struct filter_use *use)
{
  cursor_skip_space (cursor);
  use->attribute = NO_ATTRIBUTE;
  use->at = cursor->at;
  size_t len = 0;
  const char *at = cursor->text + cursor->at;
  while (isalnum ((unsigned char) at[len]) || at[len] == '_')
    len++;
  if (!len)
    return compile_error_at (cursor->compiler, cursor->at, "expected the name of a filter after '|'");
  MEM_AUTO char *name = mem_copy (cursor->text + cursor->at, len);
  use->filter = filter_find (name);
  if (!use->filter)
    return unknown_filter (cursor, name);
  cursor->at += len;
  if (cursor_read_arguments (cursor, use) != 0)
    return -1;
  return filter_check (cursor->compiler, use);
}

static int
read_filters (struct cursor *cursor, struct pipe *pipe)
{
  while (cursor_accept (cursor, '|')) {
    if (pipe->use_count == MAX_FILTERS)
      return compile_error_at (cursor->compiler, cursor->at, "more than %d filters", MAX_FILTERS);
    pipe->uses = mem_resize (pipe->uses, pipe->use_count + 1, sizeof *pipe->uses);
    memset (&pipe->uses[pipe->use_count], 0, sizeof *pipe->uses);
    if (read_filter (cursor, &pipe->uses[pipe->use_count++]) != 0)
      return -1;
  }
  return 0;
}

static int
read_operand (struct cursor *cursor, struct pipe *pipe)
{
  cursor_skip_space (cursor);
  if (cursor_peek (cursor) == '\'' || cursor_peek (cursor) == '"') {
    pipe->operand = OPERAND_TEXT;
    return cursor_read_quoted (cursor, &pipe->text, &pipe->len);
  }
  size_t len = cursor_bare_length (cursor);
  const char *name = cursor->text + cursor->at;
  if (!compile_is_attribute (name, len))
    return compile_error_at (cursor->compiler, cursor->at, "expected the name of an attribute, or "
                             "a text in quotes, after ${");
  if (cursor->compiler->in_each && len == 5 && strncmp (name, "value", 5) == 0)
    pipe->operand = OPERAND_EACH;
  else
    pipe->attribute = compile_attribute (cursor->compiler, name, len);
  cursor->at += len;
  return 0;
}

static bool
is_filter (const struct filter_use *use, const char *name)
{
  return strcmp (use->filter->name, name) == 0;
}

/* An attribute stands for its first value, unless all, last or join ask for all of them before
 * a split makes several of one. */
static bool
wants_all (const struct compiler *compiler, const struct pipe *pipe)
{
  if (pipe->operand != OPERAND_ATTRIBUTE)
    return false;
  for (size_t i = 0; i < pipe->use_count && !is_filter (&pipe->uses[i], "split"); i++)
    if (is_filter (&pipe->uses[i], "all") || is_filter (&pipe->uses[i], "last")
        || is_filter (&pipe->uses[i], "join"))
      return true;
  return compiler->each_itself;
}

static int
settle_pipe (struct cursor *cursor, struct pipe *pipe)
{
  struct compiler *compiler = cursor->compiler;
  pipe->all = pipe->many = wants_all (compiler, pipe);
  for (size_t i = 0; i < pipe->use_count; i++) {
    const struct filter_use *use = &pipe->uses[i];
    if (use->filter->gives_many)
      pipe->many = true;
    else if (use->filter->gives_one)
      pipe->many = false;
    if (!is_filter (use, "ref"))
      continue;
    if (i + 1 < pipe->use_count || pipe->operand != OPERAND_ATTRIBUTE)
      return compile_error_at (compiler, use->at, "ref must be the last filter after an attribute");
    compiler->references = true;
    compiler->mapping->attributes[pipe->attribute].reference = true;
  }
  return 0;
}

static int
read_pipe (struct cursor *cursor, struct pipe *pipe)
{
  size_t start = cursor->at;
  cursor->at += 2;
  if (read_operand (cursor, pipe) != 0 || read_filters (cursor, pipe) != 0)
    return -1;
  if (cursor_accept (cursor, '}'))
    return settle_pipe (cursor, pipe);
  if (!cursor_peek (cursor))
    return compile_error_at (cursor->compiler, start, "the ${ that begins here has no }");
  return compile_error_at (cursor->compiler, cursor->at, "expected '|' and a filter, or '}', here");
}

static struct part *
add_part (struct template *template)
{
  template->parts = mem_resize (template->parts, template->count + 1, sizeof *template->parts);
  struct part *part = &template->parts[template->count++];
  memset (part, 0, sizeof *part);
  return part;
}

/* Plain text up to the next ${; $${ stands for ${. */
static void
read_text (struct cursor *cursor, struct template *template)
{
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, MAP_TEXT_MAX);
  for (; cursor_peek (cursor) && strncmp (cursor->text + cursor->at, "${", 2) != 0; cursor->at++) {
    if (strncmp (cursor->text + cursor->at, "$${", 3) == 0) {
      buffer_append_text (&text, "${");
      cursor->at += 2;
    } else {
      buffer_append_char (&text, cursor_peek (cursor));
    }
  }
  if (!text.len)
    return;
  struct part *part = add_part (template);
  part->len = text.len;
  part->text = buffer_take (&text);
}

int
template_parse (struct compiler *compiler, const char *text, struct template *template)
{
  struct cursor cursor = { .compiler = compiler, .text = text };
  while (cursor_peek (&cursor)) {
    read_text (&cursor, template);
    if (!cursor_peek (&cursor))
      break;
    size_t start = cursor.at;
    struct part *part = add_part (template);
    part->pipe = mem_new (1, sizeof *part->pipe);
    if (read_pipe (&cursor, part->pipe) != 0)
      return -1;
    if (part->pipe->many && (template->count > 1 || cursor_peek (&cursor)))
      return compile_error_at (compiler, start, "this gives a list, which a text cannot hold: end "
                               "it with first, last or join(', ')");
  }
  return 0;
}

void
filter_use_fini (struct filter_use *use)
{
  for (size_t i = 0; i < use->argument_count; i++)
    argument_fini (&use->arguments[i]);
  if (use->filter && use->filter->release)
    use->filter->release (use->prepared);
  else
    free (use->prepared);
}

static void
pipe_free (struct pipe *pipe)
{
  if (!pipe)
    return;
  for (size_t i = 0; i < pipe->use_count; i++)
    filter_use_fini (&pipe->uses[i]);
  free (pipe->uses);
  free (pipe->text);
  free (pipe);
}

void
template_fini (struct template *template)
{
  for (size_t i = 0; i < template->count; i++) {
    free (template->parts[i].text);
    pipe_free (template->parts[i].pipe);
  }
  free (template->parts);
}
