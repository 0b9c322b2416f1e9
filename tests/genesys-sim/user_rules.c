/* The rules of single user attributes (facts about the service, section 2). */
#include <config.h>
#include "user.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LIST_MAX 50 /* routing skills and languages */

static bool
bad (struct problem *problem, const char *attribute, const char *what, const char *value)
{
  return problem_set (problem, 400, "invalidValue", "%s: %s (\"%.100s\")", attribute, what, value);
}

bool
email_plausible (const char *text)
{
  const char *at = strchr (text, '@');
  if (at == NULL || at == text || at[1] == '\0' || strchr (at + 1, '@') != NULL)
    return false;
  for (; *text != '\0'; text++)
    if ((unsigned char)*text <= ' ' || strchr ("<>()[],;:\\\"", *text) != NULL)
      return false;
  return at[1] != '.' && text[-1] != '.';
}

/* +49…, tel:+49…, either with ;ext=… */
static bool
phone_plausible (const char *text)
{
  text += strncasecmp (text, "tel:", 4) == 0 ? 4 : 0;
  if (text[0] != '+' || text[1] < '1' || text[1] > '9')
    return false;
  size_t digits = strspn (text + 1, "0123456789");
  const char *rest = text + 1 + digits;
  if (digits < 3 || digits > 15)
    return false;
  if (strncmp (rest, ";ext=", 5) != 0)
    return *rest == '\0';
  digits = strspn (rest + 5, "0123456789");
  return digits > 0 && rest[5 + digits] == '\0';
}

static bool
blank (const char *text)
{
  return text == NULL || text[strspn (text, " \t")] == '\0';
}

static bool
rule_names (const struct switches *switches, const json_t *document, struct problem *problem)
{
  const char *user_name = json_string_value (json_object_get (document, "userName"));
  const char *display = json_string_value (json_object_get (document, "displayName"));
  const char *external = json_string_value (json_object_get (document, "externalId"));
  if (blank (user_name))
    return problem_set (problem, 400, "invalidValue", "userName is required");
  if (switches->strict_user_name && !email_plausible (user_name))
    return bad (problem, "userName", "must be an e-mail address", user_name);
  if (switches->strict_display_name && blank (display))
    return problem_set (problem, 400, "invalidValue", "displayName is required");
  if (external != NULL && *external == '\0')
    return problem_set (problem, 400, "invalidValue", "externalId must not be empty");
  return true;
}

/* Types known and not repeated, at most one primary. */
static bool
rule_typed (const struct switches *switches, const json_t *list, const char *name,
            const char *words, struct problem *problem)
{
  size_t primaries = 0;
  for (size_t i = 0; i < json_array_size (list); i++) {
    json_t *item = json_array_get (list, i);
    const char *type = json_string_value (json_object_get (item, "type"));
    primaries += json_is_true (json_object_get (item, "primary"));
    if (blank (json_string_value (json_object_get (item, "value"))))
      return bad (problem, name, "an entry has no value", type != NULL ? type : "");
    if (type == NULL && !switches->strict_types)
      json_object_set_new (item, "type", json_string (type = "work"));
    if (switches->strict_types && (type == NULL || !word_listed (words, type)))
      return bad (problem, name, "an entry's type is missing or unknown", type ? type : "");
    for (size_t j = 0; j < i; j++)
      if (strcmp (json_string_value (json_object_get (json_array_get (list, j), "type")), type) ==
          0)
        return bad (problem, name, "two entries have the same type", type);
  }
  if (primaries > 1)
    return problem_set (problem, 400, "invalidValue", "%s: more than one is primary", name);
  return true;
}

/* The address of type other is userName, whatever was sent. */
static bool
other_check (const struct switches *switches, const char *value, const char *user_name,
             const struct account *old, struct problem *problem)
{
  if (strcasecmp (value, user_name) == 0 ||
      (old != NULL && strcasecmp (value, old->user_name) == 0) ||
      strcmp (switches->other_email, "ignore") == 0)
    return true;
  return problem_set (problem, 400, "mutability",
                      "emails: the address of type other is the userName and cannot be \"%.100s\"",
                      value);
}

static json_t *
list_of (json_t *holder, const char *name)
{
  json_t *list = json_object_get (holder, name);
  if (list == NULL) {
    list = json_array ();
    json_object_set_new (holder, name, list);
  }
  return list;
}

static bool
rule_emails (const struct switches *switches, json_t *document, const struct account *old,
             struct problem *problem)
{
  const char *user_name = json_string_value (json_object_get (document, "userName"));
  json_t *list = list_of (document, "emails"), *other = NULL;
  bool primary = false;
  if (!rule_typed (switches, list, "emails", "work other", problem))
    return false;
  for (size_t i = 0; i < json_array_size (list); i++) {
    json_t *item = json_array_get (list, i);
    const char *value = json_string_value (json_object_get (item, "value"));
    if (strcmp (json_string_value (json_object_get (item, "type")), "other") == 0) {
      other = item;
      if (!other_check (switches, value, user_name, old, problem))
        return false;
    } else {
      primary = primary || json_is_true (json_object_get (item, "primary"));
      if (switches->strict_types && !email_plausible (value))
        return bad (problem, "emails", "must be an e-mail address", value);
    }
  }
  if (other == NULL)
    json_array_append_new (list, other = json_pack ("{s:s}", "type", "other"));
  json_object_set (other, "value", json_object_get (document, "userName"));
  json_object_set_new (other, "primary", json_boolean (!primary));
  return true;
}

