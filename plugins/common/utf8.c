/* utf8: see utf8.h. */
#include <config.h>

#include "utf8.h"

/* What the first byte announces. */
static size_t
announced (unsigned char c)
{
  if (c < 0x80)
    return 1;
  if (c >= 0xc2 && c < 0xe0)
    return 2;
  if (c >= 0xe0 && c < 0xf0)
    return 3;
  return c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

size_t
utf8_len (const char *text, size_t left)
{
  const unsigned char *s = (const unsigned char *) text;
  size_t n = left > 0 ? announced (s[0]) : 0;
  if (n == 0 || n > left)
    return 0;
  for (size_t i = 1; i < n; i++)
    if ((s[i] & 0xc0) != 0x80)
      return 0;
  /* Too long a form, a surrogate, beyond U+10FFFF. */
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0)
      || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
    return 0;
  return n;
}
