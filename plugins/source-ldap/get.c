/* get.c: single entries, by id in batches or by DN.
 *
 * First with our own base and filter: who answers is in scope. Who does not is asked for in the
 * whole naming context: found there means out of scope, a complete "no" means gone. Anything
 * less than a complete answer leaves SYNCD_GET_FAILED: silence is not absence. */
#include "source-ldap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct get {
  struct session *session;
  struct wanted wanted;
  const char *const *ids;
  struct syncd_entry *const *entries;
  size_t count;
  int32_t *answers; /* SYNCD_GET_*, 0: not known yet */
  bool uncertain;   /* the last search did not see everything */
};

static bool
is_dn (const char *id)
{
  return strchr (id, '=') != NULL;
}

static int32_t
give_entry (struct syncd_ctx *ctx, struct get *get, LDAPMessage *message, size_t i)
{
  struct facts facts;
  int32_t rc;

  if (get->answers[i] == SYNCD_GET_ENTRY) {
    HOST->log (ctx, SYNCD_LOG_WARNING, "several entries have the %s \"%s\"",
               get->session->id_attribute, get->ids[i]);
    get->answers[i] = SYNCD_GET_FAILED;
    return SYNCD_OK;
  }
  rc = values_give (ctx, get->session, &get->wanted, message, get->entries[i], &facts);
  if (rc == SYNCD_OK && facts.id_len)
    get->answers[i] = SYNCD_GET_ENTRY;
  return rc == SYNCD_E_NOT_FOUND ? SYNCD_OK : rc;
}

/* An entry of an answer belongs to each id of the batch that is the same. */
static int32_t
take_found (struct syncd_ctx *ctx, struct get *get, LDAPMessage *message, size_t from, size_t to,
            bool in_scope)
{
  char id[MAX_ID + 1];
  int32_t rc = SYNCD_OK;

  if (!identity_of (get->session, message, id))
    return SYNCD_OK;
  for (size_t i = from; i < to && rc == SYNCD_OK; i++)
    if (!is_dn (get->ids[i]) && strcasecmp (get->ids[i], id) == 0) {
      if (in_scope)
        rc = give_entry (ctx, get, message, i);
      else if (!get->answers[i])
        get->answers[i] = SYNCD_GET_OUT_OF_SCOPE;
    }
  return rc;
}

