/* The filter e164(CC): telephone numbers as people write them → +CCnumber (ITU-T E.164).
 *
 * CC is a country (ISO 3166, DE) or a calling code (49). A number with an extension becomes a
 * tel URI (RFC 3966), the only form that can carry one. */
#include "config.h"
#include "map/compile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/mem.h"

#define DIGITS_MIN 6  /* with the calling code; shorter ones are service numbers */
#define DIGITS_MAX 15 /* E.164 section 6 */
#define WRITTEN_MAX 64

struct country {
  char iso[4];
  char code[4];
  char trunk[4];         /* dialled before national numbers */
  char international[6]; /* dialled before other countries' codes */
};

static const struct country countries[] = {
  { "AE", "971", "0", "00" },  { "AR", "54", "0", "00" },   { "AT", "43", "0", "00" },
  { "AU", "61", "0", "0011" }, { "BE", "32", "0", "00" },   { "BG", "359", "0", "00" },
  { "BR", "55", "0", "00" },   { "CA", "1", "1", "011" },   { "CH", "41", "0", "00" },
  { "CL", "56", "", "00" },    { "CN", "86", "0", "00" },   { "CO", "57", "", "00" },
  { "CY", "357", "", "00" },   { "CZ", "420", "", "00" },   { "DE", "49", "0", "00" },
  { "DK", "45", "", "00" },    { "EE", "372", "", "00" },   { "EG", "20", "0", "00" },
  { "ES", "34", "", "00" },    { "FI", "358", "0", "00" },  { "FR", "33", "0", "00" },
  { "GB", "44", "0", "00" },   { "GR", "30", "", "00" },    { "HK", "852", "", "001" },
  { "HR", "385", "0", "00" },  { "HU", "36", "06", "00" },  { "ID", "62", "0", "00" },
  { "IE", "353", "0", "00" },  { "IL", "972", "0", "00" },  { "IN", "91", "0", "00" },
  { "IS", "354", "", "00" },   { "IT", "39", "", "00" },    { "JP", "81", "0", "010" },
  { "KR", "82", "0", "00" },   { "LI", "423", "", "00" },   { "LT", "370", "0", "00" },
  { "LU", "352", "", "00" },   { "LV", "371", "", "00" },   { "MT", "356", "", "00" },
  { "MX", "52", "", "00" },    { "MY", "60", "0", "00" },   { "NL", "31", "0", "00" },
  { "NO", "47", "", "00" },    { "NZ", "64", "0", "00" },   { "PH", "63", "0", "00" },
  { "PL", "48", "", "00" },    { "PT", "351", "", "00" },   { "RO", "40", "0", "00" },
  { "RS", "381", "0", "00" },  { "RU", "7", "8", "810" },   { "SA", "966", "0", "00" },
  { "SE", "46", "0", "00" },   { "SG", "65", "", "00" },    { "SI", "386", "0", "00" },
  { "SK", "421", "0", "00" },  { "TH", "66", "0", "00" },   { "TR", "90", "0", "00" },
  { "TW", "886", "0", "00" },  { "UA", "380", "0", "00" },  { "US", "1", "1", "011" },
  { "VN", "84", "0", "00" },   { "ZA", "27", "0", "00" },
};

#define COUNTRY_COUNT (sizeof countries / sizeof *countries)

static const struct country *
find_country (const char *word)
{
  for (size_t i = 0; i < COUNTRY_COUNT; i++)
    if (strcasecmp (word, countries[i].iso) == 0 || strcmp (word, countries[i].code) == 0)
      return &countries[i];
  return NULL;
}

/* A calling code that the table lacks is taken as most countries have it. */
int
filter_e164_prepare (struct compiler *compiler, struct filter_use *use)
{
  const struct argument *word = &use->arguments[0];
  const char *text = word->text + (word->text[0] == '+');
  size_t digits = strspn (text, "0123456789");
  struct country *country = mem_new (1, sizeof *country);
  use->prepared = country;
  if (find_country (text)) {
    *country = *find_country (text);
    return 0;
  }
  if (!digits || digits > 3 || text[digits] || *text == '0')
    return compile_error_at (compiler, word->at, "\"%s\" is neither a country that e164 knows nor "
                             "a calling code: write e164(DE) or e164(49)", word->text);
  *country = (struct country) { .trunk = "0", .international = "00" };
  memcpy (country->code, text, digits);
  return 0;
}

