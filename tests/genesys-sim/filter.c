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
