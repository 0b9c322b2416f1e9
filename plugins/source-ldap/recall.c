/* recall.c: what was found out about an OpenLDAP server, kept by the host for the next connection.
 *
 * A pass in which nothing changed then needs the root DSE and the synchronization itself, and
 * nothing else. What is recalled is never believed alone: it must be of this server, as its root
 * DSE shows it now, of this configuration, and no older than a day; and it is only presumed until
 * the server answers the synchronization with "nothing changed" in due form. Any other
 * answer is not used: everything is found out anew first (session_know()). */
#include "grade.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OLDEST_SECONDS INT64_C (86400)
#define FORMAT "{\"v\":1,\"strategy\":\"syncrepl\",\"about\":\"%s\",\"at\":"

/* The only facts that are kept: those of every slapd that shows its operational attributes. */
static const char id_attribute[] = "entryUUID", token_attribute[] = "entryCSN",
                  time_attribute[] = "modifyTimestamp";

static bool
usual (const struct session *session)
{
  return session->grade == &grade_syncrepl && strcmp (session->id_attribute, id_attribute) == 0 &&
         session->token_attribute && strcmp (session->token_attribute, token_attribute) == 0 &&
         session->time_attribute && strcmp (session->time_attribute, time_attribute) == 0;
}

/* Of whom, and found out for which configuration. */
static void
about (const struct session *session, struct text *ret_start)
{
  const struct instance *instance = session->instance;
  struct text text = { 0 };
  char hex[65];

  scope_text (session, &text);
  text_print (&text, "uri=%s\nid=%s\nchanges=%d\nroot=%s\n", session->endpoint->uri,
              instance->id_attribute ? instance->id_attribute : "", (int) instance->changes,
              session->root_fingerprint);
  text_fingerprint (&text, hex);
  text_print (ret_start, FORMAT, hex);
  text_fini (&text);
}

static bool
fresh (const char *number, size_t len)
{
  char digits[21] = "";
  int64_t age;

  if (len < 2 || len > 20 || number[len - 1] != '}' || strspn (number, "0123456789") != len - 1)
    return false;
  memcpy (digits, number, len - 1);
  age = (int64_t) time (NULL) - strtoll (digits, NULL, 10);
  return age >= 0 && age < OLDEST_SECONDS;
}

static bool
holds (const struct session *session, const char *kept, size_t len)
{
  struct text start = { 0 };
  bool same;

  about (session, &start);
  same = start.data && len > start.len && memcmp (kept, start.data, start.len) == 0 &&
         fresh (kept + start.len, len - start.len);
  text_fini (&start);
  return same;
}

bool
recall_presume (struct syncd_ctx *ctx, struct session *session)
{
  const void *kept;
  size_t len = 0;

  if (!SYNCD_HAS (HOST, struct syncd_host, recall) || session->vendor != VENDOR_OPENLDAP)
    return false;
  kept = HOST->recall (ctx, &len);
  if (!kept || !holds (session, kept, len) || !(session->id_attribute = strdup (id_attribute)))
    return false;
  session->id_form = identity_form (id_attribute);
  session->token_attribute = token_attribute;
  session->time_attribute = time_attribute;
  session->presumed = true;
  session->grade = &grade_syncrepl;
  return true;
}

void
recall_keep (struct syncd_ctx *ctx, const struct session *session)
{
  struct text text = { 0 };

  if (!SYNCD_HAS (HOST, struct syncd_host, remember) || session->vendor != VENDOR_OPENLDAP)
    return;
  if (usual (session)) {
    about (session, &text);
    text_print (&text, "%lld}", (long long) time (NULL));
  }
  HOST->remember (ctx, text.data ? text.data : "", text.len);
  text_fini (&text);
}

/* What was presumed turns out to be so, or not: then the checkpoint does not fit any more, and says
 * so. */
int32_t
session_know (struct syncd_ctx *ctx, struct session *session)
{
  if (!session->presumed)
    return SYNCD_OK;
  session->presumed = false;
  grades_forget (session);
  free (session->id_attribute);
  session->id_attribute = NULL;
  return server_look_closer (ctx, session);
}
