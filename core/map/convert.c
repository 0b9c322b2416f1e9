/* From an evaluated value to JSON of the type that the sink's schema declares. */
#include "config.h"
#include "map/internal.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/json.h"

#define EXACT INT64_C (9007199254740991) /* integers that a JSON reader keeps (RFC 8259 section 6) */

/* A number as ECMAScript writes it (RFC 8785 section 3.2.2.3). */
void
convert_put_decimal (double number, struct buffer *out)
{
  char shortest[40], digits[32];
  int precision = 0, exponent, count = 0;
  do
    snprintf (shortest, sizeof shortest, "%.*e", precision, number);
  while (strtod (shortest, NULL) != number && ++precision < 17);
  const char *mark = strchr (shortest, 'e');
  exponent = atoi (mark + 1);
  for (const char *c = shortest; c < mark; c++)
    if (isdigit ((unsigned char) *c))
      digits[count++] = *c;
  if (number < 0)
    buffer_append_char (out, '-');
  if (exponent >= 21 || exponent < -6) {
    buffer_append_char (out, digits[0]);
    if (count > 1)
      buffer_printf (out, ".%.*s", count - 1, digits + 1);
    buffer_printf (out, "e%+d", exponent);
  } else if (exponent < 0) {
    buffer_printf (out, "0.%.*s%.*s", -exponent - 1, "00000000", count, digits);
  } else if (exponent >= count - 1) {
    buffer_printf (out, "%.*s%.*s", count, digits, exponent - count + 1, "000000000000000000000");
  } else {
    buffer_printf (out, "%.*s.%.*s", exponent + 1, digits, count - exponent - 1, digits + exponent + 1);
  }
}

static int
to_boolean (struct evaluation *evaluation, struct item *item, struct buffer *out)
{
  bool flag = false;
  if (item_as_bool (item, &flag) != 0) {
    if (item->kind == ITEM_TEXT && item_as_text (evaluation, item) != 0)
      return -1;
    return evaluation_fail (evaluation, item, "is neither true nor false (TRUE, true, 1, yes, "
                            "enabled and their opposites are understood)");
  }
  buffer_append_text (out, flag ? "true" : "false");
  return 0;
}

static int
to_integer (struct evaluation *evaluation, struct item *item, struct buffer *out)
{
  int64_t number;
  if (item_as_number (item, &number) != 0)
    return evaluation_fail (evaluation, item, "is no whole number");
  if (number > EXACT || number < -EXACT)
    return evaluation_fail (evaluation, item, "is a whole number too large for JSON");
  json_put_integer (out, number);
  return 0;
}

static int
to_decimal (struct evaluation *evaluation, struct item *item, struct buffer *out)
{
  char text[64], *end;
  item_as_bytes (evaluation, item);
  if (item->len == 0 || item->len >= sizeof text
      || strspn (item->bytes, "-+.0123456789eE") < item->len)
    return evaluation_fail (evaluation, item, "is no number");
  memcpy (text, item->bytes, item->len);
  text[item->len] = '\0';
  double number = strtod (text, &end);
  if (*end || !isfinite (number))
    return evaluation_fail (evaluation, item, "is no number");
  convert_put_decimal (number == 0 ? 0 : number, out);
  return 0;
}

/* YYYY-MM-DD[Thh:mm…]: xsd:dateTime, as far as it is worth checking here. */
static bool
is_date_time (const struct item *item)
{
  static const char shape[] = "dddd-dd-ddTdd:dd";
  if (item->len < sizeof shape - 1)
    return false;
  for (size_t i = 0; i < sizeof shape - 1; i++)
    if (shape[i] == 'd' ? !isdigit ((unsigned char) item->bytes[i]) : item->bytes[i] != shape[i])
      return false;
  return true;
}

static int
to_date_time (struct evaluation *evaluation, struct item *item, struct buffer *out)
{
  struct tm calendar;
  char text[64];
  if (item_as_text (evaluation, item) != 0)
    return -1;
  if (is_date_time (item)) {
    json_put_string (out, item->bytes, item->len);
    return 0;
  }
  int status = date_from_text (item->bytes, item->len, &calendar);
  if (status <= 0)
    return evaluation_fail (evaluation, item, status ? "is no date (generalizedTime, Windows file "
                            "time or YYYY-MM-DDThh:mm:ssZ)" : "means \"never\"; put date(iso) "
                            "behind it to leave it out");
  size_t len = strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &calendar);
  json_put_string (out, text, len);
  return 0;
}

static int
to_string (struct evaluation *evaluation, struct item *item, struct buffer *out)
{
  if (item_as_text (evaluation, item) != 0)
    return -1;
  json_put_string (out, item->bytes, item->len);
  return 0;
}

/* Without a schema a value stays what the expression made it. */
static int
as_it_is (struct evaluation *evaluation, struct item *item, struct buffer *out)
{
  if (item->kind == ITEM_BOOL)
    return to_boolean (evaluation, item, out);
  if (item->kind == ITEM_NUMBER)
    return to_integer (evaluation, item, out);
  return to_string (evaluation, item, out);
}

int
convert_to_json (struct evaluation *evaluation, struct item *item, enum schema_type type, bool typed,
                 struct buffer *out)
{
  if (!typed)
    return as_it_is (evaluation, item, out);
  switch (type) {
  case SCHEMA_BOOLEAN:
    return to_boolean (evaluation, item, out);
  case SCHEMA_INTEGER:
    return to_integer (evaluation, item, out);
  case SCHEMA_DECIMAL:
    return to_decimal (evaluation, item, out);
  case SCHEMA_DATETIME:
    return to_date_time (evaluation, item, out);
  default:
    return to_string (evaluation, item, out);
  }
}
