/* Walking over JSON text; see scan.h. */
#include "config.h"
#include "map/scan.h"

#include <string.h>

int
scan_begin (struct scan *scan, const char *text, size_t len)
{
  if (len < 2 || (text[0] != '[' && text[0] != '{') || text[len - 1] != (text[0] == '[' ? ']' : '}'))
    return -1;
  *scan = (struct scan) { .at = text + 1, .end = text + len - 1 };
  scan->key = text[0] == '{' ? text : NULL;
  return 0;
}

/* Behind the string that begins at AT, or NULL. */
static const char *
string_end (const char *at, const char *end)
{
  for (at++; at < end && *at != '"'; at++)
    if (*at == '\\')
      at++;
  return at < end ? at + 1 : NULL;
}

static const char *
value_end (const char *at, const char *end)
{
  int depth = 0;
  while (at < end) {
    if (*at == '"') {
      at = string_end (at, end);
      if (!at)
        return NULL;
      continue;
    }
    if (*at == '[' || *at == '{')
      depth++;
    else if (*at == ']' || *at == '}')
      depth--;
    else if (*at == ',' && depth == 0)
      break;
    if (depth < 0)
      return NULL;
    at++;
  }
  return depth == 0 ? at : NULL;
}

static int
scan_key (struct scan *scan)
{
  if (*scan->at != '"')
    return -1;
  const char *end = string_end (scan->at, scan->end);
  if (!end || end >= scan->end || *end != ':')
    return -1;
  scan->key = scan->at + 1;
  scan->key_len = (size_t) (end - scan->at) - 2;
  scan->at = end + 1;
  return 0;
}

int
scan_next (struct scan *scan)
{
  if (scan->at >= scan->end)
    return 0;
  if (scan->value && (*scan->at++ != ',' || scan->at >= scan->end))
    return -1;
  if (scan->key && scan_key (scan) != 0)
    return -1;
  const char *end = value_end (scan->at, scan->end);
  if (!end || end == scan->at)
    return -1;
  scan->value = scan->at;
  scan->value_len = (size_t) (end - scan->at);
  scan->at = end;
  return 1;
}
