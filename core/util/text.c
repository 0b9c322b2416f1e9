/* Text: UTF-8, folding, nearest names; see text.h. */
#include "config.h"
#include "util/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "util/mem.h"

bool
text_is_utf8 (const char *bytes, size_t len)
{
  return memchr (bytes, '\0', len) == NULL && u8_check ((const uint8_t *) bytes, len) == NULL;
}

static bool
is_ascii (const char *text)
{
  for (; *text; text++)
    if ((unsigned char) *text >= 0x80)
      return false;
  return true;
}

static char *
fold_ascii (const char *text)
{
  char *folded = mem_copy_text (text);
  for (char *c = folded; *c; c++)
    if (*c >= 'A' && *c <= 'Z')
      *c = (char) (*c + ('a' - 'A'));
  return folded;
}

char *
text_fold (const char *text)
{
  if (is_ascii (text))
    return fold_ascii (text);
  size_t len = 0;
  uint8_t *folded = u8_casefold ((const uint8_t *) text, strlen (text), NULL, UNINORM_NFC, NULL, &len);
  if (!folded)
    return fold_ascii (text);
  char *copy = mem_copy (folded, len);
  free (folded);
  return copy;
}

bool
text_equal_nocase (const char *a, const char *b)
{
  return strcasecmp (a, b) == 0;
}

static size_t
smallest (size_t a, size_t b, size_t c)
{
  size_t ab = a < b ? a : b;
  return ab < c ? ab : c;
}

/* Levenshtein's distance, without regard to ASCII case. */
static size_t
distance (const char *a, const char *b)
{
  size_t lb = strlen (b);
  MEM_AUTO size_t *row = mem_new (lb + 1, sizeof *row);
  for (size_t j = 0; j <= lb; j++)
    row[j] = j;
  for (size_t i = 1; a[i - 1]; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= lb; j++) {
      size_t cost = strncasecmp (a + i - 1, b + j - 1, 1) != 0;
      size_t best = smallest (row[j] + 1, row[j - 1] + 1, diagonal + cost);
      diagonal = row[j];
      row[j] = best;
    }
  }
  return row[lb];
}

const char *
text_nearest (const char *word, const char *const *words, size_t count)
{
  const char *nearest = NULL;
  size_t best = strlen (word) / 3 + 2;
  for (size_t i = 0; i < count; i++) {
    size_t d = distance (word, words[i]);
    if (d < best) {
      best = d;
      nearest = words[i];
    }
  }
  return nearest;
}
