/* The table of all switches, and setting them by name. */
#include <config.h>
#include "switches.h"

#include <stdlib.h>
#include <string.h>

enum kind { BOOL, NUMBER, WORD, TEXT };

struct row {
  const char *name;
  enum kind kind;
  size_t offset;
  const char *initial;
  const char *words; /* of WORD, with | before, between and after */
  const char *help;
};

#define AT(field) offsetof (struct switches, field)
static const struct row rows[] = {
    {"strict-content-type", BOOL, AT (strict_content_type), "true", NULL,
     "refuse bodies that are not application/scim+json or application/json (415)"},
    {"strict-schemas", BOOL, AT (strict_schemas), "true", NULL,
     "refuse bodies without a fitting \"schemas\""},
    {"strict-op", BOOL, AT (strict_op), "true", NULL, "refuse \"Add\" and \"Replace\" for \"op\""},
    {"strict-boolean", BOOL, AT (strict_boolean), "true", NULL, "refuse \"True\" for a boolean"},
    {"strict-user-name", BOOL, AT (strict_user_name), "true", NULL,
     "refuse a userName that is no e-mail address"},
    {"strict-display-name", BOOL, AT (strict_display_name), "true", NULL,
     "refuse a user without displayName"},
    {"strict-attributes", BOOL, AT (strict_attributes), "true", NULL,
     "refuse attributes that the schemas lack, instead of ignoring them"},
    {"strict-phone", BOOL, AT (strict_phone), "true", NULL,
     "refuse telephone numbers that are neither E.164 nor a tel URI of one"},
    {"strict-types", BOOL, AT (strict_types), "true", NULL,
     "refuse unknown types of e-mail addresses and telephone numbers, and entries without one"},
    {"strict-paths", BOOL, AT (strict_paths), "true", NULL,
     "refuse dotted and URN keys in the value of a PATCH without path"},
    {"strict-members", BOOL, AT (strict_members), "true", NULL,
     "refuse \"remove\" of members by path and value list"},
    {"unknown-names", WORD, AT (unknown_names), "refuse", "|refuse|drop|accept|",
     "roles, skills, languages and divisions that do not exist"},
    {"unknown-references", WORD, AT (unknown_references), "refuse", "|refuse|drop|accept|",
     "managers and members that do not exist"},
    {"other-email", WORD, AT (other_email), "refuse", "|refuse|ignore|",
     "an e-mail address of type other that is not the userName"},
    {"revive", WORD, AT (revive), "same-id", "|same-id|new-id|conflict|",
     "what POST does for the userName of a deleted account"},
    {"revive-status", WORD, AT (revive_status), "201", "|201|200|", "status of a revival"},
    {"revive-keeps", BOOL, AT (revive_keeps), "true", NULL,
     "a revived account keeps the attributes that the POST does not give"},
    {"default-role", TEXT, AT (default_role), "employee", NULL,
     "role of an account that was created without one; empty: none"},
    {"default-division", TEXT, AT (default_division), "Home", NULL,
     "division of an account that was created without one; empty: none"},
    {"version-mismatch", WORD, AT (version_mismatch), "409", "|409|400|412|ignore|",
     "answer to a stale If-Match"},
    {"delete-status", WORD, AT (delete_status), "204", "|204|200|", "answer to DELETE"},
    {"find-inactive", BOOL, AT (find_inactive), "true", NULL,
     "GET by id and filters other than \"active eq\" find inactive accounts"},
    {"find-deleted", BOOL, AT (find_deleted), "false", NULL,
     "GET by id and filters by name or id find deleted accounts"},
    {"default-active", BOOL, AT (default_active), "true", NULL,
     "state after a POST without active"},
    {"put-clears", BOOL, AT (put_clears), "true", NULL,
     "PUT removes the attributes that it does not give"},
    {"external-id-unique", BOOL, AT (external_id_unique), "true", NULL,
     "refuse an external id that another account holds (409)"},
    {"absolute-location", BOOL, AT (absolute_location), "false", NULL,
     "meta.location with scheme and host"},
    {"value-path-creates", BOOL, AT (value_path_creates), "false", NULL,
     "add and replace with a value filter that matches nothing make the entry"},
    {"version-step", NUMBER, AT (version_step), "1", NULL, "what a write adds to the version"},
    {"invisible", NUMBER, AT (invisible), "0", NULL,
     "milliseconds for which no read finds a new account"},
    {"page-default", NUMBER, AT (page_default), "25", NULL, "count where a list gives none"},
    {"page-max", NUMBER, AT (page_max), "100", NULL, "largest page"},
    {"costly-count", NUMBER, AT (costly_count), "25", NULL,
     "largest count with attributes that are costly to read"},
    {"costly-refused", BOOL, AT (costly_refused), "true", NULL, "429 above costly-count"},
    {"filter-full", BOOL, AT (filter_full), "false", NULL,
     "all operators and attributes in list filters"},
    {"filter-unquoted", BOOL, AT (filter_unquoted), "true", NULL,
     "filter values may stand without quotes"},
    {"groups-filter-required", BOOL, AT (groups_filter_required), "false", NULL,
     "400 for a list of groups without filter under scim/v2"},
    {"members-max", NUMBER, AT (members_max), "0", NULL,
     "most members of a group that one operation may name; 0: no limit"},
    {"group-write-status", WORD, AT (group_write_status), "405", "|405|404|",
     "answer to POST and DELETE of groups"},
    {"bare-path", BOOL, AT (bare_path), "false", NULL, "serve /scim/v2 as well"},
    {"rate-limit", NUMBER, AT (rate_limit), "300", NULL,
     "requests that a token has in a window; 0: no limit"},
    {"rate-window", NUMBER, AT (rate_window), "60000", NULL, "length of the window, milliseconds"},
    {"rate-aligned", BOOL, AT (rate_aligned), "false", NULL,
     "windows follow one another by the clock, instead of beginning with a request"},
    {"rate-others", NUMBER, AT (rate_others), "0", NULL,
     "requests a window that somebody else makes, spread evenly"},
    {"rate-told", BOOL, AT (rate_told), "true", NULL, "send the inin-ratelimit headers"},
    {"rate-rounding", WORD, AT (rate_rounding), "up", "|up|down|",
     "how inin-ratelimit-reset becomes whole seconds"},
    {"rate-scope", WORD, AT (rate_scope), "token", "|token|organization|", "who shares a window"},
    {"max-body", NUMBER, AT (max_body), "512000", NULL, "largest request body in bytes (413)"},
    {"latency", NUMBER, AT (latency), "0", NULL, "milliseconds before every reply"},
    {"latency-jitter", NUMBER, AT (latency_jitter), "0", NULL, "up to so many more, at random"},
    {"error-shape", WORD, AT (error_shape), "documented", "|documented|swapped|scim|error-body|",
     "shape of error bodies"},
    {"token-lifetime", NUMBER, AT (token_lifetime), "86400", NULL, "seconds, as expires_in tells"},
    {"token-real-lifetime", NUMBER, AT (token_real_lifetime), "0", NULL,
     "milliseconds after which a token ends whatever was told; 0: as told"},
    {"token-idle", NUMBER, AT (token_idle), "0", NULL,
     "milliseconds without use that end a token; 0: never"},
    {"token-throttle", NUMBER, AT (token_throttle), "0", NULL,
     "so many of the next token requests are throttled; -1: all"},
    {"token-refusal", WORD, AT (token_refusal), "400", "|400|401|", "status of invalid_client"},
    {"client-state", WORD, AT (client_state), "active", "|active|inactive|disabled|",
     "inactive: no new tokens; disabled: tokens end as well"},
    {"log", BOOL, AT (log), "true", NULL, "keep the log of requests"},
    {"log-bodies", BOOL, AT (log_bodies), "true", NULL, "with request bodies"},
    {"log-max", NUMBER, AT (log_max), "100000", NULL, "requests kept; the oldest go first"},
};
#define ROWS (sizeof rows / sizeof *rows)

