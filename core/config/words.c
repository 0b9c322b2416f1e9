/* Lists of words for messages, and "did you mean". Pure. */
#include "config.h"
#include "config/internal.h"

#include "util/buffer.h"
#include "util/mem.h"
#include "util/text.h"

char *
nearest_hint (const char *word, const char *const *words, size_t count)
{
  const char *nearest = text_nearest (word, words, count);
  return nearest ? mem_format ("; did you mean \"%s\"?", nearest) : mem_copy_text ("");
}

char *
list_words (const char *const *words, size_t count)
{
  struct buffer buffer;
  buffer_init (&buffer, 1500);
  for (size_t i = 0; i < count; i++) {
    const char *join = i == 0 ? "" : i + 1 == count ? " or " : ", ";
    buffer_append_text (&buffer, join);
    buffer_append_text (&buffer, words[i]);
  }
  return buffer_take (&buffer);
}