struct number {
  bool plus;
  char digits[WRITTEN_MAX + 1];
  char extension[WRITTEN_MAX + 1];
};

/* Where the extension's digits begin, or the end: "ext. 12", ";ext=12", "x12", "#12". */
static const char *
find_extension (const char *text)
{
  static const char *const marks[] = { ";ext=", "ext.", "ext", "x", "#" };
  for (const char *at = text; *at; at++)
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
      if (strncasecmp (at, marks[i], strlen (marks[i])) == 0)
        return at;
  return text + strlen (text);
}

/* Copies the digits; -1 where something is neither digit nor usual between digits. */
static int
copy_digits (const char *from, const char *end, char *out)
{
  for (; from < end; from++) {
    if (isdigit ((unsigned char) *from))
      *out++ = *from;
    else if (!strchr (" -./()\t", *from) && (unsigned char) *from < 0x80)
      return -1;
  }
  *out = '\0';
  return 0;
}

static int
read_number (const char *text, struct number *number)
{
  char plain[WRITTEN_MAX + 1] = "";
  const char *extension = find_extension (text);
  size_t mark = strcspn (extension, "0123456789");
  size_t len = 0;
  if (copy_digits (extension + mark, extension + strlen (extension), number->extension) != 0)
    return -1;
  for (const char *at = text; at < extension; at++) {
    if (strncmp (at, "(0)", 3) == 0 && len) { /* +49 (0) 30: the trunk prefix is not dialled */
      at += 2;
      continue;
    }
    if (*at == '+' && !number->plus && !strpbrk (plain, "0123456789"))
      number->plus = true;
    else
      plain[len++] = *at;
    plain[len] = '\0';
  }
  plain[len] = '\0';
  return copy_digits (plain, plain + len, number->digits);
}

/* The digits after the +. */
static void
complete (const struct country *country, const struct number *number, char *out, size_t size)
{
  const char *digits = number->digits;
  size_t international = strlen (country->international), trunk = strlen (country->trunk);
  if (number->plus)
    snprintf (out, size, "%s", digits);
  else if (strncmp (digits, country->international, international) == 0)
    snprintf (out, size, "%s", digits + international);
  else if (trunk && strncmp (digits, country->trunk, trunk) == 0)
    snprintf (out, size, "%s%s", country->code, digits + trunk);
  else
    snprintf (out, size, "%s%s", country->code, digits);
}

int
filter_e164 (struct evaluation *evaluation, const struct filter_use *use, struct item *item)
{
  struct number number = { .plus = false };
  char text[WRITTEN_MAX + 1], digits[WRITTEN_MAX + 8];
  if (item_as_text (evaluation, item) != 0)
    return -1;
  const char *start = item->len > 4 && strncasecmp (item->bytes, "tel:", 4) == 0 ? item->bytes + 4
                                                                               : item->bytes;
  size_t len = item->len - (size_t) (start - item->bytes);
  if (len > WRITTEN_MAX)
    return evaluation_fail (evaluation, item, "is too long for a telephone number");
  memcpy (text, start, len);
  text[len] = '\0';
  if (read_number (text, &number) != 0)
    return evaluation_fail (evaluation, item, "is no telephone number");
  if (!*number.digits)
    return strspn (text, " -./()\t") == len
               ? 0 : evaluation_fail (evaluation, item, "is no telephone number");
  complete (use->prepared, &number, digits, sizeof digits);
  if (strlen (digits) < DIGITS_MIN || strlen (digits) > DIGITS_MAX || *digits == '0')
    return evaluation_fail (evaluation, item, "is no telephone number that E.164 can express");
  char *made = arena_take (&evaluation->arena, sizeof digits + WRITTEN_MAX + 16);
  int made_len = *number.extension ? sprintf (made, "tel:+%s;ext=%s", digits, number.extension)
                                   : sprintf (made, "+%s", digits);
  item_set_text (item, made, (size_t) made_len);
  return 1;
}
