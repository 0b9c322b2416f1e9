/* apply: changes one after another, and how a change ends. Each kind has its own file.
 *
 * The host made the change; nothing is decided here but what the service's answer means. No
 * answer is believed for its status alone: what came back is compared with what was sent. */
#include <config.h>

#include "sink.h"

#include <string.h>

static void
tell (struct apply *a, int32_t result, int32_t status)
{
  const struct syncd_host *h = a->session->sink->host;
  struct scim_session *s = &a->session->scim;
  a->outcome = result;
  h->result_set (a->result, result, status);
  if (result != SYNCD_RESULT_OK)
    h->result_set_message (a->result, "%s", s->why);
  if (status != 0 && scim_correlation (s)[0] != '\0')
    h->result_set_correlation (a->result, scim_correlation (s));
}

void
apply_refuse (struct apply *a, int32_t result)
{
  struct scim_session *s = &a->session->scim;
  const struct syncd_host *h = a->session->sink->host;
  tell (a, result, s->answer.status);
  if (result == SYNCD_RESULT_COLLISION)
    h->result_set_conflict (a->result, scim_class_conflict (&s->answer));
  if (s->retry_after_ms >= 0 && (result == SYNCD_RESULT_BUDGET || s->answer.status == 503))
    h->result_set_retry_after (a->result, s->retry_after_ms);
}

/* meta.version, else the ETag as it came. */
static void
account_version (struct apply *a, const struct json_table *account, char *out, size_t size)
{
  struct json version = json_member_nocase (json_table_get (account, "meta"), "version", 7);
  const char *etag = scim_reply (&a->session->scim)->etag;
  out[0] = '\0';
  if (json_kind (version) == JSON_NUMBER && version.len < size) {
    memcpy (out, version.at, version.len);
    out[version.len] = '\0';
  } else if (!json_text (version, out, size, NULL) && strlen (etag) < size) {
    memcpy (out, etag, strlen (etag) + 1);
  }
}

static void
compare_sent (struct apply *a, const struct json_table *account)
{
  const struct syncd_host *h = a->session->sink->host;
  struct scim_compare *c = &a->session->compare;
  struct json value;
  scim_compare_begin (c, &sink_rules, account);
  if (h->change_kind (a->change) == SYNCD_CHANGE_CREATE) {
    scim_compare_document (c, &a->document);
    return;
  }
  for (size_t i = 0; i < h->change_operation_count (a->change); i++) {
    const struct syncd_operation *o = h->change_operation (a->change, i);
    value = (struct json){NULL, 0};
    if (o->value == NULL || json_check (o->value, o->value_len, &value))
      scim_compare_operation (c, o->op, o->path, value);
  }
}

static void
not_taken (struct apply *a, int32_t status)
{
  const struct syncd_host *h = a->session->sink->host;
  struct scim_compare *c = &a->session->compare;
  struct text paths;
  text_init (&paths, 600);
  for (size_t i = 0; i < c->missing; i++) {
    text_printf (&paths, "%s%s", i > 0 ? ", " : "", c->paths[i]);
    h->result_add_not_taken (a->result, c->paths[i]);
  }
  scim_explain (&a->session->scim,
                "HTTP %d, but the account does not have what was sent in: %s; the service keeps "
                "no such value, or names a role, skill or division that it does not have",
                (int) status, text_get (&paths));
  text_fini (&paths);
  tell (a, SYNCD_RESULT_NOT_TAKEN, status);
}

/* Tells the outcome once ACCOUNT was compared. */
static void
conclude_with (struct apply *a, const char *id, uint32_t flags, const char *version, int32_t status)
{
  if (a->session->compare.missing > 0)
    not_taken (a, status);
  else
    tell (a, SYNCD_RESULT_OK, status);
  a->session->sink->host->result_set_account (a->result, id, version[0] != '\0' ? version : NULL,
                                              flags);
}

/* The answer to the write told nothing and the account cannot be read either. */
static void
conclude_blind (struct apply *a, const char *id, uint32_t flags, int32_t status)
{
  char words[sizeof a->session->scim.why];
  memcpy (words, a->session->scim.why, sizeof words);
  scim_explain (&a->session->scim,
                "HTTP %d without the account in it, and reading it back failed: %.900s",
                (int) status, words);
  tell (a, SYNCD_RESULT_UNKNOWN, status);
  a->session->sink->host->result_set_account (a->result, id, NULL, flags);
}

/* Something on the way answered in the service's place, a portal's page, say: nothing was refused. */
static void
conclude_garbled (struct apply *a, const char *id, uint32_t flags, const char *version, int32_t status)
{
  scim_explain (&a->session->scim, "HTTP %d with an answer that is not JSON, and the account does not "
                "have what was sent", (int) status);
  tell (a, SYNCD_RESULT_UNKNOWN, status);
  a->session->sink->host->result_set_account (a->result, id, version[0] != '\0' ? version : NULL, flags);
}

