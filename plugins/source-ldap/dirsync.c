/* dirsync.c: the grade for Active Directory that asks a domain controller what changed.
 *
 * It tells parts of entries of the whole naming context, without our filter and base in mind: so
 * only the ids are taken, and the entries are read again (reread.c). Cookies hold at every domain
 * controller of the domain; but one that was restored since it gave a cookie must not get that
 * cookie back: it would show everybody and no deletes. */
#include "dirsync.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ad.h"
#include "containers.h"
#include "grade.h"

#define DIRSYNC             "1.2.840.113556.1.4.841"
#define OBJECT_SECURITY     1
#define INCREMENTAL_VALUES  ((int) 0x80000000) /* not all members of a group for each that comes */
#define NOBODY \
  "(objectGUID=\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00)"
#define MAX_PAGE_IDS 262144 /* more of them, and everybody is read */

/* ---- pages ---- */

static int32_t
begin_page (struct syncd_ctx *ctx, struct session *session, struct dirsync *dirsync,
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

/* False: the answer has no cookie. */
static bool
end_page (struct dirsync *dirsync)
{
  struct berval cookie = { 0, NULL };

  if (!dirsync_answer (&dirsync->search.done, &dirsync->more, &cookie))
    return false;
  ber_memfree (dirsync->cookie.bv_val);
  dirsync->cookie = cookie;
  dirsync->read = true;
  return true;
}

static int32_t
fail_ignored (struct syncd_ctx *ctx, const struct session *session)
{
  return HOST->fail (ctx, SYNCD_E_PROTOCOL, "%s: the DirSync control is answered without a cookie; "
                     "changes: usn does without it", session->endpoint->uri);
}

/* A controller that is busy has nothing against the cookie. */
static int32_t
fail_refused (struct syncd_ctx *ctx, const struct scan *scan)
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

/* ---- the probe ---- */

static bool
dirsync_possible (const struct session *session, struct text *why)
{
  if (session->vendor != VENDOR_AD)
    return false;
  if (strcasecmp (session->id_attribute, "objectGUID") == 0 && session->context_id)
    return true;
  if (session->context_id)
    text_print (why, "it knows entries by objectGUID, not by the id_attribute %s",
                session->id_attribute);
  else
    text_print (why, "the bind identity cannot read the objectGUID of %s", session->context);
  return false;
}

static void
fini (struct dirsync *dirsync)
{
  search_fini (&dirsync->search);
  reread_fini (&dirsync->reread);
  text_fini (&dirsync->ids);
  text_fini (&dirsync->moved);
  ber_memfree (dirsync->cookie.bv_val);
  if (dirsync->control)
    ldap_control_free (dirsync->control);
  dirsync_free_names (dirsync->attributes);
}

void
dirsync_fini (struct scan *scan)
{
  if (scan->dirsync)
    fini (scan->dirsync);
  free (scan->dirsync);
}

/* One question that nobody answers to: is it allowed? */
static int32_t
ask (struct syncd_ctx *ctx, struct session *session, int flags, struct text *why)
{
  char name[] = "objectGUID", *attributes[] = { name, NULL };
  struct dirsync dirsync = { .attributes = attributes };
  LDAPMessage *message = NULL;
  int32_t rc;

  session->dirsync_flags = flags;
  rc = begin_page (ctx, session, &dirsync, NOBODY);
  while (rc == SYNCD_OK && (rc = search_next (ctx, &dirsync.search, UINT32_MAX, &message)) ==
                               SEARCH_ENTRY) {
    ldap_msgfree (message);
    rc = SYNCD_OK;
  }
  why->len = 0;
  if (rc == SEARCH_REFUSED)
    text_print (why, "%s", dirsync.search.why.data ? dirsync.search.why.data : "refused");
  else if (rc >= 0 && !end_page (&dirsync))
    text_print (why, "the server ignores the control");
  dirsync.attributes = NULL;
  fini (&dirsync);
  return rc < 0 ? rc : SYNCD_OK;
}

/* With the right to replicate everything is told; without it, what the account may see. Samba tells
 * who may replicate no more of deleted objects than it tells anybody, and says nothing of it. */
static int32_t
dirsync_probe (struct syncd_ctx *ctx, struct session *session, struct text *why)
{
  int32_t rc = ask (ctx, session, 0, why);

  session->deletes_seen = rc == SYNCD_OK && !why->len && !session->samba;
  if (session->deletes_seen)
    return rc;
  if (rc == SYNCD_OK && why->len)
    rc = ask (ctx, session, OBJECT_SECURITY, why);
  return rc == SYNCD_OK && !why->len ? ad_probe_deleted (ctx, session) : rc;
}

static void
dirsync_because (const struct session *session, struct text *text)
{
  bool replicates = session->dirsync_flags == 0;

  text_print (text, "the domain controller answers DirSync; %s",
              replicates && !session->deletes_seen
                  ? "the account has the right Replicating Directory Changes, and yet Samba shows it "
                    "no deleted objects, which takes the right to list them: the inventory finds who "
                    "is gone"
              : replicates ? "the account has the right Replicating Directory Changes"
              : session->deletes_seen
                  ? "the account sees deleted objects"
                  : "the account lacks the right Replicating Directory Changes and sees no deleted "
                    "objects: the inventory finds who is gone");
}

static const char *
dirsync_server (const struct session *session)
{
  return session->context_id;
}

/* ---- where to go on ---- */

static const char *
or_dash (const char *text)
{
  return text ? text : "-";
}

/* "COOKIE CONTROLLER INVOCATION", the cookie in base64. */
static bool
dirsync_mark (struct scan *scan, struct text *data)
{
  text_base64 (data, &scan->dirsync->cookie);
  text_print (data, " %s %s", or_dash (scan->session->server_object),
              or_dash (scan->session->server_id));
  return true;
}

static int32_t
read_datum (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data)
{
  const struct session *session = scan->session;
  const char *space = memchr (data->bv_val, ' ', data->bv_len);
  struct berval cookie = { 0, NULL };
  struct text here = { 0 };
  size_t rest, whole, controller;
  bool same, restored;

  if (space)
    cookie = (struct berval){ (ber_len_t) (space - data->bv_val), data->bv_val };
  if (!space || !text_from_base64 (&cookie, MAX_COOKIE, &scan->dirsync->cookie))
    return checkpoint_fail (ctx, scan, "it is damaged");
  rest = data->bv_len - cookie.bv_len;
  text_print (&here, " %s ", or_dash (session->server_object));
  controller = here.len;
  text_print (&here, "%s", or_dash (session->server_id));
  whole = here.len;
  same = !here.failed && rest == whole && memcmp (space, here.data, whole) == 0;
  restored = here.failed || (rest >= controller && memcmp (space, here.data, controller) == 0);
  text_fini (&here);
  if (!same && restored)
    return checkpoint_fail (ctx, scan, "the domain controller was restored since then");
  return SYNCD_OK;
}

/* The cookie of "now": what everybody is like is read after it. */
static int32_t
read_cookie (struct syncd_ctx *ctx, struct scan *scan)
{
  struct dirsync *dirsync = scan->dirsync;
  LDAPMessage *message = NULL;
  int32_t rc;

  do {
    rc = begin_page (ctx, scan->session, dirsync, NOBODY);
    while (rc == SYNCD_OK &&
           (rc = search_next (ctx, &dirsync->search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
      ldap_msgfree (message);
      rc = SYNCD_OK;
    }
    if (rc == SEARCH_DONE)
      rc = end_page (dirsync) ? SYNCD_OK : fail_ignored (ctx, scan->session);
    else if (rc == SEARCH_REFUSED)
      rc = fail_refused (ctx, scan);
  } while (rc == SYNCD_OK && dirsync->more);
  search_fini (&dirsync->search);
  return rc;
}

static int32_t
dirsync_begin (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data)
{
  int32_t rc;

  scan->dirsync = calloc (1, sizeof *scan->dirsync);
  if (!scan->dirsync || !(scan->dirsync->attributes = dirsync_attributes (scan)))
    return error_memory (ctx);
  if (!data)
    return read_cookie (ctx, scan);
  rc = read_datum (ctx, scan, data);
  if (rc != SYNCD_OK)
    return rc;
  scan->stage = SCAN_CHANGES;
  scan->absence = false;
  return begin_page (ctx, scan->session, scan->dirsync, "(objectClass=*)");
}

/* ---- what changed ---- */

static bool
has_attribute (LDAP *ld, LDAPMessage *message, const char *name)
{
  struct berval **values = ldap_get_values_len (ld, message, name);
  bool has = values && values[0];

  ldap_value_free_len (values);
  return has;
}

static void
note (struct scan *scan, LDAPMessage *message)
{
  struct dirsync *dirsync = scan->dirsync;
  LDAP *ld = scan->session->ld;
  char id[MAX_ID + 1];

  if (!identity_of (scan->session, message, id) || ++dirsync->id_count > MAX_PAGE_IDS)
    return;
  text_add (&dirsync->ids,
            has_attribute (ld, message, "name") || has_attribute (ld, message, "parentGUID") ? "+"
                                                                                            : " ",
            1);
  text_add (&dirsync->ids, id, strlen (id) + 1);
}

/* 0: the page is read. */
static int32_t
read_page (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms)
{
  struct dirsync *dirsync = scan->dirsync;
  LDAPMessage *message = NULL;
  int32_t rc;

  while ((rc = search_next (ctx, &dirsync->search, max_wait_ms, &message)) == SEARCH_ENTRY) {
    note (scan, message);
    ldap_msgfree (message);
  }
  if (rc == SEARCH_IDLE)
    return SYNCD_SCAN_IDLE;
  if (rc == SEARCH_REFUSED)
    return fail_refused (ctx, scan);
  if (rc < 0)
    return rc;
  if (dirsync->ids.failed)
    return error_memory (ctx);
  return end_page (dirsync) ? 0 : fail_ignored (ctx, scan->session);
}

static int32_t
fill_batch (struct syncd_ctx *ctx, struct dirsync *dirsync)
{
  int32_t rc = SYNCD_OK;

  while (dirsync->next < dirsync->ids.len && dirsync->reread.count < MAX_GET && rc == SYNCD_OK) {
    const char *id = dirsync->ids.data + dirsync->next + 1;

    rc = reread_add (ctx, &dirsync->reread, id, false);
    dirsync->next += strlen (id) + 2;
  }
  return rc;
}

/* Who got another name or place and is none of ours may be a container of people. */
static void
note_moved (struct dirsync *dirsync, const char *from, const char *to)
{
  for (; from < to; from += strlen (from) + 1)
    if (*from == '+')
      text_add (&dirsync->moved, from + 1, strlen (from + 1) + 1);
}

/* 0: the page was told. */
static int32_t
tell_page (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
           struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  struct dirsync *dirsync = scan->dirsync;
  int32_t rc;

  for (;;) {
    size_t from = dirsync->next;

    if (!dirsync->reread.count) {
      if ((rc = fill_batch (ctx, dirsync)))
        return rc;
      note_moved (dirsync, dirsync->ids.data + from, dirsync->ids.data + dirsync->next);
      if (!dirsync->reread.count)
        return 0;
    }
    rc = reread_next (ctx, scan, &dirsync->reread, max_wait_ms, entry, buffer);
    if (rc != 0)
      return rc;
  }
}

/* Everybody is read, and the cookie goes on to what is now. */
static int32_t
turn (struct syncd_ctx *ctx, struct scan *scan, const char *why)
{
  scan_turn (ctx, scan, why);
  return scan->dirsync->more ? read_cookie (ctx, scan) : SYNCD_OK;
}

/* Containers with people below them have another name: so have these people. */
static int32_t
check_moved (struct syncd_ctx *ctx, struct scan *scan)
{
  struct dirsync *dirsync = scan->dirsync;
  bool any = false;
  int32_t rc = dirsync->moved.failed
                   ? error_memory (ctx)
                   : containers_any_of (ctx, scan->session, &dirsync->moved, &any);

  dirsync->moved.len = 0;
  return rc == SYNCD_OK && any ? turn (ctx, scan, "a container of people was renamed or moved") : rc;
}

static int32_t
dirsync_next (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
              struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  struct dirsync *dirsync = scan->dirsync;
  int32_t rc;

  for (;;) {
    if (!dirsync->read && (rc = read_page (ctx, scan, max_wait_ms)))
      return rc;
    if (dirsync->id_count > MAX_PAGE_IDS)
      return turn (ctx, scan, "more changed than is worth asking for one by one");
    if ((rc = tell_page (ctx, scan, max_wait_ms, entry, buffer)) ||
        (rc = check_moved (ctx, scan)) || scan->stage == SCAN_LISTING || !dirsync->more ||
        (rc = begin_page (ctx, scan->session, dirsync, "(objectClass=*)")))
      return rc;
  }
}

const struct grade grade_dirsync = {
  .is = CHANGES_DIRSYNC,
  .name = "dirsync",
  .vendors = VENDOR_BIT (VENDOR_AD),
  .blind = "\"memberOf\",\"changed access rights\"",
  .changes = true,
  .data = "cookie",
  .possible = dirsync_possible,
  .probe = dirsync_probe,
  .because = dirsync_because,
  .probes_deletes = true,
  .server = dirsync_server,
  .begin = dirsync_begin,
  .next = dirsync_next,
  .mark = dirsync_mark,
};
