/* describe.c: what the source is, how it finds changes, and what it cannot see. */
#include "source-ldap.h"

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

/* By grade, CHANGES_SYNCREPL first. */
static const char *const grades[] = { "syncrepl", "timestamp", "inventory", "full" };
#define INVENTORY_BLIND "\"renamed containers\",\"memberOf\",\"changed access rights\""
static const char *const blind[] = {
  "\"renamed containers\",\"memberOf\",\"changed access rights\"",
  ("\"deletes\",\"leaving the filter or the base\",\"renamed containers\",\"memberOf\","
   "\"changed access rights\",\"late replication\""),
  INVENTORY_BLIND,
  "",
};

static void
add_why (const struct session *session, enum changes grade, struct text *text)
{
  struct text why = { 0 };

  if (grade == CHANGES_SYNCREPL)
    text_print (&why, "the server answers the synchronization request (RFC 4533) for this base");
  else if (grade == CHANGES_TIMESTAMP)
    text_print (&why, "entries show %s", session->time_attribute);
  else if (grade == CHANGES_INVENTORY)
    text_print (&why, "entries show %s, which is compared for each", session->token_attribute);
  else if (session->instance->changes == CHANGES_FULL)
    text_print (&why, "changes: full is configured");
  else
    text_print (&why, "the entries show no modifyTimestamp");
  if (session->sync_why[0])
    text_print (&why, "; not syncrepl: %s", session->sync_why);
  text_json (text, why.data ? why.data : "");
  text_fini (&why);
}

static void
add_changes (const struct session *session, struct text *text)
{
  enum changes grade = changes_grade (session);

  text_print (text, ",\"changes\":\"%s\",\"why\":", grades[grade - CHANGES_SYNCREPL]);
  add_why (session, grade, text);
  text_print (text, ",\"grades\":[%s%s%s\"full\"]", session->sync_offered ? "\"syncrepl\"," : "",
              session->time_attribute ? "\"timestamp\"," : "",
              session->token_attribute ? "\"inventory\"," : "");
  text_print (text, ",\"blind\":[%s]", blind[grade - CHANGES_SYNCREPL]);
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
  if (!session->schema.count) {
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
  add_changes (session, &text);
  add_warnings (session, &text);
  rc = text.failed ? error_memory (ctx) : HOST->buffer_append (buffer, text.data, text.len);
  text_fini (&text);
  return rc;
}