static bool
rule_phones (const struct switches *switches, json_t *document, struct problem *problem)
{
  json_t *list = json_object_get (document, "phoneNumbers"), *item;
  size_t i;
  if (!rule_typed (switches, list, "phoneNumbers",
                   "work work2 work3 work4 home mobile other microsoftteams zoomphone "
                   "eightbyeight ringcentral",
                   problem))
    return false;
  json_array_foreach (list, i, item)
  {
    const char *value = json_string_value (json_object_get (item, "value"));
    if (switches->strict_phone && !phone_plausible (value))
      return bad (problem, "phoneNumbers", "must be an E.164 number", value);
  }
  item = json_array_get (list, 0);
  if (json_array_size (list) == 1 &&
      strcmp (json_string_value (json_object_get (item, "type")), "other") == 0)
    json_object_set_new (item, "primary", json_true ());
  return true;
}

static bool
rule_skills (const json_t *extension, const char *name, struct problem *problem)
{
  json_t *list = json_object_get (extension, name), *item;
  size_t i;
  if (json_array_size (list) > LIST_MAX)
    return problem_set (problem, 400, "invalidValue", "%s: at most %d entries", name, LIST_MAX);
  json_array_foreach (list, i, item)
  {
    json_t *proficiency = json_object_get (item, "proficiency");
    double value = json_number_value (proficiency);
    if (blank (json_string_value (json_object_get (item, "name"))))
      return problem_set (problem, 400, "invalidValue", "%s: an entry has no name", name);
    if (proficiency != NULL && (value < 0 || value > 5))
      return problem_set (problem, 400, "invalidValue", "%s: proficiency is 0.0 to 5.0", name);
  }
  return true;
}

/* What was sent for the service's own authority must be what it is or becomes. */
static bool
external_own (const struct account *old, const char *value, const char *external,
              struct problem *problem)
{
  if ((external != NULL && strcmp (value, external) == 0) ||
      (old != NULL && strcmp (value, account_external_id (old)) == 0))
    return true;
  return problem_set (problem, 400, "mutability", "externalIds: the entry of %s is the externalId",
                      AUTHORITY_SCIM);
}

static bool
external_items (json_t *list, const struct account *old, const char *external,
                struct problem *problem)
{
  for (size_t i = json_array_size (list); i-- > 0;) {
    const json_t *item = json_array_get (list, i);
    const char *authority = json_string_value (json_object_get (item, "authority"));
    const char *value = json_string_value (json_object_get (item, "value"));
    if (blank (authority) || blank (value))
      return problem_set (problem, 400, "invalidValue",
                          "externalIds: an entry needs authority and value");
    for (size_t j = 0; j < i; j++) {
      const char *other =
          json_string_value (json_object_get (json_array_get (list, j), "authority"));
      if (other != NULL && strcmp (other, authority) == 0)
        return bad (problem, "externalIds", "two entries have the same authority", authority);
    }
    if (strncmp (authority, AUTHORITY_SCIM, strlen (AUTHORITY_SCIM)) != 0)
      continue;
    if (!external_own (old, value, external, problem))
      return false;
    json_array_remove (list, i);
  }
  return true;
}

static bool
rule_external (json_t *document, const struct account *old, struct problem *problem)
{
  json_t *extension = json_object_get (document, URN_GENESYS), *external;
  json_t *list = json_object_get (extension, "externalIds");
  external = json_object_get (document, "externalId");
  if (!external_items (list, old, json_string_value (external), problem))
    return false;
  if (external != NULL) {
    if (extension == NULL)
      json_object_set_new (document, URN_GENESYS, extension = json_object ());
    json_array_insert_new (
        list_of (extension, "externalIds"), 0,
        json_pack ("{s:s, s:O}", "authority", AUTHORITY_SCIM, "value", external));
  } else if (list != NULL && json_array_size (list) == 0) {
    json_object_del (extension, "externalIds");
  }
  return true;
}

static bool
rule_date (json_t *document, struct problem *problem)
{
  json_t *extension = json_object_get (document, URN_ENTERPRISE);
  const char *text = json_string_value (json_object_get (extension, "dateHire"));
  static const char form[] = "0000-00-00";
  if (text == NULL)
    return true;
  for (size_t i = 0; form[i] != '\0'; i++)
    if (form[i] == '0' ? !isdigit ((unsigned char)text[i]) : text[i] != '-')
      return bad (problem, "dateHire", "must be an ISO 8601 date", text);
  if (text[10] != '\0' && text[10] != 'T')
    return bad (problem, "dateHire", "must be an ISO 8601 date", text);
  if (text[10] == 'T')
    json_object_set_new (extension, "dateHire", json_stringn (text, 10));
  return true;
}

bool
user_rules (const struct sim *sim, json_t *document, const struct account *old,
            struct problem *problem)
{
  const json_t *extension = json_object_get (document, URN_GENESYS);
  if (!rule_names (&sim->switches, document, problem) ||
      !rule_emails (&sim->switches, document, old, problem) ||
      !rule_phones (&sim->switches, document, problem) ||
      !rule_skills (extension, "routingSkills", problem) ||
      !rule_skills (extension, "routingLanguages", problem) ||
      !rule_external (document, old, problem) || !rule_date (document, problem) ||
      !user_names (sim, document, problem) || !user_references (sim, document, problem))
    return false;
  json_object_del (document, "password");
  document_schemas (&user_type, document);
  return true;
}
