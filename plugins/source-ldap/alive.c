/* alive.c: does the other end of a search that may be silent for hours still live?
 *
 * TCP's keepalive notices a peer that is gone. It does not notice a server that hangs, or
 * something in between that keeps the connection and passes nothing on: then no change would
 * come, and nobody would wonder. So after a while without a word the server is asked "Who am
 * I?" on the same connection; any answer will do, also that it does not know the question. */
#include "source-ldap.h"

#define ASK_MS 60000 /* of silence, or twice the timeout where that is less */

static bool
is_time (const struct search *search)
{
  int64_t patience = (int64_t) search->session->instance->timeout_ms * 2;

  return search->silent_ms >= (patience < ASK_MS ? patience : ASK_MS);
}

static int
ask (struct search *search)
{
  int rc = ldap_whoami (search->session->ld, NULL, NULL, &search->question);

  search->asked_ms = search->silent_ms;
  if (rc != LDAP_SUCCESS)
    search->question = 0;
  return rc;
}

int
alive_check (struct search *search)
{
  struct timeval none = { 0, 0 };
  LDAPMessage *answer = NULL;
  int rc;

  if (!search->question)
    return is_time (search) ? ask (search) : LDAP_SUCCESS;
  rc = ldap_result (search->session->ld, search->question, LDAP_MSG_ALL, &none, &answer);
  if (rc == 0)
    return search->silent_ms - search->asked_ms < (int64_t) search->session->instance->timeout_ms
               ? LDAP_SUCCESS : LDAP_TIMEOUT;
  ldap_msgfree (answer);
  search->question = 0;
  alive_heard (search);
  return rc > 0 ? LDAP_SUCCESS : LDAP_SERVER_DOWN;
}

void
alive_heard (struct search *search)
{
  search->silent_ms = search->asked_ms = 0;
}
