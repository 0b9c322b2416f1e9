/* changelog.c: the grade that finds changes in the retro changelog of 389 Directory Server.
 *
 * The server writes a numbered entry for each change, and tells in the root DSE the first and the
 * last that it keeps. A scan goes through the numbers after the checkpoint and reads again whom
 * they are about: what is told of an entry is always its state, never a change. Any doubt
 * (trimmed, a number that is not shown, an id that is not recorded) turns into everybody. */
#include "changelog.h"

#include <stdlib.h>
#include <string.h>

#include "containers.h"
#include "grade.h"

#define ADVICE "; see 389 Directory Server in syncd-ldap(7)"

static bool
changelog_possible (const struct session *session, struct text *why)
{
  if (session->vendor != VENDOR_389)
    return false;
  if (changelog_id (session))
    return true;
  text_print (why, "it knows entries by nsUniqueId or entryUUID, not by the id_attribute %s",
              session->id_attribute);
  return false;
}

/* The newest COUNT of those that are kept. */
static struct changelog_window
newest_window (const struct ds389_root *root, uint64_t count)
{
  struct changelog_window window = { .to = root->last_change };

  window.from = window.to > count ? window.to - count + 1 : 1;
  if (window.from < root->first_change)
    window.from = root->first_change;
  return window;
}

static void
judge_newest (const struct session *session, const struct changelog_window *window,
              struct text *why)
{
  bool by_uuid = strcmp (changelog_id (session), "targetEntryUUID") == 0;

  if (!window->shown)
    text_print (why, "the bind identity may not read cn=changelog" ADVICE);
  else if (!window->named && by_uuid)
    text_print (why, "the changelog does not record which entryUUID changed: give the Retro "
                "Changelog plug-in nsslapd-attribute: entryuuid:targetEntryUUID" ADVICE);
  else if (!window->named)
    text_print (why, "the changelog does not record who changed: give the Retro Changelog plug-in "
                "nsslapd-attribute: nsuniqueid:targetUniqueId" ADVICE);
  else if (!window->ours)
    text_print (why, "none of the changes that the changelog shows (%llu) is below the base: it may "
                "leave it out (nsslapd-include-suffix, nsslapd-exclude-suffix)" ADVICE,
                (unsigned long long) window->shown);
}

static int32_t
probe_newest (struct syncd_ctx *ctx, struct session *session, const struct ds389_root *root,
              struct text *why)
{
  struct changelog_window window = newest_window (root, CHANGELOG_NEWEST);
  int32_t rc;

  if (!root->changelog.bv_val) {
    text_print (why, "the Retro Changelog plug-in is not enabled" ADVICE);
    return SYNCD_OK;
  }
  if (!root->last_change || window.from > window.to) {
    text_print (why, "the changelog has no change yet");
    return SYNCD_OK;
  }
  rc = changelog_read (ctx, session, root->changelog.bv_val, &window, NULL, why);
  if (rc >= 0 && !why->len && !window.ours) {
    window = newest_window (root, CHANGELOG_WINDOW);
    rc = changelog_read (ctx, session, root->changelog.bv_val, &window, NULL, why);
  }
  if (rc >= 0 && !why->len)
    judge_newest (session, &window, why);
  return rc < 0 ? rc : SYNCD_OK;
}

static int32_t
changelog_probe (struct syncd_ctx *ctx, struct session *session, struct text *why)
{
  struct ds389_root root;
  int32_t rc = ds389_read (ctx, session, &root);

  if (rc != SYNCD_OK)
    return rc;
  rc = probe_newest (ctx, session, &root, why);
  ds389_fini (&root);
  return rc;
}

static void
changelog_because (const struct session *session, struct text *text)
{
  text_print (text, "the server's changelog can be read, and records the %s of who changed",
              session->id_attribute);
}

/* The greatest number up to which all is committed: what is listed from now on shows it. */
static int32_t
find_newest (struct syncd_ctx *ctx, struct scan *scan, const struct ds389_root *root)
{
  struct changelog_window window = newest_window (root, CHANGELOG_NEWEST);
  struct text why = { 0 };
  int32_t rc;

  scan->changelog->newest = 0;
  if (!root->last_change || window.from > window.to)
    return SYNCD_OK;
  rc = changelog_read (ctx, scan->session, scan->changelog->base, &window, NULL, &why);
  if (rc == SEARCH_DONE && window.upto >= window.from)
    scan->changelog->newest = window.upto;
  text_fini (&why);
  return rc < 0 ? rc : SYNCD_OK;
}

/* NULL: the changelog goes on from POSITION. */
static const char *
gap (const struct ds389_root *root, uint64_t position)
{
  if (position > root->last_change)
    return "the changelog has begun anew";
  if (root->first_change > position + 1)
    return "changes since then were trimmed from the changelog: let it keep them for longer "
           "(nsslapd-changelogmaxage), or run more often";
  return NULL;
}

static int32_t
go_on (struct syncd_ctx *ctx, struct scan *scan, const struct ds389_root *root,
       const struct berval *data)
{
  struct changelog *changelog = scan->changelog;
  const char *why;

  if (!ds389_number (data, &changelog->position))
    return checkpoint_fail (ctx, scan, "it is damaged");
  if ((why = gap (root, changelog->position)))
    return checkpoint_fail (ctx, scan, why);
  changelog->last = root->last_change;
  scan->stage = SCAN_CHANGES;
  scan->absence = false;
  return SYNCD_OK;
}

