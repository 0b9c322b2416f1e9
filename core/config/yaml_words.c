/* What libyaml's syntax errors mean, in words for the person who wrote the file. Pure. */
#include "config.h"
#include "config/internal.h"

#include <string.h>

struct translation {
  const char *problem; /* how libyaml's text begins */
  const char *words;
};

static const struct translation translations[] = {
  {"found character that cannot start any token",
   "a value cannot begin with this character; put the value in quotes"},
  {"mapping values are not allowed in this context",
   "a \": \" that is not expected here: is the line indented as its neighbours, and is a value "
   "that has \": \" in it in quotes?"},
  {"could not find expected ':'", "a key without its \":\" (or text that needs quotes)"},
  {"did not find expected key",
   "a key is expected here: is the line indented as its neighbours, and are quotes closed?"},
  {"did not find expected '-' indicator", "a list item (\"- …\") is expected here"},
  {"did not find expected ',' or ']'",
   "a \",\" or \"]\" is missing before this; inside [ ] text with ${…}, {, } or [ needs quotes"},
  {"did not find expected ',' or '}'",
   "a \",\" or \"}\" is missing before this; inside { } text with ${…}, [, ] or { needs quotes"},
  {"did not find expected node content",
   "a value is expected here; text with {, }, [ or ] in it needs quotes"},
  {"block sequence entries are not allowed in this context",
   "a list item (\"- …\") cannot begin here; put it on a line of its own"},
  {"block mapping entries are not allowed", "a key cannot begin here"},
  {"found unexpected end of stream", "the file ends inside quotes; the closing quote is missing"},
  {"found unexpected document indicator", "the document ends inside quotes"},
  {"found unknown escape character",
   "an unknown \\ sequence inside \"…\"; write \\\\ for a backslash, or use '…'"},
  {"did not find expected alphabetic or numeric character",
   "a value cannot begin with & or * (YAML's anchors); put the value in quotes"},
  {"did not find expected comment or line break",
   "only a comment or the end of the line may follow here"},
  {"did not find expected <document start>",
   "this does not belong to what stands above it: are the lines indented alike?"},
  {"found undefined tag handle", "a value cannot begin with !; put the value in quotes"},
  {"found a tab character", "a tab; indent with spaces"},
  {"control characters are not allowed", "a control character; a configuration is UTF-8 text"},
  {"invalid leading UTF-8 octet", "this is not UTF-8 text; save the file as UTF-8"},
  {"invalid trailing UTF-8 octet", "this is not UTF-8 text; save the file as UTF-8"},
  {"incomplete UTF-8 octet sequence", "this is not UTF-8 text; save the file as UTF-8"},
  {"invalid Unicode character", "this is not UTF-8 text; save the file as UTF-8"},
  {"invalid length of a UTF-8 sequence", "this is not UTF-8 text; save the file as UTF-8"},
};

static bool
is_indented_by_tab (const char *line)
{
  while (*line == ' ')
    line++;
  return *line == '\t';
}

const char *
yaml_words (const char *problem, const char *line)
{
  if (is_indented_by_tab (line))
    return "a tab in the indentation; YAML wants spaces";
  if (!problem)
    return "this is not YAML";
  for (size_t i = 0; i < COUNT (translations); i++)
    if (strncmp (problem, translations[i].problem, strlen (translations[i].problem)) == 0)
      return translations[i].words;
  return problem;
}