void
apply_conclude (struct apply *a, const char *id, uint32_t flags, const struct json_table *account)
{
  struct json_table again;
  struct scim_session *s = &a->session->scim;
  int32_t status = s->answer.status;
  char version[160] = "", correlation[96];
  bool garbled = account == NULL && scim_reply (s)->body.len > 0;
  if (account != NULL) {
    account_version (a, account, version, sizeof version);
    compare_sent (a, account);
    if (a->session->compare.missing == 0) {
      conclude_with (a, id, flags, version, status);
      return;
    }
  }
  memcpy (correlation, scim_correlation (s), strlen (scim_correlation (s)) + 1);
  int32_t result = sink_get (s, id);
  bool read = result == SYNCD_RESULT_OK && scim_body_table (s, &again);
  if (!read && account == NULL) {
    if (result == SYNCD_RESULT_OK)
      scim_explain_body (s);
    conclude_blind (a, id, flags, status);
    return;
  }
  if (read) {
    account_version (a, &again, version, sizeof version);
    compare_sent (a, &again);
  }
  if (garbled && a->session->compare.missing > 0)
    conclude_garbled (a, id, flags, version, status);
  else
    conclude_with (a, id, flags, version, status);
  if (correlation[0] != '\0')
    a->session->sink->host->result_set_correlation (a->result, correlation);
}

int32_t
apply_confirm_gone (struct apply *a, const char *id)
{
  struct scim_session *s = &a->session->scim;
  struct scim_call call = {
      .kind = SYNCD_REQUEST_LIST, .method = "GET", .max_reply = SCIM_MAX_REPLY};
  int32_t result = sink_get (s, id);
  if (result == SYNCD_RESULT_OK) {
    scim_explain (s, "the write was answered HTTP 404, but the account %s is there", id);
    return SYNCD_RESULT_RACE;
  }
  if (result != SYNCD_RESULT_LINK || s->error.scim)
    return result;
  /* Not in SCIM's own words: does a SCIM service answer at this address at all? */
  char words[sizeof s->why];
  memcpy (words, s->why, sizeof words);
  scim_url (s, "/users?count=0");
  result = scim_send (s, &call);
  if (result == SYNCD_RESULT_OK)
    memcpy (s->why, words, sizeof words);
  return result == SYNCD_RESULT_OK ? SYNCD_RESULT_LINK : result;
}

/* What fails for one will fail for the next one too. */
static bool
stops_batch (const struct apply *a)
{
  return a->outcome == SYNCD_RESULT_AUTH || a->outcome == SYNCD_RESULT_CONFIG
         || a->outcome == SYNCD_RESULT_CANCELLED
         || (a->outcome == SYNCD_RESULT_SINK && a->session->scim.answer.status == 0);
}

static void
apply_one (struct apply *a)
{
  const struct syncd_host *h = a->session->sink->host;
  const char *type = h->change_type (a->change);
  uint32_t kind = h->change_kind (a->change);
  struct scim_session *s = &a->session->scim;
  s->why[0] = '\0';
  s->retry_after_ms = -1;
  memset (&s->answer, 0, sizeof s->answer);
  if (type != NULL && strcmp (type, "User") != 0) {
    scim_explain (s, "this sink keeps accounts of the type User, not %s", type);
    apply_refuse (a, SYNCD_RESULT_CONFIG);
  } else if (kind == SYNCD_CHANGE_CREATE) {
    apply_create (a);
  } else if (h->change_account (a->change) == NULL || h->change_account (a->change)[0] == '\0') {
    scim_explain (s, "a change without the id of an account: nothing was sent");
    apply_refuse (a, SYNCD_RESULT_ENTRY);
  } else if (kind == SYNCD_CHANGE_UPDATE) {
    apply_update (a);
  } else {
    apply_delete (a);
  }
}

int32_t
sink_apply (struct syncd_ctx *ctx, void *session, const struct syncd_change *const *changes,
            struct syncd_result *const *results, size_t n)
{
  struct session *s = session;
  bool stopped = false;
  struct apply a = {.session = s, .outcome = SYNCD_RESULT_UNKNOWN};
  s->scim.ctx = ctx;
  for (size_t i = 0; i < n; i++) {
    a.change = changes[i];
    a.result = results[i];
    if (stopped)
      apply_refuse (&a, a.outcome);
    else
      apply_one (&a);
    stopped = stopped || stops_batch (&a);
  }
  return SYNCD_OK;
}
