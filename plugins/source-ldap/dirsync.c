/* dirsync.c: the grade for Active Directory that asks a domain controller what changed.
 *
 * It tells parts of entries of the whole naming context, without our filter and base in mind: so
 * only the ids are taken, and the entries are read again (reread.c). Cookies hold at every domain
 * controller of the domain; but one that was restored since it gave a cookie must not get that
 * cookie back: it would show everybody and no deletes. */
#include "dirsync.h"

#include <stdlib.h>
#include <string.h>

#include "containers.h"
#include "grade.h"

#define MAX_PAGE_IDS 262144 /* more of them, and everybody is read */

void
dirsync_clear (struct dirsync *dirsync)
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
    dirsync_clear (scan->dirsync);
  free (scan->dirsync);
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

/* Did the controller that wrote this tail of a datum lose what it had done since? */
static bool
was_restored (const struct session *session, const char *tail, size_t len)
{
  struct text here = { 0 };
  size_t controller;
  bool same, same_controller;

  text_print (&here, " %s ", or_dash (session->server_object));
  controller = here.len;
  text_print (&here, "%s", or_dash (session->server_id));
  same = !here.failed && len == here.len && memcmp (tail, here.data, len) == 0;
  same_controller = here.failed ||
                    (len >= controller && memcmp (tail, here.data, controller) == 0);
  text_fini (&here);
  return same_controller && !same;
}

static int32_t
read_datum (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data)
{
  const char *space = memchr (data->bv_val, ' ', data->bv_len);
  struct berval cookie = { 0, NULL };

  if (space)
    cookie = (struct berval){ (ber_len_t) (space - data->bv_val), data->bv_val };
  if (!space || !text_from_base64 (&cookie, MAX_COOKIE, &scan->dirsync->cookie))
    return checkpoint_fail (ctx, scan, "it is damaged");
  if (was_restored (scan->session, space, data->bv_len - cookie.bv_len))
    return checkpoint_fail (ctx, scan, "the domain controller was restored since then");
  return SYNCD_OK;
}

/* The cookie of "now": what everybody is like is read after it. */
static int32_t
read_cookie (struct syncd_ctx *ctx, struct scan *scan)
{
  struct dirsync *dirsync = scan->dirsync;
  int32_t rc;

  do {
    rc = dirsync_page_of_nobody (ctx, scan->session, dirsync);
    if (rc == SEARCH_DONE)
      rc = dirsync_page_end (dirsync) ? SYNCD_OK : dirsync_fail_ignored (ctx, scan->session);
    else if (rc == SEARCH_REFUSED)
      rc = dirsync_fail_refused (ctx, scan);
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
  return dirsync_page_begin (ctx, scan->session, scan->dirsync, "(objectClass=*)");
}

/* ---- what changed ---- */

static void
note (struct scan *scan, LDAPMessage *message)
{
  struct dirsync *dirsync = scan->dirsync;
  LDAP *ld = scan->session->ld;
  char id[MAX_ID + 1];
  bool renamed;

  if (!identity_of (scan->session, message, id) || ++dirsync->id_count > MAX_PAGE_IDS)
    return;
  renamed = values_has (ld, message, "name", NULL) || values_has (ld, message, "parentGUID", NULL);
  text_add (&dirsync->ids, renamed ? "+" : " ", 1);
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
    return dirsync_fail_refused (ctx, scan);
  if (rc < 0)
    return rc;
  if (dirsync->ids.failed)
    return error_memory (ctx);
  return dirsync_page_end (dirsync) ? 0 : dirsync_fail_ignored (ctx, scan->session);
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
        (rc = dirsync_page_begin (ctx, scan->session, dirsync, "(objectClass=*)")))
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
