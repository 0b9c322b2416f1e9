/* Parsing and matching filters. A filter from a peer is at most FILTER_DEPTH deep. */
#include <config.h>
#include "filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILTER_DEPTH 20

struct parser {
  const char *at;
  bool unquoted;
  int depth;
  struct problem *problem;
};

static struct filter *parse_or (struct parser *parser);

static struct filter *
fail (struct parser *parser, const char *what)
{
  problem_set (parser->problem, 400, "invalidFilter", "%s at \"%.60s\"", what, parser->at);
  return NULL;
}

static void
skip (struct parser *parser)
{
  while (*parser->at == ' ')
    parser->at++;
}

/* Takes a keyword that is followed by no name character. */
static bool
take_word (struct parser *parser, const char *word)
{
  size_t length = strlen (word);
  skip (parser);
  if (strncasecmp (parser->at, word, length) != 0 || isalnum ((unsigned char)parser->at[length]))
    return false;
  parser->at += length;
  return true;
}

static struct filter *
filter_new (enum filter_op op, struct filter *left, struct filter *right)
{
  struct filter *filter = mem_new (sizeof *filter);
  *filter = (struct filter){op, NULL, NULL, left, right};
  return filter;
}

void
filter_free (struct filter *filter)
{
  if (filter == NULL)
    return;
  filter_free (filter->left);
  filter_free (filter->right);
  json_decref (filter->value);
  free (filter->attribute);
  free (filter);
}

static json_t *
parse_bare (struct parser *parser)
{
  size_t length = strcspn (parser->at, " ()[]\"");
  const char *word = parser->at;
  parser->at += length;
  if (length == 4 && strncasecmp (word, "true", 4) == 0)
    return json_true ();
  if (length == 5 && strncasecmp (word, "false", 5) == 0)
    return json_false ();
  if (length == 4 && strncmp (word, "null", 4) == 0)
    return json_null ();
  char *end;
  double number = strtod (word, &end);
  if (!parser->unquoted && end == word + length && length > 0)
    return json_real (number);
  return parser->unquoted && length > 0 ? json_stringn (word, length) : NULL;
}

static json_t *
parse_value (struct parser *parser)
{
  skip (parser);
  if (*parser->at != '"')
    return parse_bare (parser);
  json_error_t error;
  json_t *value = json_loads (parser->at, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);
  if (value != NULL)
    parser->at += error.position;
  return value;
}

static bool
parse_operator (struct parser *parser, enum filter_op *ret_op)
{
  static const char *const words[] = {"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (take_word (parser, words[i])) {
      *ret_op = (enum filter_op)i;
      return true;
    }
  return false;
}

static struct filter *
parse_nested (struct parser *parser, struct filter *filter)
{
  parser->at++;
  filter->op = FILTER_VALUE;
  filter->left = parse_or (parser);
  skip (parser);
  if (filter->left == NULL || *parser->at != ']') {
    if (filter->left != NULL)
      fail (parser, "expected ]");
    filter_free (filter);
    return NULL;
  }
  parser->at++;
  return filter;
}

static struct filter *
parse_comparison (struct parser *parser)
{
  skip (parser);
  size_t length = strcspn (parser->at, " ()[]\"");
  if (length == 0)
    return fail (parser, "expected an attribute");
  struct filter *filter = filter_new (FILTER_PR, NULL, NULL);
  filter->attribute = mem_copy_n (parser->at, length);
  parser->at += length;
  if (*parser->at == '[')
    return parse_nested (parser, filter);
  bool good = parse_operator (parser, &filter->op);
  if (good && filter->op != FILTER_PR)
    good = (filter->value = parse_value (parser)) != NULL;
  if (good)
    return filter;
  filter_free (filter);
  return fail (parser, "expected an operator and a value");
}

static struct filter *
parse_term (struct parser *parser)
{
  bool not = take_word (parser, "not");
  struct filter *filter;
  skip (parser);
  if (++parser->depth > FILTER_DEPTH)
    return fail (parser, "too deep");
  if (*parser->at == '(') {
    parser->at++;
    filter = parse_or (parser);
    skip (parser);
    if (filter != NULL && *parser->at != ')') {
      filter_free (filter);
      return fail (parser, "expected )");
    }
    parser->at += filter != NULL;
  } else {
    filter = not ? fail (parser, "expected ( after not") : parse_comparison (parser);
  }
  parser->depth--;
  return filter != NULL && not ? filter_new (FILTER_NOT, filter, NULL) : filter;
}

static struct filter *
parse_join (struct parser *parser, const char *word, enum filter_op op,
            struct filter *(*part) (struct parser *))
{
  struct filter *left = part (parser);
  int terms = 0;
  while (left != NULL && take_word (parser, word)) {
    struct filter *right = ++terms > FILTER_DEPTH ? fail (parser, "too long") : part (parser);
    if (right == NULL) {
      filter_free (left);
      return NULL;
    }
    left = filter_new (op, left, right);
  }
  return left;
}

static struct filter *
parse_and (struct parser *parser)
{
  return parse_join (parser, "and", FILTER_AND, parse_term);
}

