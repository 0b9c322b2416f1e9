/* filter.c: checks a search filter (RFC 4515): its syntax when it is configured, its attribute
 * names when the directory's schema is known. A misspelt name would silently find nobody. */
#include "source-ldap.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_DEPTH 50

struct walk {
  const char *text;
  size_t at;
  int (*attribute) (void *data, const char *name, size_t len);
  void *data;
  bool stopped;
};

static const char *walk_filter (struct walk *walk, int depth);

static void
skip_spaces (struct walk *walk)
{
  while (walk->text[walk->at] == ' ')
    walk->at++;
}

static const char *
walk_list (struct walk *walk, int depth)
{
  const char *wrong = NULL;

  skip_spaces (walk);
  while (!wrong && !walk->stopped && walk->text[walk->at] == '(') {
    wrong = walk_filter (walk, depth + 1);
    skip_spaces (walk);
  }
  return wrong;
}

static const char *
walk_value (struct walk *walk)
{
  for (; walk->text[walk->at] && walk->text[walk->at] != ')'; walk->at++) {
    const char *at = walk->text + walk->at;

    if (*at == '(')
      return "a ( in a value is written \\28";
    if (*at == '\\' && (!isxdigit ((unsigned char) at[1]) || !isxdigit ((unsigned char) at[2])))
      return "a backslash in a value is followed by two hexadecimal digits, such as \\5c";
  }
  return NULL;
}

static const char *
walk_item (struct walk *walk)
{
  const char *start = walk->text + walk->at;
  size_t len = strcspn (start, "=<>~:()*&|! ");

  if (!len && *start != ':')
    return "an attribute name is missing";
  walk->at += len;
  if (walk->text[walk->at] == ':')
    walk->at += strcspn (walk->text + walk->at, "=()");
  else if (walk->text[walk->at] && strchr ("<>~", walk->text[walk->at]))
    walk->at++;
  if (walk->text[walk->at] != '=')
    return "an attribute name is followed by =, >=, <= or ~=";
  walk->at++;
  if (len && walk->attribute && walk->attribute (walk->data, start, len)) {
    walk->stopped = true;
    return NULL;
  }
  return walk_value (walk);
}

static const char *
walk_filter (struct walk *walk, int depth)
{
  const char *wrong;
  char c;

  if (depth > MAX_DEPTH)
    return "it is nested too deeply";
  if (walk->text[walk->at] != '(')
    return "a filter begins with (";
  walk->at++;
  c = walk->text[walk->at];
  if (c == '&' || c == '|' || c == '!') {
    walk->at++;
    wrong = walk_list (walk, depth);
  } else
    wrong = walk_item (walk);
  if (wrong || walk->stopped)
    return wrong;
  if (walk->text[walk->at] != ')')
    return "a ) is missing";
  walk->at++;
  return NULL;
}

const char *
filter_walk (const char *filter, size_t *ret_at,
             int (*attribute) (void *data, const char *name, size_t len), void *data)
{
  struct walk walk = { filter, 0, attribute, data, false };
  const char *wrong = walk_filter (&walk, 0);

  if (!wrong && !walk.stopped && filter[walk.at])
    wrong = "there is something after its last )";
  *ret_at = walk.at;
  return wrong;
}

int32_t
filter_check_syntax (struct syncd_ctx *ctx, const struct instance *instance)
{
  size_t at;
  const char *wrong = filter_walk (instance->filter, &at, NULL, NULL);

  if (!wrong)
    return SYNCD_OK;
  return HOST->fail (ctx, SYNCD_E_CONFIG, "filter: \"%s\" is wrong at character %zu: %s",
                     instance->filter, at + 1, wrong);
}

struct unknown {
  const struct session *session;
  char name[128];
};

static int
check_name (void *data, const char *name, size_t len)
{
  struct unknown *unknown = data;
  size_t plain = 0;

  while (plain < len && name[plain] != ';')
    plain++;
  if (plain >= sizeof unknown->name)
    plain = sizeof unknown->name - 1;
  memcpy (unknown->name, name, plain);
  unknown->name[plain] = '\0';
  if (schema_find (&unknown->session->schema, unknown->name) || isdigit ((unsigned char) *name) ||
      (unknown->session->vendor == VENDOR_AD && strcasecmp (unknown->name, "anr") == 0))
    unknown->name[0] = '\0';
  return unknown->name[0] != '\0';
}

int32_t
filter_check_schema (struct syncd_ctx *ctx, const struct session *session)
{
  struct unknown unknown = { session, "" };
  const char *nearest;
  size_t at;

  if (!session->schema.count)
    return SYNCD_OK;
  filter_walk (session->instance->filter, &at, check_name, &unknown);
  if (!unknown.name[0])
    return SYNCD_OK;
  nearest = schema_nearest (&session->schema, unknown.name);
  return HOST->fail (ctx, SYNCD_E_CONFIG, "filter: the directory knows no attribute \"%s\", so "
                     "nobody would be found%s%s%s", unknown.name,
                     nearest ? ": did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
}
