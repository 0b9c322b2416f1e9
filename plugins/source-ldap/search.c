/* search.c: one search, paged or not, message by message.
 *
 * A listing is complete only when every page ended with result 0, carried the paging control,
 * and the last cookie was empty: not when a count was reached, not when a page was empty. */
#include "source-ldap.h"

#include <stdlib.h>
#include <string.h>

static int32_t
fail_lost (struct syncd_ctx *ctx, struct search *search, int result)
{
  struct text doing = { 0 };
  int32_t rc;

  search->session->broken = true;
  text_print (&doing, "reading below \"%s\" from %s (after %llu %s)", search->base,
              search->session->endpoint->uri, (unsigned long long) search->entries,
              search->entries == 1 ? "entry" : "entries");
  rc = error_fail (ctx, search->session->instance, search->session->ld, result,
                   doing.data ? doing.data : "the search");
  text_fini (&doing);
  return rc;
}

static int32_t
send_page (struct syncd_ctx *ctx, struct search *search)
{
  LDAP *ld = search->session->ld;
  LDAPControl *paging = NULL, *controls[3] = { NULL };
  int rc = LDAP_SUCCESS, n = 0;

  if (search->page_size > 0)
    rc = ldap_create_page_control (ld, search->page_size, &search->cookie, 1, &paging);
  if (paging)
    controls[n++] = paging;
  controls[n] = search->control;
  if (rc == LDAP_SUCCESS)
    rc = ldap_search_ext (ld, search->base, search->scope, search->filter,
                          (char **) search->attributes, 0,
                          controls[0] ? controls : NULL, NULL, NULL, search->size_limit,
                          &search->message_id);
  if (paging)
    ldap_control_free (paging);
  search->started = true;
  search->page_entries = 0;
  search->silent_ms = 0;
  if (rc == LDAP_SUCCESS)
    return SYNCD_OK;
  search->message_id = 0;
  search->ended = true;
  return fail_lost (ctx, search, rc);
}

/* References to AD's own partitions are in every answer from a domain's root. */
static bool
reference_expected (const struct session *session, const char *url)
{
  static const char *const partitions[] = { "cn=configuration,", "dc=domaindnszones,",
                                            "dc=forestdnszones," };
  LDAPURLDesc *parsed = NULL;
  bool expected = false;

  if (session->vendor != VENDOR_AD || ldap_url_parse (url, &parsed) != LDAP_URL_SUCCESS)
    return false;
  for (size_t i = 0; parsed->lud_dn && i < 3; i++)
    expected = expected || strncasecmp (parsed->lud_dn, partitions[i], strlen (partitions[i])) == 0;
  ldap_free_urldesc (parsed);
  return expected;
}

static void
take_reference (struct syncd_ctx *ctx, struct search *search, LDAPMessage *message)
{
  char **urls = NULL;
  const char *url;

  if (ldap_parse_reference (search->session->ld, message, &urls, NULL, 1) != LDAP_SUCCESS)
    urls = NULL;
  url = urls && urls[0] ? urls[0] : "(not readable)";
  if (!reference_expected (search->session, url)) {
    search->references++;
    if (!search->reference)
      search->reference = strdup (url);
    HOST->log (ctx, SYNCD_LOG_DEBUG, "reference not followed: %.300s", url);
  }
  ldap_memvfree ((void **) urls);
}

