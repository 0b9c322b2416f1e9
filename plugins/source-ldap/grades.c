/* grades.c: the table of grades, and which of them is taken.
 *
 * From the best on, each is asked whether it can work here; the first that can is taken, and
 * why each better one cannot is kept for `check`, `status` and the report. `changes:` pins one. */
#include "grade.h"

#include <stdlib.h>
#include <string.h>

/* Best first; their order is that of enum changes. */
static const struct grade *const table[] = {
  &grade_syncrepl, &grade_dirsync,   &grade_changelog, &grade_usn,
  &grade_usn_389,  &grade_timestamp, &grade_inventory, &grade_full,
};
#define COUNT (sizeof table / sizeof *table)

const struct grade *
grade_named (const char *word)
{
  for (size_t i = 0; i < COUNT; i++)
    if (strcmp (table[i]->name, word) == 0)
      return table[i];
  return NULL;
}

static const char *
vendor_name (const struct session *session)
{
  static const char *const names[] = { "this kind of server", "OpenLDAP", "Active Directory",
                                       "389 Directory Server" };

  return names[session->vendor];
}

/* Takes GRADE, or keeps why not. */
static int32_t
try (struct syncd_ctx *ctx, struct session *session, const struct grade *grade)
{
  struct text why = { 0 };
  int32_t rc = SYNCD_OK;
  bool is = grade->possible (session, &why);

  if (is && grade->probe)
    rc = grade->probe (ctx, session, &why);
  if (rc == SYNCD_OK && why.failed)
    rc = error_memory (ctx);
  if (rc == SYNCD_OK && is && !why.len)
    session->grade = grade;
  else if (why.len) { /* some grades have a row for each kind of server */
    free (session->refused[grade->is]);
    session->refused[grade->is] = why.data;
    why.data = NULL;
  }
  text_fini (&why);
  return rc;
}

static int32_t
fail_pinned (struct syncd_ctx *ctx, const struct session *session, enum changes pinned)
{
  const char *why = session->refused[pinned];
  struct text other = { 0 };
  const char *name = "";
  int32_t rc;

  for (size_t i = 0; i < COUNT; i++)
    if (table[i]->is == pinned)
      name = table[i]->name;
  if (!why)
    text_print (&other, "%s does not offer it", vendor_name (session));
  rc = HOST->fail (ctx, SYNCD_E_CONFIG, "changes: %s cannot work at %s: %s; use changes: auto",
                   name, session->endpoint->uri, why ? why : other.data ? other.data : "");
  text_fini (&other);
  return rc;
}

/* Said once, until another grade is taken: a pass every five minutes must not fill the log. All is well
 * with a lesser grade too, so it is no warning: -q is silent, `status` shows the grade. */
static void
tell_steps (struct syncd_ctx *ctx, const struct session *session)
{
  const struct grade *taken = session->grade;
  int warned = (int) taken->is;

  if (session->instance->changes != CHANGES_AUTO ||
      atomic_exchange (&session->instance->grade_told, warned) == warned)
    return;
  for (size_t i = 0; i < COUNT && table[i] != taken; i++)
    if ((table[i]->vendors & VENDOR_BIT (session->vendor)) && session->refused[table[i]->is])
      HOST->log (ctx, SYNCD_LOG_INFO, "%s: changes are found by %s and not by %s, which is "
                 "better: %s", session->endpoint->uri, taken->name, table[i]->name,
                 session->refused[table[i]->is]);
}

int32_t
grades_choose (struct syncd_ctx *ctx, struct session *session)
{
  enum changes pinned = session->instance->changes;

  for (size_t i = 0; i < COUNT && !session->grade; i++)
    if (pinned == CHANGES_AUTO || pinned == table[i]->is) {
      int32_t rc = try (ctx, session, table[i]);

      if (rc != SYNCD_OK)
        return rc;
    }
  if (!session->grade)
    return fail_pinned (ctx, session, pinned);
  tell_steps (ctx, session);
  return SYNCD_OK;
}

void
grades_forget (struct session *session)
{
  for (size_t i = 0; i < CHANGES_COUNT; i++) {
    free (session->refused[i]);
    session->refused[i] = NULL;
  }
  session->grade = NULL;
}

/* ---- what describe() tells ---- */

static void
add_why (const struct session *session, struct text *text)
{
  struct text why = { 0 };

  if (session->instance->changes != CHANGES_AUTO)
    text_print (&why, "changes: %s is configured; ", session->grade->name);
  session->grade->because (session, &why);
  for (size_t i = 0; i < COUNT; i++)
    if (session->refused[table[i]->is] && (i == 0 || table[i - 1]->is != table[i]->is))
      text_print (&why, "; not %s: %s", table[i]->name, session->refused[table[i]->is]);
  text_json (text, why.data ? why.data : "");
  text_fini (&why);
}

/* What can be pinned: the one that is taken, and those that need no asking. */
static void
add_names (const struct session *session, struct text *text)
{
  const char *comma = "";

  text_print (text, ",\"grades\":[");
  for (size_t i = 0; i < COUNT; i++) {
    struct text why = { 0 };

    if (table[i] == session->grade || (!table[i]->probe && table[i]->possible (session, &why))) {
      text_print (text, "%s\"%s\"", comma, table[i]->name);
      comma = ",";
    }
    text_fini (&why);
  }
  text_print (text, "]");
}

void
grades_describe (const struct session *session, struct text *text)
{
  const struct grade *grade = session->grade;
  bool deletes = !grade->probes_deletes || session->deletes_seen;

  text_print (text, ",\"changes\":\"%s\",\"why\":", grade->name);
  add_why (session, text);
  add_names (session, text);
  text_print (text, ",\"blind\":[%s%s]", deletes ? "" : "\"deletes\",", grade->blind);
}
