/* Any bytes as what a SCIM service answers. The input is what was sent (JSON, or a path) and,
 * behind its first NUL, the answer. Nothing is read behind the answer's end, whatever it holds. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <syncd/plugin.h>

#include "fuzz.h"
#include "http.h"
#include "json-scan.h"
#include "scim-compare.h"
#include "scim-error.h"
#include "scim-path.h"
#include "url.h"

/* Every value below this one, in every way that a sink looks at one. */
static void
visit (struct json value)
{
  char text[128];
  double real;
  struct json key, item;
  struct json_walk walk = json_begin (value);
  (void) json_text (value, text, sizeof text, NULL);
  (void) json_integer (value, -1);
  (void) json_real (value, &real);
  (void) json_is_empty (value);
  (void) json_equals (value, text, strlen (text), true);
  while (json_next (&walk, &key, &item)) {
    (void) json_member_like (value, key);
    visit (item);
  }
}

static bool
no (const char *path)
{
  return !path;
}

static bool
never_same (const char *path, struct json sent, struct json returned, struct json item,
            struct json account)
{
  return !path || !sent.at || !returned.at || (item.at && !account.at);
}

static bool
never_kept (const char *path, struct json item)
{
  return !path || !item.at;
}

static void
compare (struct json sent, struct json_table *account, const char *path)
{
  static const struct scim_rules rules = { no, never_same, never_kept };
  static struct scim_compare both;
  scim_compare_begin (&both, &rules, account);
  struct json_table table;
  json_table_fill (&table, sent);
  scim_compare_document (&both, &table);
  for (uint32_t op = SYNCD_OP_ADD; op <= SYNCD_OP_REMOVE; op++)
    scim_compare_operation (&both, op, path, op == SYNCD_OP_REMOVE ? (struct json) { NULL, 0 } : sent);
}

static void
take_answer (const char *sent, const char *answer, size_t len)
{
  struct json value = { NULL, 0 }, sent_value = { NULL, 0 };
  struct json_table table;
  struct scim_error error;
  bool ours = json_check (answer, len, &value);
  if (ours)
    visit (value);
  if (json_check_table (answer, len, &table) != (ours && json_kind (value) == JSON_OBJECT))
    abort ();
  if (ours && json_kind (value) == JSON_OBJECT) {
    (void) json_check (sent, strlen (sent), &sent_value);
    compare (sent_value, &table, "emails[type eq \"work\"].value");
    compare (sent_value, &table, sent);
  }
  scim_error_parse (answer, len, &error);
  (void) scim_error_says (&error, "version");
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  struct scim_path path;
  struct url url;
  char why[128];
  const char *zero = memchr (bytes, '\0', len);
  size_t first = zero ? (size_t) (zero - (const char *) bytes) : len;
  size_t rest = zero ? first + 1 : len;
  char *sent = malloc (first + 1), *answer = malloc (len - rest + 1);
  if (!sent || !answer)
    abort ();
  memcpy (sent, bytes, first);
  sent[first] = '\0';
  memcpy (answer, bytes + rest, len - rest); /* no NUL: its length is all that ends it */
  take_answer (sent, answer, len - rest);
  (void) scim_path_parse (sent, &path);
  (void) url_parse (sent, &url, why, sizeof why);
  (void) http_retry_after (sent, 1700000000);
  free (sent);
  free (answer);
  return 0;
}