static int32_t
next_page (struct syncd_ctx *ctx, struct search *search, LDAPControl **controls)
{
  LDAPControl *paging = ldap_control_find (LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
  struct berval cookie = { 0, NULL };
  ber_int_t estimate;

  if (!paging || ldap_parse_pageresponse_control (search->session->ld, paging, &estimate,
                                                  &cookie) != LDAP_SUCCESS)
    return HOST->fail (ctx, SYNCD_E_PROTOCOL, "%s: the server ignores paged results, so nobody can "
                       "tell whether its answer is complete: set page_size: 0",
                       search->session->endpoint->uri);
  ldap_memfree (search->cookie.bv_val);
  search->cookie = cookie;
  if (!cookie.bv_len)
    return SEARCH_DONE;
  search->empty_pages = search->page_entries ? 0 : search->empty_pages + 1;
  if (search->empty_pages > MAX_EMPTY_PAGES)
    return HOST->fail (ctx, SYNCD_E_PROTOCOL, "%s: the server sent %d empty pages one after "
                       "another", search->session->endpoint->uri, MAX_EMPTY_PAGES);
  return SYNCD_OK;
}

static int32_t
fail_result (struct syncd_ctx *ctx, struct search *search, int code, const char *diagnostic)
{
  const struct session *session = search->session;
  struct text why = { 0 };
  int32_t rc;

  error_describe (session->ld, code, diagnostic ? diagnostic : "", &why);
  if (code == LDAP_NO_SUCH_OBJECT && search->base == session->instance->base)
    root_add_contexts (session, &why);
  rc = HOST->fail (ctx, error_class (code), "%s: searching below \"%s\" at %s failed: %s",
                   session->instance->name, search->base, session->endpoint->uri,
                   why.data ? why.data : ldap_err2string (code));
  text_fini (&why);
  return rc;
}

/* Results that speak of the control rather than of the search, or all of a mere probe. */
static bool
control_refused (const struct search *search, int code)
{
  return search->probing ||
         (search->control &&
          (code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION || code == LDAP_UNWILLING_TO_PERFORM ||
           code == LDAP_SYNC_REFRESH_REQUIRED));
}

static void
keep_done (struct search *search, LDAPControl **controls)
{
  const char *oid = search->answer_oid ? search->answer_oid : LDAP_CONTROL_SYNC_DONE;
  LDAPControl *done = ldap_control_find (oid, controls, NULL);

  if (search->control && done)
    ber_dupbv (&search->done, &done->ldctl_value);
}

static int32_t
judge_result (struct syncd_ctx *ctx, struct search *search, int code, const char *diagnostic,
              LDAPControl **controls, char **referrals)
{
  if (code == LDAP_SUCCESS)
    return search->page_size > 0 ? next_page (ctx, search, controls) : SEARCH_DONE;
  if (control_refused (search, code)) {
    text_print (&search->why, "%s (%d)%s%.300s", ldap_err2string (code), code,
                diagnostic && *diagnostic ? ": " : "", diagnostic ? diagnostic : "");
    return SEARCH_REFUSED;
  }
  if (code == LDAP_SIZELIMIT_EXCEEDED && search->limit_ok)
    return SEARCH_DONE;
  if ((code == LDAP_NO_SUCH_OBJECT || code == LDAP_INVALID_DN_SYNTAX) && search->missing_ok)
    return SEARCH_NOT_FOUND;
  if (code == LDAP_REFERRAL)
    text_print (&search->why, "another server holds \"%s\": %s", search->base,
                referrals && referrals[0] ? referrals[0] : "it does not say which");
  else if (error_limit_advice (code))
    error_describe (search->session->ld, code, diagnostic ? diagnostic : "", &search->why);
  else
    return fail_result (ctx, search, code, diagnostic);
  return SEARCH_PARTIAL;
}

/* The end of a page: SYNCD_OK when there is another one. */
static int32_t
take_result (struct syncd_ctx *ctx, struct search *search, LDAPMessage *message)
{
  char *diagnostic = NULL, **referrals = NULL;
  LDAPControl **controls = NULL;
  int code = LDAP_OTHER, rc;
  int32_t verdict;

  search->message_id = 0;
  rc = ldap_parse_result (search->session->ld, message, &code, NULL, &diagnostic, &referrals,
                          &controls, 1);
  if (rc != LDAP_SUCCESS)
    verdict = fail_lost (ctx, search, rc);
  else {
    search->code = code;
    keep_done (search, controls);
    verdict = judge_result (ctx, search, code, diagnostic, controls, referrals);
  }
  ldap_memfree (diagnostic);
  ldap_memvfree ((void **) referrals);
  ldap_controls_free (controls);
  search->ended = verdict != SYNCD_OK;
  return verdict;
}

static int32_t
fail_result_call (struct syncd_ctx *ctx, struct search *search)
{
  int code = LDAP_SERVER_DOWN;

  ldap_get_option (search->session->ld, LDAP_OPT_RESULT_CODE, &code);
  search->message_id = 0;
  search->ended = true;
  return fail_lost (ctx, search, code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code);
}

static void
give_up (struct search *search)
{
  if (search->message_id && search->session->ld && !search->session->broken)
    ldap_abandon_ext (search->session->ld, search->message_id, NULL, NULL);
  search->message_id = 0;
  search->ended = true;
}

/* One message in at most SLICE_MS: SYNCD_OK with *ret_message NULL where none came. */
static int32_t
receive (struct syncd_ctx *ctx, struct search *search, uint32_t wait_ms, LDAPMessage **ret_message)
{
  uint32_t slice = wait_ms < SLICE_MS ? wait_ms : SLICE_MS;
  struct timeval limit = { 0, (suseconds_t) slice * 1000 };
  int64_t began = now_ms (), waited;
  int rc;

  if (HOST->cancelled (ctx)) {
    give_up (search);
    return HOST->fail (ctx, SYNCD_E_CANCELLED, "reading was cancelled");
  }
  rc = ldap_result (search->session->ld, search->message_id, LDAP_MSG_ONE, &limit, ret_message);
  if (rc < 0)
    return fail_result_call (ctx, search);
  if (rc > 0) {
    alive_heard (search);
    return SYNCD_OK;
  }
  *ret_message = NULL;
  waited = now_ms () - began; /* more than the slice in the middle of a TLS record */
  search->silent_ms += waited > slice ? waited : slice;
  if (search->patient)
    rc = alive_check (search);
  else if (search->silent_ms >= (int64_t) search->session->instance->timeout_ms)
    rc = LDAP_TIMEOUT;
  if (rc == LDAP_SUCCESS)
    return SYNCD_OK;
  give_up (search);
  return fail_lost (ctx, search, rc);
}

/* SYNCD_OK: nothing for the caller in this message. */
static int32_t
take (struct syncd_ctx *ctx, struct search *search, LDAPMessage *message,
      LDAPMessage **ret_message)
{
  switch (ldap_msgtype (message)) {
  case LDAP_RES_SEARCH_ENTRY:
    search->page_entries++;
    search->entries++;
    *ret_message = message;
    return SEARCH_ENTRY;
  case LDAP_RES_SEARCH_REFERENCE:
    take_reference (ctx, search, message);
    return SYNCD_OK;
  case LDAP_RES_INTERMEDIATE:
    if (!search->control)
      break;
    *ret_message = message;
    return SEARCH_INFO;
  case LDAP_RES_SEARCH_RESULT:
    return take_result (ctx, search, message);
  default:
    break;
  }
  ldap_msgfree (message);
  return SYNCD_OK;
}

int32_t
search_next (struct syncd_ctx *ctx, struct search *search, uint32_t max_wait_ms,
             LDAPMessage **ret_message)
{
  LDAPMessage *message = NULL;
  uint32_t waited = 0;
  int32_t rc;

  for (;;) {
    if (!search->message_id && (rc = send_page (ctx, search)))
      return rc;
    if ((rc = receive (ctx, search, max_wait_ms - waited, &message)))
      return rc;
    if (message && (rc = take (ctx, search, message, ret_message)))
      return rc;
    if (!message && max_wait_ms - waited <= SLICE_MS)
      return SEARCH_IDLE;
    if (!message)
      waited += SLICE_MS;
  }
}

void
search_fini (struct search *search)
{
  give_up (search);
  ldap_memfree (search->cookie.bv_val);
  ber_memfree (search->done.bv_val);
  free (search->reference);
  text_fini (&search->why);
  search->cookie = search->done = (struct berval){ 0, NULL };
  search->reference = NULL;
}
