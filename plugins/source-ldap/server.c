/* server.c: finds out what is at the other end: which server (root.c), where an entry's id, version and
 * time are, which schema and grade. Asked once a connection, decided from what the server and its
 * first entries show, never from what a configuration believes. */
#include "ad.h"
#include "grade.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLES 5

static const char *const ids[] = { "entryUUID", "objectGUID", "nsUniqueId", "ipaUniqueID", "GUID" };
static const char *const tokens[] = { "entryCSN", "uSNChanged", "entryusn", "modifyTimestamp" };
#define N_IDS    (sizeof ids / sizeof *ids)
#define N_TOKENS (sizeof tokens / sizeof *tokens)

struct samples {
  unsigned count, own_id, ids[N_IDS], tokens[N_TOKENS], modified, changed;
};

static void
take_sample (struct session *session, LDAPMessage *message, struct samples *samples)
{
  LDAP *ld = session->ld;

  samples->count++;
  for (size_t i = 0; i < N_IDS; i++)
    samples->ids[i] += values_has (ld, message, ids[i], NULL);
  for (size_t i = 0; i < N_TOKENS; i++)
    samples->tokens[i] += values_has (ld, message, tokens[i], NULL);
  samples->modified += values_has (ld, message, "modifyTimestamp", NULL);
  samples->changed += values_has (ld, message, "whenChanged", NULL);
  if (session->instance->id_attribute)
    samples->own_id += values_has (ld, message, session->instance->id_attribute, NULL);
}

static void
fill_attributes (const struct instance *instance, const char **attributes)
{
  size_t n = 0;

  for (size_t i = 0; i < N_IDS; i++)
    attributes[n++] = ids[i];
  for (size_t i = 0; i < N_TOKENS; i++)
    attributes[n++] = tokens[i];
  attributes[n++] = "whenChanged";
  attributes[n] = instance->id_attribute;
}

static int32_t
fail_base (struct syncd_ctx *ctx, const struct session *session)
{
  struct text instead = { 0 };
  int32_t rc;

  root_add_contexts (session, &instead);
  rc = HOST->fail (ctx, SYNCD_E_NOT_FOUND, "%s: base \"%s\" does not exist at %s, or the bind "
                   "identity may not see it%s", session->instance->name, session->instance->base,
                   session->endpoint->uri, instead.data ? instead.data : "");
  text_fini (&instead);
  return rc;
}

static int32_t
read_samples (struct syncd_ctx *ctx, struct session *session, struct samples *samples)
{
  const struct instance *instance = session->instance;
  const char *attributes[N_IDS + N_TOKENS + 3] = { NULL };
  struct search search = { .session = session, .base = instance->base, .scope = instance->scope,
                           .filter = instance->filter, .attributes = attributes,
                           .size_limit = SAMPLES, .limit_ok = true, .missing_ok = true };
  LDAPMessage *message = NULL;
  int32_t rc;

  fill_attributes (instance, attributes);
  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    take_sample (session, message, samples);
    ldap_msgfree (message);
  }
  if (rc == SEARCH_PARTIAL && search.why.data)
    HOST->log (ctx, SYNCD_LOG_WARNING, "a first look ended early: %s", search.why.data);
  search_fini (&search);
  if (rc == SEARCH_NOT_FOUND)
    return fail_base (ctx, session);
  return rc < 0 ? rc : SYNCD_OK;
}

/* What a server of that kind has, for when there is no entry yet to look at. */
static void
assume (struct session *session, struct samples *samples)
{
  samples->count = 1;
  samples->ids[session->vendor == VENDOR_AD ? 1 : session->vendor == VENDOR_389 ? 2 : 0] = 1;
  samples->tokens[session->vendor == VENDOR_OPENLDAP ? 0 : session->vendor == VENDOR_AD ? 1 : 3] = 1;
  samples->modified = 1;
  samples->changed = session->vendor == VENDOR_AD;
  samples->own_id = 1;
}

/* An id that the server knows and does not show is a matter of rights, which may come back. */
static int32_t
no_id (const struct session *session)
{
  for (size_t i = 0; i < N_IDS; i++)
    if (schema_find (&session->schema, ids[i]))
      return SYNCD_E_FORBIDDEN;
  return SYNCD_E_CONFIG;
}

static int32_t
choose_id (struct syncd_ctx *ctx, struct session *session, const struct samples *samples)
{
  const char *chosen = session->instance->id_attribute;

  if (chosen && !samples->own_id)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "id_attribute: none of the first entries (%u) shows "
                       "\"%s\": check its name, and that the bind identity may read it",
                       samples->count, chosen);
  for (size_t i = 0; !chosen && i < N_IDS; i++)
    if (samples->ids[i] == samples->count)
      chosen = ids[i];
  if (!chosen)
    return HOST->fail (ctx, no_id (session), "the entries show no stable id (entryUUID, objectGUID, "
                       "nsUniqueId…): let the bind identity read it, or set id_attribute");
  session->id_attribute = strdup (chosen);
  session->id_form = identity_form (chosen);
  return session->id_attribute ? SYNCD_OK : error_memory (ctx);
}

/* AD makes modifyTimestamp up while answering and cannot search for it; whenChanged it can. */
static int32_t
choose (struct syncd_ctx *ctx, struct session *session, const struct samples *samples)
{
  session->token_attribute = session->time_attribute = NULL;
  for (size_t i = 0; !session->token_attribute && i < N_TOKENS; i++)
    if (samples->tokens[i] == samples->count)
      session->token_attribute = tokens[i];
  if (session->vendor == VENDOR_AD && samples->changed == samples->count)
    session->time_attribute = "whenChanged";
  else if (session->vendor != VENDOR_AD && samples->modified == samples->count)
    session->time_attribute = "modifyTimestamp";
  return choose_id (ctx, session, samples);
}

int32_t
server_look_closer (struct syncd_ctx *ctx, struct session *session)
{
  struct samples samples = { 0 };
  int32_t rc;

  if ((rc = session->vendor == VENDOR_AD ? ad_identify (ctx, session) : SYNCD_OK) ||
      (rc = schema_read (ctx, session)) || (rc = filter_check_schema (ctx, session)) ||
      (rc = read_samples (ctx, session, &samples)))
    return rc;
  if (!samples.count)
    assume (session, &samples);
  if ((rc = choose (ctx, session, &samples)) || (rc = grades_choose (ctx, session)))
    return rc;
  recall_keep (ctx, session);
  return SYNCD_OK;
}

int32_t
server_discover (struct syncd_ctx *ctx, struct session *session)
{
  int32_t rc = root_read (ctx, session);

  if (rc != SYNCD_OK || recall_presume (ctx, session))
    return rc;
  return server_look_closer (ctx, session);
}

void
server_forget (struct session *session)
{
  free (session->context);
  free (session->contexts);
  free (session->subschema);
  free (session->server_id);
  free (session->ds_service);
  free (session->server_object);
  free (session->context_id);
  free (session->id_attribute);
  free (session->numbers_of);
  session->numbers_of = NULL;
  session->context = session->subschema = session->server_id = session->id_attribute = NULL;
  session->ds_service = session->server_object = session->context_id = session->contexts = NULL;
  session->deletes_seen = false;
  grades_forget (session);
  session->presumed = false;
  session->root_fingerprint[0] = '\0';
  schema_fini (&session->schema);
}
