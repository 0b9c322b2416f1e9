/* The filter date(format): generalizedTime (RFC 4517 section 3.3.13) and Windows file time
 * (100 ns since 1601) → a date. Always UTC. Windows' "never" gives nothing. */
#include "config.h"
#include "map/compile.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/buffer.h"
#include "util/mem.h"

#define ISO "%Y-%m-%dT%H:%M:%SZ"
#define FILETIME_TICKS INT64_C (10000000)
#define FILETIME_TO_UNIX INT64_C (11644473600)
#define RESULT_MAX 256

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar (Hinnant's algorithm). */
static int64_t
days_of (int64_t year, int month, int day)
{
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t of_era = year - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t
date_seconds (const struct tm *t)
{
  return days_of (t->tm_year + 1900, t->tm_mon + 1, t->tm_mday) * 86400 + t->tm_hour * INT64_C (3600)
         + t->tm_min * INT64_C (60) + t->tm_sec;
}

static int
to_calendar (int64_t seconds, struct tm *ret_time)
{
  time_t time = (time_t) seconds;
  struct tm calendar;
  if (!gmtime_r (&time, &calendar) || calendar.tm_year + 1900 < 1 || calendar.tm_year + 1900 > 9999)
    return -1;
  *ret_time = calendar;
  return 1;
}

static bool
two_digits (const char **text, int most, int *ret_number)
{
  if (!isdigit ((unsigned char) (*text)[0]) || !isdigit ((unsigned char) (*text)[1]))
    return false;
  *ret_number = ((*text)[0] - '0') * 10 + (*text)[1] - '0';
  *text += 2;
  return *ret_number <= most;
}

/* Z, or +hh[mm]: seconds to take away; nothing counts as Z. */
static int
read_zone (const char *text, int64_t *ret_offset)
{
  int hours = 0, minutes = 0, sign = *text == '-' ? -1 : 1;
  *ret_offset = 0;
  if (!*text || strcmp (text, "Z") == 0 || strcmp (text, "z") == 0)
    return 0;
  if (*text != '+' && *text != '-')
    return -1;
  text++;
  if (!two_digits (&text, 23, &hours) || (*text && !two_digits (&text, 59, &minutes)) || *text)
    return -1;
  *ret_offset = sign * (hours * INT64_C (3600) + minutes * INT64_C (60));
  return 0;
}

/* [.,]digits: a fraction of the smallest unit that was given, in seconds. */
static int
read_fraction (const char **text, double unit, int64_t *ret_seconds)
{
  double fraction = 0, place = 0.1;
  *ret_seconds = 0;
  if (**text != '.' && **text != ',')
    return 0;
  ++*text;
  if (!isdigit ((unsigned char) **text))
    return -1;
  for (; isdigit ((unsigned char) **text); ++*text, place /= 10)
    fraction += (**text - '0') * place;
  *ret_seconds = (int64_t) (fraction * unit + 1e-9);
  return 0;
}

static bool
is_date (int year, int month, int day)
{
  static const unsigned char days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return year >= 1 && month >= 1 && month <= 12 && day >= 1
         && day <= days[month - 1] - (month == 2 && !leap);
}

static int
read_generalized (const char *text, struct tm *ret_time)
{
  int century, year, month, day, hour = 0, minute = 0, second = 0;
  int64_t offset, extra;
  double unit = 3600;
  if (!two_digits (&text, 99, &century) || !two_digits (&text, 99, &year)
      || !two_digits (&text, 12, &month) || !two_digits (&text, 31, &day))
    return -1;
  if (isdigit ((unsigned char) *text) && !two_digits (&text, 23, &hour))
    return -1;
  if (isdigit ((unsigned char) *text) && (unit = 60, !two_digits (&text, 59, &minute)))
    return -1;
  if (isdigit ((unsigned char) *text) && (unit = 1, !two_digits (&text, 60, &second)))
    return -1;
  if (read_fraction (&text, unit, &extra) != 0 || read_zone (text, &offset) != 0
      || !is_date (century * 100 + year, month, day))
    return -1;
  return to_calendar (days_of (century * 100 + year, month, day) * 86400 + hour * INT64_C (3600)
                          + minute * INT64_C (60) + second + extra - offset, ret_time);
}

static int
read_filetime (const char *text, struct tm *ret_time)
{
  errno = 0;
  long long ticks = strtoll (text, NULL, 10);
  if (errno)
    return -1;
  if (ticks == 0 || ticks == INT64_MAX)
    return 0;
  return to_calendar (ticks / FILETIME_TICKS - FILETIME_TO_UNIX, ret_time);
}

int
date_from_text (const char *bytes, size_t len, struct tm *ret_time)
{
  char text[48];
  if (len == 0 || len >= sizeof text || memchr (bytes, '\0', len))
    return -1;
  memcpy (text, bytes, len);
  text[len] = '\0';
  bool digits = strspn (text, "0123456789") == len;
  if (digits && (len >= 15 || strcmp (text, "0") == 0))
    return len > 19 ? -1 : read_filetime (text, ret_time);
  return read_generalized (text, ret_time);
}

/* YYYY, MM, DD, HH or hh, mm, ss → strftime's; NULL where there is none of them. */
static char *
from_words (const char *format)
{
  static const struct {
    const char *word, *percent;
  } words[] = { { "YYYY", "%Y" }, { "YY", "%y" }, { "MM", "%m" }, { "DD", "%d" }, { "HH", "%H" },
                { "hh", "%H" }, { "mm", "%M" }, { "ss", "%S" } };
  struct buffer out;
  bool any = false;
  buffer_init (&out, RESULT_MAX);
  while (*format) {
    size_t i = 0;
    while (i < sizeof words / sizeof *words
           && strncmp (format, words[i].word, strlen (words[i].word)) != 0)
      i++;
    if (i < sizeof words / sizeof *words) {
      buffer_append_text (&out, words[i].percent);
      format += strlen (words[i].word);
      any = true;
    } else {
      buffer_append_char (&out, *format++);
    }
  }
  char *text = buffer_take (&out);
  if (any)
    return text;
  free (text);
  return NULL;
}

/* Only what is the same in every language. */
static bool
is_strftime (const char *format)
{
  for (; *format; format++)
    if (*format == '%' && !strchr ("YymdHMSjFTuVG%", *++format))
      return false;
    else if (!*format)
      return false;
  return true;
}

int
filter_date_prepare (struct compiler *compiler, struct filter_use *use)
{
  const struct argument *format = &use->arguments[0];
  if (strcmp (format->text, "iso") == 0)
    use->prepared = mem_copy_text (ISO);
  else if (strchr (format->text, '%'))
    use->prepared = is_strftime (format->text) ? mem_copy_text (format->text) : NULL;
  else
    use->prepared = from_words (format->text);
  if (!use->prepared || format->len > 64)
    return compile_error_at (compiler, format->at, "\"%s\" is no format that date knows: %s",
                             format->text, use->filter->usage);
  return 0;
}

int
filter_date (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  struct tm calendar;
  item_as_bytes (evaluation, item);
  int status = date_from_text (item->bytes, item->len, &calendar);
  if (status < 0)
    return evaluation_fail (evaluation, item, "is neither generalizedTime nor Windows file time");
  if (status == 0)
    return 0;
  char *text = arena_take (&evaluation->arena, RESULT_MAX * 2);
  size_t len = strftime (text, RESULT_MAX * 2, use->prepared, &calendar);
  item_set_text (item, text, len);
  return 1;
}
