/* changelog-read.c: reads a window of the retro changelog, and how far it may be believed.
 *
 * Change numbers have no gaps, so what is not shown is known: trimmed, not committed yet, or
 * hidden from us. What comes after a number that is missing is not taken. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "changelog.h"

const char *
changelog_id (const struct session *session)
{
  if (strcasecmp (session->id_attribute, "nsUniqueId") == 0)
    return "targetUniqueId";
  return strcasecmp (session->id_attribute, "entryUUID") == 0 ? "targetEntryUUID" : NULL;
}

struct record {
  uint64_t number;
  char id[MAX_ID + 1]; /* empty: it does not tell */
  bool deletes, moves, ours; /* ours: where we look for people, as the DN says */
};

static void
read_type (LDAP *ld, LDAPMessage *message, struct record *record)
{
  struct berval **values = ldap_get_values_len (ld, message, "changeType");
  const char *type = values && values[0] ? values[0]->bv_val : "";

  record->deletes = strcasecmp (type, "delete") == 0;
  record->moves = strcasecmp (type, "modrdn") == 0 || strcasecmp (type, "moddn") == 0;
  ldap_value_free_len (values);
}

static bool
is_ours (const struct session *session, LDAPMessage *message)
{
  struct berval **values = ldap_get_values_len (session->ld, message, "targetDn");
  bool is = values && values[0] && dn_in_scope (session, values[0]->bv_val);

  ldap_value_free_len (values);
  return is;
}

static bool
read_record (const struct session *session, LDAPMessage *message, struct record *ret_record)
{
  struct berval **number = ldap_get_values_len (session->ld, message, "changeNumber");
  struct berval **id = ldap_get_values_len (session->ld, message, changelog_id (session));
  bool is = number && number[0] && ds389_number (number[0], &ret_record->number);

  ret_record->id[0] = '\0';
  if (id && id[0] && !identity_text (session->id_form, id[0], ret_record->id))
    ret_record->id[0] = '\0';
  read_type (session->ld, message, ret_record);
  ret_record->ours = is_ours (session, message);
  ldap_value_free_len (number);
  ldap_value_free_len (id);
  return is;
}

struct shown {
  struct record *records; /* one for each number of the window; number 0: not shown */
  size_t count;
};

static void
keep (const struct changelog_window *window, struct shown *shown, const struct record *record)
{
  if (record->number >= window->from && record->number <= window->to)
    shown->records[record->number - window->from] = *record;
}

/* A change that does not tell whom it was about counts as not shown. Without a list of ids only
 * the numbers are judged, from the first that is shown on. */
static int32_t
judge (struct syncd_ctx *ctx, struct changelog_window *window, const struct shown *shown,
       struct reread *reread)
{
  bool whole = true;
  int32_t rc = SYNCD_OK;

  window->upto = window->from - 1;
  window->shown = window->named = window->ours = 0;
  window->hole = false;
  for (size_t i = 0; i < shown->count && rc == SYNCD_OK; i++) {
    const struct record *record = &shown->records[i];

    window->shown += record->number != 0;
    window->named += record->id[0] != '\0';
    window->ours += record->ours;
    whole = whole && (reread ? record->id[0] : record->number || !window->shown);
    window->hole = window->hole || (record->number && !whole);
    if (whole && record->number)
      window->upto = record->number;
    if (whole && reread)
      rc = reread_add (ctx, reread, record->id, record->deletes);
    if (whole && reread && record->moves)
      text_add (&window->moved, record->id, strlen (record->id) + 1);
  }
  return rc < 0 ? rc : window->moved.failed ? error_memory (ctx) : SYNCD_OK;
}

static int32_t
ask (struct syncd_ctx *ctx, struct session *session, const char *base,
     const struct changelog_window *window, struct shown *shown, struct text *why)
{
  const char *attributes[] = { "changeNumber", "changeType", "targetDn", changelog_id (session),
                               NULL };
  struct search search = { .session = session, .base = base, .scope = LDAP_SCOPE_ONELEVEL,
                           .attributes = attributes, .missing_ok = true };
  struct text filter = { 0 };
  struct record record;
  LDAPMessage *message = NULL;
  int32_t rc;

  text_print (&filter, "(&(changeNumber>=%llu)(changeNumber<=%llu))",
              (unsigned long long) window->from, (unsigned long long) window->to);
  search.filter = filter.data;
  rc = filter.failed ? error_memory (ctx) : SYNCD_OK;
  while (rc >= 0 && (rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    if (read_record (session, message, &record))
      keep (window, shown, &record);
    ldap_msgfree (message);
  }
  if (rc == SEARCH_PARTIAL && search.why.data)
    text_print (why, "%s", search.why.data);
  search_fini (&search);
  text_fini (&filter);
  return rc;
}

int32_t
changelog_read (struct syncd_ctx *ctx, struct session *session, const char *base,
                struct changelog_window *window, struct reread *reread, struct text *why)
{
  struct shown shown = { .count = (size_t) (window->to - window->from + 1) };
  int32_t rc, judged;

  shown.records = calloc (shown.count, sizeof *shown.records);
  if (!shown.records)
    return error_memory (ctx);
  rc = ask (ctx, session, base, window, &shown, why);
  judged = judge (ctx, window, &shown, rc == SEARCH_DONE ? reread : NULL);
  free (shown.records);
  return judged < 0 ? judged : rc;
}
