/* The test sink "memory": changes and their results; see sink-memory.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "scim-patch.h"
#include "sink-memory.h"
#include "test-codes.h"

#define host memory_host

struct attempt {
  struct memory *memory;
  const struct syncd_change *change;
  struct syncd_result *result;
  json_t *account;  /* what it was before, or NULL (borrowed) */
  json_t *document; /* what it becomes (own) */
  char user_name[512];
  int32_t class, status;
};

static void
answer (struct attempt *attempt, int32_t class, int32_t status, const char *message)
{
  host->result_set (attempt->result, class, status);
  if (message)
    host->result_set_message (attempt->result, "%s", message);
  attempt->class = class;
  attempt->status = status;
}

static const char *
request_name (uint32_t kind)
{
  return kind == SYNCD_CHANGE_CREATE ? "create" : kind == SYNCD_CHANGE_UPDATE ? "update" : "delete";
}

static uint32_t
request_kind (uint32_t kind)
{
  return kind == SYNCD_CHANGE_CREATE   ? SYNCD_REQUEST_CREATE
         : kind == SYNCD_CHANGE_UPDATE ? SYNCD_REQUEST_UPDATE
                                       : SYNCD_REQUEST_DELETE;
}

/* ---- what is not kept ---- */

static void
drop_ignored (struct attempt *attempt)
{
  json_t *copy = json_copy (attempt->document), *value;
  const char *key;
  json_object_foreach (copy, key, value)
    if (memory_ignores (attempt->memory, key)) {
      host->result_add_not_taken (attempt->result, key);
      json_object_del (attempt->document, key);
      attempt->class = SYNCD_RESULT_NOT_TAKEN;
    }
  json_decref (copy);
}

/* ---- storing ---- */

static int
name_taken (struct attempt *attempt)
{
  const char *name = memory_text (attempt->document, "userName");
  json_t *other = name ? memory_by_name (&attempt->memory->store, name, 0) : NULL;
  if (!other || other == attempt->account)
    return 0;
  host->result_set_conflict (attempt->result, "userName");
  answer (attempt, SYNCD_RESULT_COLLISION, 409, "userName is taken");
  return 1;
}

static int
is_valid (struct attempt *attempt)
{
  const char *name = memory_text (attempt->document, "userName");
  const char *kind = host->config_text (attempt->memory->config, "user_name");
  if (!name || !*name)
    answer (attempt, SYNCD_RESULT_ENTRY, 400, "userName is required");
  else if (!strcmp (kind, "email") && !strchr (name, '@'))
    answer (attempt, SYNCD_RESULT_ENTRY, 400, "userName has to be an e-mail address");
  else
    return 1;
  return 0;
}

static void
store (struct attempt *attempt, const char *id, int32_t status, uint32_t flags)
{
  drop_ignored (attempt);
  json_t *stored = memory_put (&attempt->memory->store, id, attempt->document);
  if (!stored) {
    answer (attempt, SYNCD_RESULT_SINK, 507, strerror (errno));
    return;
  }
  answer (attempt, attempt->class == SYNCD_RESULT_NOT_TAKEN ? SYNCD_RESULT_NOT_TAKEN
                                                            : SYNCD_RESULT_OK, status, NULL);
  host->result_set_account (attempt->result, memory_text (stored, "id"), memory_version (stored),
                            flags);
}

static void
create (struct attempt *attempt)
{
  const char *text = host->change_document (attempt->change, &(size_t) { 0 });
  attempt->document = text ? json_loads (text, JSON_ALLOW_NUL, NULL) : NULL;
  if (!json_is_object (attempt->document)) {
    answer (attempt, SYNCD_RESULT_ENTRY, 400, "the document is no JSON object");
    return;
  }
  if (!is_valid (attempt) || name_taken (attempt))
    return;
  const char *name = memory_text (attempt->document, "userName");
  json_t *old = memory_by_name (&attempt->memory->store, name, 1);
  if (old && !host->config_number (attempt->memory->config, "soft_delete"))
    old = NULL;
  char *id = old ? strdup (memory_text (old, "id")) : NULL;
  store (attempt, id, 201, old ? SYNCD_ACCOUNT_REVIVED : SYNCD_ACCOUNT_CREATED);
  free (id);
}

