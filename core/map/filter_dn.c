/* The filter dn(attr): the value of the first (leftmost) part of a DN that is named attr
 * (RFC 4514 section 3, with LDAPv2's quotes tolerated). */
#include "config.h"
#include "map/internal.h"

#include <string.h>
#include <strings.h>

struct dn {
  const char *at, *end;
};

static int
hex_value (char c)
{
  static const char digits[] = "0123456789abcdef";
  const char *found = c ? strchr (digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
  return found ? (int) (found - digits) : -1;
}

static void
skip_space (struct dn *dn)
{
  while (dn->at < dn->end && *dn->at == ' ')
    dn->at++;
}

/* One character after a backslash: itself, or two hexadecimal digits. */
static int
read_escape (struct dn *dn, char *out)
{
  if (dn->end - dn->at < 2)
    return -1;
  int high = hex_value (dn->at[1]);
  int low = dn->end - dn->at > 2 ? hex_value (dn->at[2]) : -1;
  if (high >= 0 && low >= 0) {
    *out = (char) (high * 16 + low);
    dn->at += 3;
  } else {
    *out = dn->at[1];
    dn->at += 2;
  }
  return 0;
}

/* Unescapes the value into OUT, which has room; its length or -1. */
static long
read_value (struct dn *dn, char *out)
{
  bool quoted = false;
  long len = 0, solid = 0; /* solid: without spaces at the end that nobody escaped */
  for (; dn->at < dn->end; solid = len) {
    char c = *dn->at;
    if (c == '"') {
      quoted = !quoted;
      dn->at++;
      continue;
    }
    if (!quoted && (c == ',' || c == '+' || c == ';'))
      break;
    if (c == '\\') {
      if (read_escape (dn, out + len++) != 0)
        return -1;
      continue;
    }
    out[len++] = c;
    dn->at++;
    if (c == ' ' && !quoted) {
      long kept = solid;
      while (dn->at < dn->end && *dn->at == ' ')
        out[len++] = *dn->at++;
      if (dn->at == dn->end || strchr (",+;", *dn->at))
        len = kept;
    }
  }
  return quoted ? -1 : len;
}

static int
not_a_dn (struct evaluation *evaluation, const struct item *item)
{
  return evaluation_fail (evaluation, item, "is no distinguished name");
}

int
filter_dn (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  const struct argument *wanted = &use->arguments[0];
  if (item_as_text (evaluation, item) != 0)
    return -1;
  struct dn dn = { item->bytes, item->bytes + item->len };
  char *out = arena_take (&evaluation->arena, item->len + 1);
  while (dn.at < dn.end) {
    skip_space (&dn);
    const char *name = dn.at;
    while (dn.at < dn.end && *dn.at != '=' && *dn.at != ',' && *dn.at != '+')
      dn.at++;
    size_t name_len = (size_t) (dn.at - name);
    while (name_len && name[name_len - 1] == ' ')
      name_len--;
    if (dn.at == dn.end || *dn.at != '=' || !name_len)
      return not_a_dn (evaluation, item);
    dn.at++;
    skip_space (&dn);
    bool encoded = dn.at < dn.end && *dn.at == '#'; /* BER: no text */
    long len = read_value (&dn, out);
    if (len < 0)
      return not_a_dn (evaluation, item);
    if (name_len == wanted->len && strncasecmp (name, wanted->text, name_len) == 0 && !encoded) {
      item_set_text (item, out, (size_t) len);
      return len > 0;
    }
    dn.at += dn.at < dn.end;
  }
  return 0;
}
