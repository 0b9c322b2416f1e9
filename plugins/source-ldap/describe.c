/* describe.c: what the source is, how it finds changes, and what it cannot see. */
#include "grade.h"

#include <string.h>

static const char *
vendor_name (const struct session *session)
{
  switch (session->vendor) {
  case VENDOR_OPENLDAP:
    return "OpenLDAP";
  case VENDOR_AD:
    return "Active Directory";
  case VENDOR_389:
    return "389 Directory Server";
  default:
    return "LDAP server";
  }
}

static void
add_identity (const struct session *session, struct text *text)
{
  struct berval context;
  struct text key = { 0 };

  ber_str2bv (session->context, 0, 0, &context);
  dn_key (&context, true, &key);
  text_print (text, "{\"identity\":{\"source\":");
  text_json (text, key.data ? key.data : "");
  text_print (text, ",\"id\":");
  text_json (text, session->id_attribute);
  text_print (text, "},\"server\":\"%s at %s\"", vendor_name (session), session->endpoint->uri);
  text_fini (&key);
}

static void
add_scope (const struct session *session, struct text *text)
{
  struct text scope = { 0 };
  char hex[65];

  scope_text (session, &scope);
  text_fingerprint (&scope, hex);
  text_print (text, ",\"scope\":\"%s\"", hex);
  text_fini (&scope);
}

static void
add_warnings (const struct session *session, struct text *text)
{
  const struct instance *instance = session->instance;
  const char *comma = "";

  text_print (text, ",\"warnings\":[");
  if (!instance->verify) {
    text_json (text, "tls.verify is false: the server's certificate is not checked");
    comma = ",";
  }
  if (session->endpoint->mode == TLS_NONE && !session->endpoint->loopback &&
      !instance->mechanism) {
    text_print (text, "%s", comma);
    text_json (text, "the connection is not encrypted");
    comma = ",";
  }
  if (!session->schema.count && !session->presumed) {
    text_print (text, "%s", comma);
    text_json (text, "the directory shows no schema: attribute names are not checked");
  }
  text_print (text, "]}");
}

int32_t
describe_source (struct syncd_ctx *ctx, void *data, struct syncd_buffer *buffer)
{
  struct session *session = data;
  struct text text = { 0 };
  int32_t rc = session_ensure (ctx, session);

  if (rc != SYNCD_OK)
    return rc;
  add_identity (session, &text);
  add_scope (session, &text);
  grades_describe (session, &text);
  add_warnings (session, &text);
  rc = text.failed ? error_memory (ctx) : HOST->buffer_append (buffer, text.data, text.len);
  text_fini (&text);
  return rc;
}