static int
run_operations (struct attempt *attempt)
{
  for (size_t i = 0; i < host->change_operation_count (attempt->change); i++) {
    const struct syncd_operation *one = host->change_operation (attempt->change, i);
    const char *why = "invalidValue";
    json_t *value = one->value ? json_loadb (one->value, one->value_len,
                                             JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    int failed = scim_patch (attempt->document, one->op, one->path, value, &why);
    json_decref (value);
    if (failed) {
      host->result_set (attempt->result, SYNCD_RESULT_ENTRY, 400);
      host->result_set_message (attempt->result, "%s: %s", why, one->path ? one->path : "");
      attempt->class = SYNCD_RESULT_ENTRY;
      attempt->status = 400;
      return -1;
    }
  }
  return 0;
}

static void
update (struct attempt *attempt)
{
  attempt->document = json_deep_copy (attempt->account);
  if (run_operations (attempt) || !is_valid (attempt) || name_taken (attempt))
    return;
  char *id = strdup (memory_text (attempt->account, "id"));
  store (attempt, id, 200, 0);
  free (id);
}

static void
remove_account (struct attempt *attempt)
{
  attempt->document = json_deep_copy (attempt->account);
  json_object_set_new (attempt->document, "deleted", json_true ());
  json_object_set_new (attempt->document, "active", json_false ());
  char *id = strdup (memory_text (attempt->account, "id"));
  store (attempt, id, 204, 0);
  free (id);
}

static void
carry_out (struct attempt *attempt)
{
  uint32_t kind = host->change_kind (attempt->change);
  const char *version = host->change_version (attempt->change);
  if (kind == SYNCD_CHANGE_CREATE)
    create (attempt);
  else if (!attempt->account)
    answer (attempt, SYNCD_RESULT_LINK, 404, "there is no such account");
  else if (version && strcmp (version, memory_version (attempt->account)))
    answer (attempt, SYNCD_RESULT_RACE, 412, "the account was changed meanwhile");
  else if (kind == SYNCD_CHANGE_UPDATE)
    update (attempt);
  else
    remove_account (attempt);
}

/* ---- configured results ---- */

static void
find_user_name (struct attempt *attempt)
{
  const char *text = host->change_document (attempt->change, &(size_t) { 0 });
  json_t *document = text ? json_loads (text, JSON_ALLOW_NUL, NULL) : NULL;
  const char *name = memory_text (document, "userName");
  if (!name)
    name = memory_text (attempt->account, "userName");
  strncpy (attempt->user_name, name ? name : "", sizeof attempt->user_name - 1);
  json_decref (document);
}

static void
answer_configured (struct attempt *attempt, int32_t class)
{
  static const int32_t statuses[] = { 0, 200, 400, 409, 404, 412, 401, 403, 415, 429, 503, 200, 0 };
  answer (attempt, class, statuses[class], "as configured");
  if (class == SYNCD_RESULT_COLLISION)
    host->result_set_conflict (attempt->result, "userName");
  if (class == SYNCD_RESULT_BUDGET)
    host->result_set_retry_after (attempt->result, 100);
}

static void
not_taken (struct attempt *attempt)
{
  carry_out (attempt);
  if (attempt->class != SYNCD_RESULT_OK)
    return;
  host->result_add_not_taken (attempt->result, "displayName");
  answer (attempt, SYNCD_RESULT_NOT_TAKEN, attempt->status, NULL);
}

static void
decide (struct attempt *attempt, const char *word)
{
  int32_t class = test_result (word, strlen (word));
  if (!strcmp (word, "kill-before"))
    kill (getpid (), SIGKILL);
  if (class == SYNCD_RESULT_NOT_TAKEN)
    not_taken (attempt);
  else if (class >= 0 && class != SYNCD_RESULT_OK)
    answer_configured (attempt, class);
  else
    carry_out (attempt);
  if (!strcmp (word, "kill-after"))
    kill (getpid (), SIGKILL);
  if (!strcmp (word, "unknown-applied"))
    answer (attempt, SYNCD_RESULT_UNKNOWN, 0, "no answer came");
}

static void
try_one (struct attempt *attempt)
{
  struct memory *memory = attempt->memory;
  attempt->account = memory_get (&memory->store, host->change_account (attempt->change));
  find_user_name (attempt);
  decide (attempt, memory_take (memory->results, memory->result_count, attempt->user_name));
  char class[16];
  snprintf (class, sizeof class, "%d", attempt->class);
  memory_note (memory, request_name (host->change_kind (attempt->change)),
               host->change_account (attempt->change), attempt->user_name,
               attempt->class == SYNCD_RESULT_OK ? "ok" : class);
  json_decref (attempt->document);
}

static int32_t
apply_error (struct syncd_ctx *ctx, struct memory *memory)
{
  pthread_mutex_lock (&memory->lock);
  const char *word = memory_take (memory->errors, memory->error_count, "apply");
  pthread_mutex_unlock (&memory->lock);
  return *word ? host->fail (ctx, test_code (word), "apply fails as configured (%s)", word)
               : SYNCD_OK;
}

int32_t
memory_apply (struct syncd_ctx *ctx, void *session, const struct syncd_change *const *changes,
              struct syncd_result *const *results, size_t n)
{
  struct memory *memory = session;
  int32_t code = apply_error (ctx, memory);
  if (code < 0)
    return code;
  for (size_t i = 0; i < n; i++) {
    struct attempt attempt = { .memory = memory, .change = changes[i], .result = results[i] };
    uint32_t kind = request_kind (host->change_kind (changes[i]));
    if (memory_request (ctx, memory, kind) < 0) {
      host->result_set (results[i], SYNCD_RESULT_CANCELLED, 0);
      continue;
    }
    pthread_mutex_lock (&memory->lock);
    try_one (&attempt);
    pthread_mutex_unlock (&memory->lock);
    memory_observed (ctx, kind, attempt.status, attempt.status == 429 ? 100 : -1);
  }
  return SYNCD_OK;
}