static struct filter *
parse_or (struct parser *parser)
{
  return parse_join (parser, "or", FILTER_OR, parse_and);
}

struct filter *
filter_parse (const char *text, bool unquoted, struct problem *problem)
{
  struct parser parser = {text, unquoted, 0, problem};
  struct filter *filter = parse_or (&parser);
  skip (&parser);
  if (filter == NULL || *parser.at == '\0')
    return filter;
  filter_free (filter);
  return fail (&parser, "something is left over");
}

static bool
text_fits (enum filter_op op, const char *have, const char *want, bool exact)
{
  size_t have_length = strlen (have), want_length = strlen (want);
  int (*compare) (const char *, const char *, size_t) = exact ? strncmp : strncasecmp;
  int order = exact ? strcmp (have, want) : strcasecmp (have, want);
  switch (op) {
  case FILTER_EQ:
    return order == 0;
  case FILTER_NE:
    return order != 0;
  case FILTER_GT:
    return order > 0;
  case FILTER_GE:
    return order >= 0;
  case FILTER_LT:
    return order < 0;
  case FILTER_LE:
    return order <= 0;
  case FILTER_SW:
    return compare (have, want, want_length) == 0;
  case FILTER_EW:
    return have_length >= want_length &&
           compare (have + have_length - want_length, want, want_length) == 0;
  default:
    for (; have_length >= want_length; have++, have_length--)
      if (compare (have, want, want_length) == 0)
        return true;
    return false;
  }
}

/* Whether one plain value fits; a list does when one of its items does. */
static bool
value_fits (const struct filter *filter, const json_t *have, bool exact)
{
  size_t i;
  json_t *item;
  if (filter->op == FILTER_PR)
    return have != NULL && !json_is_null (have);
  if (have == NULL)
    return filter->op == FILTER_NE;
  if (json_is_object (have))
    return value_fits (filter, json_object_get (have, "value"), exact);
  json_array_foreach ((json_t *)(uintptr_t)have, i,
                      item) if (value_fits (filter, item, exact)) return true;
  if (json_is_array (have))
    return false;
  if (json_is_string (have) && json_is_string (filter->value))
    return text_fits (filter->op, json_string_value (have), json_string_value (filter->value),
                      exact);
  if (json_is_string (filter->value) && json_is_boolean (have))
    return filter->op == FILTER_EQ && strcasecmp (json_string_value (filter->value),
                                                  json_is_true (have) ? "true" : "false") == 0;
  bool equal = json_is_number (have) && json_is_number (filter->value)
                   ? json_number_value (have) == json_number_value (filter->value)
                   : json_equal (have, filter->value);
  return filter->op == FILTER_EQ ? equal : filter->op == FILTER_NE ? !equal : false;
}

/* The part of object that path means; sub-attributes of lists become a list (a new reference). */
static json_t *
path_get (const struct path *path, const json_t *object)
{
  json_t *value = (json_t *)(uintptr_t)object;
  if (path->extension != NULL)
    value = json_object_get (value, path->extension->id);
  if (path->attribute != NULL)
    value = json_object_get (value, path->attribute->name);
  if (path->sub == NULL || !json_is_array (value))
    return json_incref (path->sub != NULL ? json_object_get (value, path->sub->name) : value);
  json_t *list = json_array (), *item;
  size_t i;
  json_array_foreach (value, i, item)
  {
    json_t *part = json_object_get (item, path->sub->name);
    if (part != NULL)
      json_array_append (list, part);
  }
  return list;
}

static bool
resource_fits (const struct filter *filter, const json_t *object, const struct resource_type *type)
{
  struct path path;
  struct problem problem;
  size_t i;
  json_t *item;
  if (!path_parse (type, filter->attribute, &path, &problem))
    return false;
  json_t *have = path_get (&path, object);
  bool fits = false;
  if (filter->op == FILTER_VALUE) {
    json_array_foreach (have, i, item) fits =
        fits || filter_fits (filter->left, item, path.attribute->subs, NULL);
  } else {
    const struct attribute *last = path.sub != NULL ? path.sub : path.attribute;
    fits = value_fits (filter, have, last != NULL && (last->flags & EXACT));
  }
  json_decref (have);
  path_fini (&path);
  return fits;
}

bool
filter_fits (const struct filter *filter, const json_t *object, const struct attribute *attributes,
             const struct resource_type *type)
{
  if (filter->op == FILTER_AND)
    return filter_fits (filter->left, object, attributes, type) &&
           filter_fits (filter->right, object, attributes, type);
  if (filter->op == FILTER_OR)
    return filter_fits (filter->left, object, attributes, type) ||
           filter_fits (filter->right, object, attributes, type);
  if (filter->op == FILTER_NOT)
    return !filter_fits (filter->left, object, attributes, type);
  if (type != NULL)
    return resource_fits (filter, object, type);
  const struct attribute *attribute =
      attribute_find (attributes, filter->attribute, strlen (filter->attribute));
  return attribute != NULL && value_fits (filter, json_object_get (object, attribute->name),
                                          (attribute->flags & EXACT) != 0);
}
