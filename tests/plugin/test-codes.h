/* Words for failure codes and result classes, for the test plugins. */
#ifndef SYNCD_TESTS_TEST_CODES_H
#define SYNCD_TESTS_TEST_CODES_H

#include <string.h>

#include "syncd/plugin.h"

/* SYNCD_E_* of "unreachable", "auth", …; SYNCD_E_INTERNAL for no known word. */
static inline int32_t
test_code (const char *word)
{
  static const char *const words[] = { "",          "unreachable", "cancelled",   "config",
                                       "auth",      "forbidden",   "not-found",   "budget",
                                       "protocol",  "limit",       "unsupported", "checkpoint",
                                       "internal" };
  for (int32_t i = 1; word && i < (int32_t) (sizeof words / sizeof *words); i++)
    if (!strcmp (words[i], word))
      return -i;
  return SYNCD_E_INTERNAL;
}

/* SYNCD_RESULT_* of "entry", "race", …; -1 for no known word. The word ends at LEN. */
static inline int32_t
test_result (const char *word, size_t len)
{
  static const char *const words[] = { "unknown",   "ok",     "entry",  "collision", "link",
                                       "race",      "auth",   "forbidden", "config", "budget",
                                       "sink",      "not-taken", "cancelled" };
  for (int32_t i = 0; i < (int32_t) (sizeof words / sizeof *words); i++)
    if (strlen (words[i]) == len && !strncmp (words[i], word, len))
      return i;
  return -1;
}

#endif
