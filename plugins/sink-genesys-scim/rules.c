/* rules: how Genesys Cloud writes values in its own way. What is known to be rewritten must not
 * look like a value that was not taken; anything else must. */
#include <config.h>

#include "sink.h"

#include <string.h>
#include <strings.h>

#define ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define GENESYS    "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"

#define MAX_VALUE 512

static bool
is (const char *path, const char *name)
{
  return strcasecmp (path, name) == 0;
}

static bool
ignored (const char *path)
{
  return is (path, "schemas") || is (path, "password") || is (path, "id") || is (path, "meta")
         || is (path, "groups");
}

static bool
texts (struct json a, struct json b, char *x, char *y)
{
  return json_text (a, x, MAX_VALUE, NULL) && json_text (b, y, MAX_VALUE, NULL);
}

/* "+1 555-0100", "tel:+15550100" and "+15550100" are one number; so are ";ext=12" and " x12". */
static void
plain_number (const char *s, char *out)
{
  size_t n = 0;
  if (strncasecmp (s, "tel:", 4) == 0)
    s += 4;
  for (; *s != '\0'; s++) {
    bool extension = strncasecmp (s, ";ext=", 5) == 0 || strncasecmp (s, "ext.", 4) == 0
                     || *s == 'x' || *s == 'X';
    if (extension && out[n > 0 ? n - 1 : 0] != 'x') {
      out[n++] = 'x';
      s += *s == ';' ? 4 : *s == 'e' || *s == 'E' ? 3 : 0;
    } else if ((*s >= '0' && *s <= '9') || (*s == '+' && n == 0)) {
      out[n++] = *s;
    } else if (strchr (" -.()/", *s) == NULL) {
      out[n++] = *s;
    }
  }
  out[n] = '\0';
}

static bool
same_number (struct json sent, struct json got)
{
  char a[MAX_VALUE], b[MAX_VALUE], x[MAX_VALUE] = "", y[MAX_VALUE] = "";
  if (!texts (sent, got, a, b))
    return false;
  plain_number (a, x);
  plain_number (b, y);
  return strcmp (x, y) == 0;
}

/* The service answers with the day alone. */
static bool
same_day (struct json sent, struct json got)
{
  char a[MAX_VALUE], b[MAX_VALUE];
  return texts (sent, got, a, b) && strlen (b) == 10 && strncmp (a, b, 10) == 0
         && (a[10] == 'T' || a[10] == '\0');
}

static bool
same_but_case (struct json sent, struct json got)
{
  char a[MAX_VALUE], b[MAX_VALUE];
  return texts (sent, got, a, b) && strcasecmp (a, b) == 0;
}

static const char *
trim (char *s)
{
  s += strspn (s, " \t\r\n");
  for (size_t n = strlen (s); n > 0 && strchr (" \t\r\n", s[n - 1]) != NULL; n--)
    s[n - 1] = '\0';
  return s;
}

static bool
same_but_space (struct json sent, struct json got)
{
  char a[MAX_VALUE], b[MAX_VALUE];
  return texts (sent, got, a, b) && strcmp (trim (a), trim (b)) == 0;
}

/* The address of the type "other" is the service's copy of the user name. */
static bool
mirrors_user_name (struct json got, struct json item, struct json account)
{
  char name[MAX_VALUE];
  size_t len;
  return json_equals (json_member_nocase (item, "type", 4), "other", 5, true)
         && json_text (json_member_nocase (account, "userName", 8), name, sizeof name, &len)
         && json_equals (got, name, len, true);
}

static bool
same (const char *path, struct json sent, struct json got, struct json item, struct json account)
{
  if (is (path, "userName") || is (path, "emails.type") || is (path, "phoneNumbers.type"))
    return same_but_case (sent, got);
  if (is (path, "emails.value"))
    return same_but_case (sent, got) || mirrors_user_name (got, item, account);
  if (is (path, "phoneNumbers.value"))
    return same_number (sent, got);
  if (is (path, ENTERPRISE ":dateHire"))
    return same_day (sent, got);
  if (is (path, "externalId"))
    return false;
  return same_but_space (sent, got);
}

/* Items that the service has of itself in a list. */
static bool
kept (const char *path, struct json item)
{
  char authority[128];
  if (strncasecmp (path, "emails", 6) == 0)
    return json_equals (json_member_nocase (item, "type", 4), "other", 5, true);
  if (is (path, "roles"))
    return json_equals (json_member_nocase (item, "value", 5), "employee", 8, true)
           || json_equals (item, "employee", 8, true);
  return is (path, GENESYS ":externalIds")
         && json_text (json_member_nocase (item, "authority", 9), authority, sizeof authority, NULL)
         && strncmp (authority, "x-pc:scimv2:v1", 14) == 0;
}

const struct scim_rules sink_rules = {ignored, same, kept};
