/* Single words of the configuration: numbers, booleans, sizes, URIs. Pure. */
#include "config.h"
#include "config/internal.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/text.h"

int
parse_integer (const char *text, int64_t *ret_number)
{
  const char *digits = *text == '-' ? text + 1 : text;
  if (!*digits || strspn (digits, "0123456789") != strlen (digits))
    return -1;
  errno = 0;
  intmax_t number = strtoimax (text, NULL, 10);
  if (errno || number > INT64_MAX || number < INT64_MIN)
    return -1;
  *ret_number = number;
  return 0;
}

int
parse_bool (const char *text, bool *ret_value)
{
  static const char *const yes[] = {"true", "yes", "on", "1"};
  static const char *const no[] = {"false", "no", "off", "0"};
  for (size_t i = 0; i < COUNT (yes); i++) {
    bool is_yes = text_equal_nocase (text, yes[i]);
    if (is_yes || text_equal_nocase (text, no[i])) {
      *ret_value = is_yes;
      return 0;
    }
  }
  return -1;
}

/* The leading digits of TEXT; returns what follows them, or NULL. */
static const char *
leading_number (const char *text, int64_t *ret_number)
{
  size_t digits = strspn (text, "0123456789");
  if (digits == 0 || digits > 18)
    return NULL;
  *ret_number = 0;
  for (size_t i = 0; i < digits; i++)
    *ret_number = *ret_number * 10 + (text[i] - '0');
  return text + digits;
}

int
parse_size (const char *text, int64_t *ret_bytes)
{
  static const char units[] = "kmgtKMGT"; /* powers of 1024 */
  int64_t number = 0, factor = 1;
  const char *unit = leading_number (text, &number);
  if (!unit)
    return -1;
  if (*unit) {
    const char *found = strchr (units, *unit);
    if (!found || (unit[1] && strcmp (unit + 1, "iB") != 0))
      return -1;
    factor = INT64_C (1) << (10 * ((found - units) % 4 + 1));
  }
  if (number > INT64_MAX / factor)
    return -1;
  *ret_bytes = number * factor;
  return 0;
}

int
parse_percent (const char *text, int *ret_percent)
{
  int64_t number = 0;
  const char *rest = leading_number (text, &number);
  if (!rest || number > 100 || (*rest && strcmp (rest, "%") != 0))
    return -1;
  *ret_percent = (int) number;
  return 0;
}

bool
parse_uri (const char *text)
{
  for (const char *c = text; *c; c++)
    if ((unsigned char) *c <= ' ' || *c == 0x7f)
      return false;
  size_t scheme = strcspn (text, ":");
  if (scheme == 0 || !isalpha ((unsigned char) *text) || strncmp (text + scheme, "://", 3) != 0)
    return false;
  for (size_t i = 0; i < scheme; i++)
    if (!isalnum ((unsigned char) text[i]) && !strchr ("+.-", text[i]))
      return false;
  const char *host = text + scheme + 3;
  bool local = strncasecmp (text, "ldapi:", 6) == 0; /* a socket: the name may be left out */
  return local || (*host && !strchr ("/:?#", *host));
}

struct unit {
  const char *name;
  int64_t ms;
};

int
settings_parse_duration (const char *text, int64_t *ret_ms)
{
  static const struct unit units[] = {{"", 1000},       {"ms", 1},        {"s", 1000},
                                      {"m", 60000},     {"min", 60000},   {"h", 3600000},
                                      {"d", 86400000},  {"w", 604800000}};
  int64_t number = 0;
  if (strcmp (text, "never") == 0 || strcmp (text, "auto") == 0) {
    *ret_ms = *text == 'n' ? -1 : 0;
    return 0;
  }
  const char *rest = leading_number (text, &number);
  for (size_t i = 0; rest && i < COUNT (units); i++) {
    if (strcmp (rest, units[i].name) != 0)
      continue;
    if (number > INT64_MAX / units[i].ms)
      return -1;
    *ret_ms = number * units[i].ms;
    return 0;
  }
  return -1;
}