static int32_t
run_search (struct syncd_ctx *ctx, struct get *get, struct search *search, size_t from, size_t to,
            bool in_scope)
{
  LDAPMessage *message = NULL;
  int32_t rc, taken = SYNCD_OK;

  while ((rc = search_next (ctx, search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    taken = take_found (ctx, get, message, from, to, in_scope);
    ldap_msgfree (message);
    if (taken != SYNCD_OK)
      break;
  }
  get->uncertain = rc != SEARCH_DONE ||
                   (search->references && !get->session->instance->referrals_ignored);
  search_fini (search);
  return taken != SYNCD_OK ? taken : rc;
}

/* (|(id=…)…) for those not answered yet; false: there are none. Ids that no entry can have
 * are gone at once. */
static bool
make_filter (struct get *get, size_t from, size_t to, const char *user_filter, struct text *filter)
{
  size_t n = 0;

  text_print (filter, user_filter ? "(&%s(|" : "(|", user_filter);
  for (size_t i = from; i < to; i++) {
    if (is_dn (get->ids[i]) || get->answers[i])
      continue;
    if (identity_filter (get->session, get->ids[i], filter))
      n++;
    else
      get->answers[i] = SYNCD_GET_GONE;
  }
  text_print (filter, user_filter ? "))" : ")");
  return n > 0;
}

static int32_t
search_scope (struct syncd_ctx *ctx, struct get *get, size_t from, size_t to)
{
  const struct instance *instance = get->session->instance;
  struct text filter = { 0 };
  struct search search = { .session = get->session, .base = instance->base, .scope = instance->scope,
                           .attributes = (const char *const *) get->wanted.request };
  int32_t rc = SEARCH_DONE;

  if (make_filter (get, from, to, instance->filter, &filter)) {
    search.filter = filter.data;
    rc = filter.failed ? error_memory (ctx) : run_search (ctx, get, &search, from, to, true);
  }
  text_fini (&filter);
  return rc;
}

static int32_t
search_context (struct syncd_ctx *ctx, struct get *get, size_t from, size_t to, const char *base)
{
  const char *attributes[] = { get->session->id_attribute, NULL };
  struct text filter = { 0 };
  struct search search = { .session = get->session, .base = base, .scope = LDAP_SCOPE_SUBTREE,
                           .attributes = attributes, .missing_ok = true };
  int32_t rc = SEARCH_DONE;

  if (make_filter (get, from, to, NULL, &filter)) {
    search.filter = filter.data;
    rc = filter.failed ? error_memory (ctx) : run_search (ctx, get, &search, from, to, false);
  }
  text_fini (&filter);
  return rc;
}

/* An entry that a cut-off answer did not show may still be in scope: found elsewhere, or not
 * found, proves nothing then. */
static void
conclude (struct get *get, size_t from, size_t to, bool scope_uncertain)
{
  for (size_t i = from; i < to; i++) {
    if (is_dn (get->ids[i]) || get->answers[i] == SYNCD_GET_ENTRY)
      continue;
    if (!get->answers[i])
      get->answers[i] = get->uncertain ? SYNCD_GET_FAILED : SYNCD_GET_GONE;
    if (scope_uncertain)
      get->answers[i] = SYNCD_GET_FAILED;
  }
}

static int32_t
get_batch (struct syncd_ctx *ctx, struct get *get, size_t from, size_t to)
{
  bool scope_uncertain;
  int32_t rc;

  get->uncertain = false;
  rc = search_scope (ctx, get, from, to);
  if (rc < 0)
    return rc;
  scope_uncertain = get->uncertain;
  get->uncertain = false;
  rc = search_context (ctx, get, from, to, get->session->context);
  if (rc == SEARCH_NOT_FOUND) /* the top of the tree may be hidden from us: our part is not */
    rc = search_context (ctx, get, from, to, get->session->instance->base);
  if (rc < 0)
    return rc;
  conclude (get, from, to, scope_uncertain);
  return SYNCD_OK;
}

/* What is at the DN: an entry that FILTER accepts is given, or only noticed. */
static int32_t
ask_dn (struct syncd_ctx *ctx, struct get *get, size_t i, const char *filter, bool give)
{
  struct search search = { .session = get->session, .base = get->ids[i], .filter = filter,
                           .scope = LDAP_SCOPE_BASE, .missing_ok = true,
                           .attributes = (const char *const *) get->wanted.request };
  LDAPMessage *message = NULL;
  int32_t rc, taken = SYNCD_OK;

  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    if (give)
      taken = give_entry (ctx, get, message, i);
    else
      get->answers[i] = SYNCD_GET_OUT_OF_SCOPE;
    ldap_msgfree (message);
  }
  if (rc == SEARCH_NOT_FOUND)
    get->answers[i] = SYNCD_GET_GONE;
  else if (rc == SEARCH_PARTIAL || search.references)
    get->answers[i] = get->answers[i] ? get->answers[i] : SYNCD_GET_FAILED;
  search_fini (&search);
  return taken != SYNCD_OK ? taken : rc < 0 ? rc : SYNCD_OK;
}

static int32_t
get_dn (struct syncd_ctx *ctx, struct get *get, size_t i)
{
  LDAPDN dn = NULL;
  int32_t rc = SYNCD_OK;

  if (ldap_str2dn (get->ids[i], &dn, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS) {
    get->answers[i] = SYNCD_GET_GONE;
    return SYNCD_OK;
  }
  ldap_dnfree (dn);
  if (dn_in_scope (get->session, get->ids[i]))
    rc = ask_dn (ctx, get, i, get->session->instance->filter, true);
  if (rc == SYNCD_OK && !get->answers[i])
    rc = ask_dn (ctx, get, i, "(objectClass=*)", false);
  return rc;
}

static int32_t
get_all (struct syncd_ctx *ctx, struct get *get)
{
  int32_t rc = SYNCD_OK;

  for (size_t from = 0; from < get->count && rc == SYNCD_OK; from += MAX_GET) {
    size_t to = get->count - from < MAX_GET ? get->count : from + MAX_GET;

    rc = get_batch (ctx, get, from, to);
    for (size_t i = from; i < to && rc == SYNCD_OK; i++)
      if (is_dn (get->ids[i]))
        rc = get_dn (ctx, get, i);
  }
  return rc;
}

int32_t
get_entries (struct syncd_ctx *ctx, void *data, const struct syncd_scan_request *request,
             const char *const *ids, struct syncd_entry *const *entries, size_t n)
{
  struct get get = { .session = data, .ids = ids, .entries = entries, .count = n };
  int32_t rc = session_ensure (ctx, data);

  if (rc == SYNCD_OK)
    rc = session_know (ctx, data);
  if (rc == SYNCD_OK)
    rc = wanted_init (ctx, data, request, &get.wanted);
  if (rc != SYNCD_OK)
    return rc;
  get.answers = calloc (n + 1, sizeof *get.answers);
  rc = get.answers ? get_all (ctx, &get) : error_memory (ctx);
  for (size_t i = 0; i < n && get.answers; i++)
    HOST->entry_set_answer (entries[i], get.answers[i] ? get.answers[i] : SYNCD_GET_FAILED);
  free (get.answers);
  wanted_fini (&get.wanted);
  return rc;
}