static int32_t
changelog_begin (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data)
{
  struct ds389_root root;
  int32_t rc = ds389_read (ctx, scan->session, &root);

  if (rc != SYNCD_OK)
    return rc;
  scan->changelog = calloc (1, sizeof *scan->changelog);
  if (scan->changelog)
    scan->changelog->base = strdup (root.changelog.bv_val ? root.changelog.bv_val : "cn=changelog");
  if (!scan->changelog || !scan->changelog->base)
    rc = error_memory (ctx);
  else
    rc = data ? go_on (ctx, scan, &root, data) : find_newest (ctx, scan, &root);
  ds389_fini (&root);
  return rc;
}

static void
hidden (const struct changelog_window *window, struct text *why)
{
  text_print (why, "the changelog does not show change %llu, or not whom it was about%s",
              (unsigned long long) window->from,
              window->shown ? "" : ": may the bind identity still read cn=changelog?");
}

static void
renamed (const struct changelog_window *window, struct text *why)
{
  (void) window;
  text_print (why, "a container was renamed or moved, and all below it with it");
}

static int32_t
turn (struct syncd_ctx *ctx, struct scan *scan, const struct changelog_window *window,
      void (*because) (const struct changelog_window *, struct text *))
{
  struct ds389_root root;
  struct text why = { 0 };
  int32_t rc = ds389_read (ctx, scan->session, &root);

  if (rc != SYNCD_OK)
    return rc;
  because (window, &why);
  rc = why.failed ? error_memory (ctx) : find_newest (ctx, scan, &root);
  if (rc == SYNCD_OK)
    scan_turn (ctx, scan, why.data);
  text_fini (&why);
  ds389_fini (&root);
  return rc;
}

/* The server counts a change before it commits it. */
static bool
in_the_making (const struct changelog_window *window)
{
  return !window->hole && window->to - window->from < CHANGELOG_NEWEST;
}

/* All below a container that was renamed or moved have a new DN, and may have left the base,
 * without a change of their own. */
static int32_t
take_window (struct syncd_ctx *ctx, struct scan *scan, const struct changelog_window *window)
{
  struct changelog *changelog = scan->changelog;
  bool container = false;
  int32_t rc = SYNCD_OK;

  if (window->upto < window->from && !in_the_making (window))
    return turn (ctx, scan, window, hidden);
  if (window->moved.len)
    rc = containers_any_of (ctx, scan->session, &window->moved, &container);
  if (rc == SYNCD_OK && container)
    return turn (ctx, scan, window, renamed);
  changelog->position = window->upto;
  if (window->upto < window->to)
    changelog->last = window->upto; /* the rest is not committed yet, or the next scan will see */
  return rc;
}

/* The next window; SYNCD_OK: there are ids to be read again, or everybody is. */
static int32_t
read_window (struct syncd_ctx *ctx, struct scan *scan, struct syncd_buffer *buffer)
{
  struct changelog *changelog = scan->changelog;
  struct changelog_window window = { .from = changelog->position + 1, .to = changelog->last };
  struct text *why = &scan->search.why;
  int32_t rc;

  if (window.to - changelog->position > CHANGELOG_WINDOW)
    window.to = changelog->position + CHANGELOG_WINDOW;
  rc = changelog_read (ctx, scan->session, changelog->base, &window, &changelog->reread, why);
  if (rc == SEARCH_PARTIAL)
    rc = scan_end_partial (ctx, scan, buffer);
  else if (rc >= 0)
    rc = take_window (ctx, scan, &window);
  text_fini (&window.moved);
  return rc;
}

static int32_t
changelog_next (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
                struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  struct changelog *changelog = scan->changelog;
  int32_t rc;

  for (;;) {
    rc = reread_next (ctx, scan, &changelog->reread, max_wait_ms, entry, buffer);
    if (rc != 0 || changelog->position == changelog->last)
      return rc;
    if ((rc = read_window (ctx, scan, buffer)))
      return rc;
    if (scan->stage != SCAN_CHANGES)
      return 0;
  }
}

static bool
changelog_mark (struct scan *scan, struct text *data)
{
  uint64_t number = scan->absence ? scan->changelog->newest : scan->changelog->position;

  text_print (data, "%llu", (unsigned long long) number);
  return number != 0;
}

void
changelog_fini (struct scan *scan)
{
  if (!scan->changelog)
    return;
  reread_fini (&scan->changelog->reread);
  free (scan->changelog->base);
  free (scan->changelog);
  scan->changelog = NULL;
}

const struct grade grade_changelog = {
  .is = CHANGES_CHANGELOG,
  .name = "changelog",
  .vendors = VENDOR_BIT (VENDOR_389),
  .blind = "\"changed access rights\",\"an imported database\"",
  .changes = true,
  .data = "last",
  .possible = changelog_possible,
  .probe = changelog_probe,
  .because = changelog_because,
  .server = ds389_server,
  .begin = changelog_begin,
  .next = changelog_next,
  .mark = changelog_mark,
};