static void *
field (const struct switches *switches, const struct row *row)
{
  return (char *)(uintptr_t)switches + row->offset;
}

static const struct row *
row_find (const char *name)
{
  for (size_t i = 0; i < ROWS; i++)
    if (strcmp (rows[i].name, name) == 0)
      return &rows[i];
  return NULL;
}

static bool
word_known (const char *words, const char *value)
{
  char pattern[64];
  if (strlen (value) > sizeof pattern - 3 || strchr (value, '|') != NULL)
    return false;
  snprintf (pattern, sizeof pattern, "|%s|", value);
  return strstr (words, pattern) != NULL;
}

static bool
set_bool (bool *field_, const char *value)
{
  bool on = strcmp (value, "true") == 0 || strcmp (value, "on") == 0 || strcmp (value, "1") == 0;
  bool off = strcmp (value, "false") == 0 || strcmp (value, "off") == 0 || strcmp (value, "0") == 0;
  if (on || off)
    *field_ = on;
  return on || off;
}

static bool
set_number (int64_t *field_, const char *value)
{
  char *end;
  long long number = strtoll (value, &end, 10);
  if (end == value || *end != '\0')
    return false;
  *field_ = number;
  return true;
}

static bool
row_set (struct switches *switches, const struct row *row, const char *value)
{
  if (row->kind == BOOL)
    return set_bool (field (switches, row), value);
  if (row->kind == NUMBER)
    return set_number (field (switches, row), value);
  if (row->kind == WORD && !word_known (row->words, value))
    return false;
  char **text = field (switches, row);
  free (*text);
  *text = mem_copy (value);
  return true;
}

