/* scim-error: see scim-error.h. Pure: no state, any thread. */
#include <config.h>

#include "scim-error.h"
#include "json-scan.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The first of the members that is a text with something in it, made fit for people. */
static void
take (struct json body, const char *const *names, char *out, size_t size)
{
  char raw[1024];
  for (; *names != NULL && out[0] == '\0'; names++) {
    struct json v = json_member_nocase (body, *names, strlen (*names));
    size_t len = 0;
    if (json_text (v, raw, sizeof raw, &len))
      text_plain (raw, len, out, size);
    else if (json_kind (v) == JSON_STRING)
      text_plain (v.at + 1, v.len - 2, out, size);
  }
}

/* ErrorBody nests others: the first one's message where it has none itself. */
static void
take_nested (struct json body, struct scim_error *e)
{
  static const char *const lists[] = {"errors", "details", NULL};
  static const char *const words[] = {"message", "detail", "description", NULL};
  for (const char *const *l = lists; *l != NULL && e->detail[0] == '\0'; l++) {
    struct json_walk w = json_begin (json_member (body, *l));
    struct json item;
    if (!w.object && json_next (&w, NULL, &item))
      take (item, words, e->detail, sizeof e->detail);
  }
}

/* "Retry the request in [5] seconds" */
static int64_t
told_wait (const char *detail)
{
  const char *p = strstr (detail, " in [");
  int64_t n = 0;
  if (p == NULL || p[5] < '0' || p[5] > '9')
    return -1;
  for (p += 5; *p >= '0' && *p <= '9' && n < 100000; p++)
    n = n * 10 + (*p - '0');
  return strncmp (p, "] second", 8) == 0 ? n * 1000 : -1;
}

static void
take_json (struct json body, struct scim_error *e)
{
  static const char *const types[] = {"scimType", NULL};
  static const char *const codes[] = {"code", "error", NULL};
  static const char *const details[] = {"detail", "message", "error_description", "description",
                                        NULL};
  static const char *const contexts[] = {"contextId", NULL};
  struct json_walk w = json_begin (json_member_nocase (body, "schemas", 7));
  struct json urn;
  while (!w.object && json_next (&w, NULL, &urn))
    if (json_equals (urn, SCIM_ERROR_URN, strlen (SCIM_ERROR_URN), true))
      e->scim = true;
  take (body, types, e->type, sizeof e->type);
  take (body, codes, e->code, sizeof e->code);
  take (body, details, e->detail, sizeof e->detail);
  take (body, contexts, e->context, sizeof e->context);
  take_nested (body, e);
  e->retry_after_ms = told_wait (e->detail);
}

void
scim_error_parse (const char *body, size_t len, struct scim_error *ret)
{
  struct json value;
  memset (ret, 0, sizeof *ret);
  ret->retry_after_ms = -1;
  if (json_check (body, len, &value) && json_kind (value) == JSON_OBJECT) {
    ret->json = true;
    take_json (value, ret);
  } else if (len > 0) {
    char words[160];
    text_plain (body, len, words, sizeof words);
    snprintf (ret->detail, sizeof ret->detail, "the answer is not JSON but \"%s\"", words);
  } else {
    snprintf (ret->detail, sizeof ret->detail, "the answer is empty");
  }
}

static bool
holds (const char *text, const char *word)
{
  size_t n = strlen (word);
  for (; *text != '\0'; text++)
    if (strncasecmp (text, word, n) == 0)
      return true;
  return false;
}

bool
scim_error_says (const struct scim_error *e, const char *word)
{
  return holds (e->detail, word) || holds (e->type, word) || holds (e->code, word);
}
