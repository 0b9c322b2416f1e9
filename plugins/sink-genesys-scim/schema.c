/* schema: the definitions of the attributes that accounts have, as the service tells them; where
 * it refuses, those that are documented (schema-builtin.c). */
#include <config.h>

#include "sink.h"

#include <string.h>
#include <strings.h>

#define CORE      "urn:ietf:params:scim:schemas:core:2.0:User"
#define EXTENSION "urn:ietf:params:scim:schemas:extension:"

/* The account's own schema or an extension of it, with attributes in it. */
static bool
is_ours (struct json definition)
{
  char id[256];
  if (!json_text (json_member_nocase (definition, "id", 2), id, sizeof id, NULL))
    return false;
  size_t n = strlen (id);
  bool user = n > 5 && strcasecmp (id + n - 5, ":User") == 0;
  return user
         && (strcasecmp (id, CORE) == 0 || strncasecmp (id, EXTENSION, sizeof EXTENSION - 1) == 0)
         && json_kind (json_member_nocase (definition, "attributes", 10)) == JSON_ARRAY
         && !json_is_empty (json_member_nocase (definition, "attributes", 10));
}

/* The definitions that are ours, as an array in OUT; false where the core one is not among them. */
static bool
choose (struct json resources, struct text *out)
{
  struct json_walk w = json_begin (resources);
  struct json item;
  bool core = false;
  size_t n = 0;
  text_puts (out, "[");
  while (json_next (&w, NULL, &item)) {
    if (!is_ours (item))
      continue;
    core = core || json_equals (json_member_nocase (item, "id", 2), CORE, sizeof CORE - 1, true);
    text_puts (out, n++ > 0 ? "," : "");
    text_add (out, item.at, item.len);
  }
  text_puts (out, "]");
  return core && text_ok (out);
}

/* Failures after which the documented schema will do; the others concern every request. */
static bool
may_do_without (int32_t result)
{
  return result == SYNCD_RESULT_OK || result == SYNCD_RESULT_FORBIDDEN
         || result == SYNCD_RESULT_ENTRY || result == SYNCD_RESULT_CONFIG
         || result == SYNCD_RESULT_LINK;
}

int32_t
sink_schema (struct syncd_ctx *ctx, void *session, struct syncd_buffer *out)
{
  struct session *s = session;
  const struct syncd_host *h = s->sink->host;
  struct scim_call call = {.kind = SYNCD_REQUEST_READ, .method = "GET", .max_reply = SCIM_MAX_LIST};
  struct text chosen;
  s->scim.ctx = ctx;
  scim_url (&s->scim, "/schemas");
  int32_t result = scim_send (&s->scim, &call);
  if (!may_do_without (result) || s->scim.answer.untrusted)
    return scim_fail (&s->scim, result);
  text_init (&chosen, SCIM_MAX_LIST);
  bool told = result == SYNCD_RESULT_OK && choose (sink_resources (&s->scim, NULL), &chosen);
  if (!told)
    h->log (
        ctx, SYNCD_LOG_WARNING,
        "the service does not tell its user schema (HTTP %d); the documented one is used instead",
        (int) s->scim.answer.status);
  const char *text = told ? text_get (&chosen) : sink_schema_builtin;
  int32_t rc = h->buffer_append (out, text, strlen (text));
  text_fini (&chosen);
  return rc == SYNCD_OK ? rc
                        : h->fail (ctx, rc, "the service's schemas are larger than the host takes");
}