void
switches_init (struct switches *switches)
{
  *switches = (struct switches){0};
  for (size_t i = 0; i < ROWS; i++)
    row_set (switches, &rows[i], rows[i].initial);
}

/* "strict" stands for all that begin so. */
static bool
set_strict (struct switches *switches, const char *value)
{
  bool good = true;
  for (size_t i = 0; i < ROWS; i++)
    if (strncmp (rows[i].name, "strict-", 7) == 0)
      good = good && row_set (switches, &rows[i], value);
  return good;
}

bool
switches_set_text (struct switches *switches, const char *name, const char *value,
                   struct problem *problem)
{
  const struct row *row = row_find (name);
  bool strict = strcmp (name, "strict") == 0;
  if (row == NULL && !strict)
    return problem_set (problem, 400, NULL,
                        "no switch is called \"%.60s\"; genesys-sim --list-switches shows them",
                        name);
  if (strict ? set_strict (switches, value) : row_set (switches, row, value))
    return true;
  return problem_set (problem, 400, NULL, "the switch %s cannot be \"%.60s\"%s%s", name, value,
                      row != NULL && row->words != NULL ? "; it is one of " : "",
                      row != NULL && row->words != NULL ? row->words : "");
}

bool
switches_set_json (struct switches *switches, const json_t *object, struct problem *problem)
{
  const char *name;
  json_t *value;
  struct switches changed = {0};
  bool good = true;
  switches_copy (&changed, switches);
  json_object_foreach ((json_t *)(uintptr_t)object, name, value)
  {
    char *text = json_is_string (value) ? mem_copy (json_string_value (value))
                                        : json_dumps (value, JSON_ENCODE_ANY);
    good = good && text != NULL && switches_set_text (&changed, name, text, problem);
    free (text);
  }
  if (good)
    switches_copy (switches, &changed);
  switches_fini (&changed);
  return good;
}

json_t *
switches_get (const struct switches *switches)
{
  json_t *object = json_object ();
  for (size_t i = 0; i < ROWS; i++) {
    void *at = field (switches, &rows[i]);
    json_object_set_new (object, rows[i].name,
                         rows[i].kind == BOOL     ? json_boolean (*(bool *)at)
                         : rows[i].kind == NUMBER ? json_integer (*(int64_t *)at)
                                                  : json_string (*(char **)at));
  }
  return object;
}

void
switches_describe (FILE *out)
{
  for (size_t i = 0; i < ROWS; i++) {
    fprintf (out, "%s=%s\n    %s", rows[i].name, rows[i].initial, rows[i].help);
    if (rows[i].words != NULL) {
      size_t length = strlen (rows[i].words);
      fprintf (out, " (%.*s)", (int)length - 2, rows[i].words + 1);
    }
    fputc ('\n', out);
  }
}

void
switches_copy (struct switches *to, const struct switches *from)
{
  struct switches copy = *from;
  for (size_t i = 0; i < ROWS; i++)
    if (rows[i].kind == WORD || rows[i].kind == TEXT)
      *(char **)field (&copy, &rows[i]) = mem_copy (*(char **)field (from, &rows[i]));
  switches_fini (to);
  *to = copy;
}

void
switches_fini (struct switches *switches)
{
  for (size_t i = 0; i < ROWS; i++)
    if (rows[i].kind == WORD || rows[i].kind == TEXT) {
      char **text = field (switches, &rows[i]);
      free (*text);
      *text = NULL;
    }
}
