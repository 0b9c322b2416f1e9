/* Reading the script of the test source; see script-file.h. */
#include "script-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static int
add_line (struct script *script, const char *line, size_t len, size_t number, char *text,
          size_t size)
{
  while (len && strchr (" \t\r\n", line[len - 1]))
    len--;
  if (!len || *line == '#')
    return 0;
  json_error_t why;
  json_t *object = json_loadb (line, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &why);
  if (json_is_object (object))
    return json_array_append_new (script->lines, object);
  snprintf (text, size, "line %zu: %s", number, object ? "is no object" : why.text);
  json_decref (object);
  return -1;
}

static int
read_lines (FILE *in, struct script *script, char *text, size_t size)
{
  char *line = NULL;
  size_t room = 0, number = 0;
  int failed = 0;
  for (ssize_t len; !failed && (len = getline (&line, &room, in)) >= 0;) {
    script->size += (size_t) len;
    failed = add_line (script, line, (size_t) len, ++number, text, size);
  }
  free (line);
  return failed;
}

int
script_read (const char *file, struct script *ret_script, char *text, size_t size)
{
  FILE *in = fopen (file, "re");
  if (!in) {
    snprintf (text, size, "%s", strerror (errno));
    return -1;
  }
  struct script script = { json_array (), 0 };
  int failed = read_lines (in, &script, text, size);
  fclose (in);
  if (failed)
    script_free (&script);
  else
    *ret_script = script;
  return failed;
}

void
script_free (struct script *script)
{
  json_decref (script->lines);
  script->lines = NULL;
}

/* ---- settings and sections ---- */

json_t *
script_setting (const struct script *script, const char *key)
{
  json_t *found = NULL, *line;
  size_t i;
  json_array_foreach (script->lines, i, line)
    if (json_object_get (line, key))
      found = json_object_get (line, key);
  return found;
}

static int
is_setting (json_t *line)
{
  static const char *const keys[] = { "describe", "describe-error", "schema", "open-error", "get-error",
                                      "get" };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (json_object_get (line, keys[i]))
      return 1;
  return 0;
}

static int
fits (json_t *wanted, const char *text)
{
  return !wanted || (text && json_is_string (wanted) && !strcmp (json_string_value (wanted), text));
}

long
script_section (const struct script *script, const char *mode, const char *checkpoint)
{
  json_t *line;
  size_t i;
  int sections = 0;
  json_array_foreach (script->lines, i, line) {
    json_t *scan = json_object_get (line, "scan");
    if (!scan)
      continue;
    sections = 1;
    if (fits (json_object_get (scan, "mode"), mode)
        && fits (json_object_get (scan, "checkpoint"), checkpoint))
      return (long) i + 1;
  }
  return sections ? -1 : 0;
}

json_t *
script_event (const struct script *script, size_t *at)
{
  for (; *at < json_array_size (script->lines); ++*at) {
    json_t *line = json_array_get (script->lines, *at);
    if (json_object_get (line, "scan"))
      return NULL;
    if (!is_setting (line))
      return line;
  }
  return NULL;
}

/* ---- single entries ---- */

char *
script_expand (const char *text, long n)
{
  size_t times = 0;
  for (const char *at = text; (at = strstr (at, "{n}")); at += 3)
    times++;
  char *out = malloc (strlen (text) + times * 20 + 1), *to = out;
  if (!out)
    return NULL;
  for (const char *at; (at = strstr (text, "{n}")); text = at + 3) {
    memcpy (to, text, (size_t) (at - text));
    to += at - text;
    to += sprintf (to, "%ld", n);
  }
  strcpy (to, text);
  return out;
}

static int
is_text (json_t *value, long n, const char *wanted)
{
  if (!json_is_string (value))
    return 0;
  char *text = script_expand (json_string_value (value), n);
  int same = text && !strcmp (text, wanted);
  free (text);
  return same;
}

/* The {n} for which the line's entry has that id or name, or 0. */
static long
entry_number (json_t *line, const char *id)
{
  json_t *entry = json_object_get (line, "entry");
  json_t *count = json_object_get (line, "count");
  long n = count ? (long) json_integer_value (count) : 1;
  for (; entry && n > 0; n--)
    if (is_text (json_object_get (entry, "id"), n, id)
        || is_text (json_object_get (entry, "name"), n, id))
      return n;
  return 0;
}

static const char *
fixed_answer (const struct script *script, const char *id)
{
  const char *answer = NULL;
  json_t *line;
  size_t i;
  json_array_foreach (script->lines, i, line) {
    json_t *get = json_object_get (line, "get");
    if (is_text (json_object_get (get, "id"), 1, id))
      answer = json_string_value (json_object_get (get, "answer"));
  }
  return answer;
}

const char *
script_answer (const struct script *script, const char *id, json_t **ret_line, long *ret_n)
{
  const char *fixed = fixed_answer (script, id);
  if (fixed && strcmp (fixed, "entry"))
    return fixed;
  for (size_t i = json_array_size (script->lines); i > 0; i--) {
    json_t *line = json_array_get (script->lines, i - 1);
    long n = entry_number (line, id);
    if (n) {
      *ret_line = line;
      *ret_n = n;
      return "entry";
    }
    if (is_text (json_object_get (line, "delete"), 1, id))
      break;
  }
  return "gone";
}
