/* dirsync-page.c: one page of what a domain controller tells: asked for, and its end, which says
 * where to go on. */
#include "dirsync.h"

#include <stdlib.h>

#define INCREMENTAL_VALUES ((int) 0x80000000) /* not all members of a group for each that comes */
#define NOBODY \
  "(objectGUID=\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00)"

int32_t
dirsync_page_begin (struct syncd_ctx *ctx, struct session *session, struct dirsync *dirsync,
                    const char *filter)
{
  search_fini (&dirsync->search);
  if (dirsync->control)
    ldap_control_free (dirsync->control);
  dirsync->control = dirsync_control (session->dirsync_flags | INCREMENTAL_VALUES,
                                      &dirsync->cookie);
  if (!dirsync->control)
    return error_memory (ctx);
  dirsync->search = (struct search){
    .session = session,
    .base = session->context,
    .scope = LDAP_SCOPE_SUBTREE,
    .filter = filter,
    .attributes = (const char *const *) dirsync->attributes,
    .control = dirsync->control,
    .answer_oid = DIRSYNC,
    .probing = true,
  };
  dirsync->ids.len = dirsync->id_count = dirsync->next = 0;
  dirsync->read = false;
  return SYNCD_OK;
}

bool
dirsync_page_end (struct dirsync *dirsync)
{
  struct berval cookie = { 0, NULL };

  if (!dirsync_answer (&dirsync->search.done, &dirsync->more, &cookie))
    return false;
  ber_memfree (dirsync->cookie.bv_val);
  dirsync->cookie = cookie;
  dirsync->read = true;
  return true;
}

int32_t
dirsync_page_of_nobody (struct syncd_ctx *ctx, struct session *session, struct dirsync *dirsync)
{
  LDAPMessage *message = NULL;
  int32_t rc = dirsync_page_begin (ctx, session, dirsync, NOBODY);

  while (rc == SYNCD_OK &&
         (rc = search_next (ctx, &dirsync->search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    ldap_msgfree (message);
    rc = SYNCD_OK;
  }
  return rc;
}

int32_t
dirsync_fail_ignored (struct syncd_ctx *ctx, const struct session *session)
{
  return HOST->fail (ctx, SYNCD_E_PROTOCOL, "%s: the DirSync control is answered without a cookie; "
                     "changes: usn does without it", session->endpoint->uri);
}

/* A controller that is busy has nothing against the cookie. */
int32_t
dirsync_fail_refused (struct syncd_ctx *ctx, const struct scan *scan)
{
  const struct search *search = &scan->dirsync->search;
  const char *why = search->why.data ? search->why.data : "refused";

  if (scan->dirsync->cookie.bv_val && search->code != LDAP_BUSY && search->code != LDAP_UNAVAILABLE)
    return HOST->fail (ctx, SYNCD_E_CHECKPOINT, "%s does not go on from the last checkpoint: %s",
                       scan->session->endpoint->uri, why);
  scan->session->broken = true; /* no longer what was found out: look again */
  return HOST->fail (ctx, SYNCD_E_UNREACHABLE, "%s: asking what changed (DirSync) was refused: %s",
                     scan->session->endpoint->uri, why);
}
