/* syncd explain: why an account is as it is. Main thread only; reads the state, writes nothing. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands/explain.h"
#include "commands/references.h"
#include "pipeline/decisions.h"
#include "pipeline/names.h"
#include "pipeline/unclaimed.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

static const char *
status_words (const struct link *link)
{
  static const char *const words[] = { "no account yet", "in sync", "disabled by us: it left the source",
                                       "deleted by us: it left the source",
                                       "left the source while leavers.policy was ignore" };
  if (link->status == LINK_NEW && link->account)
    return "linked to an account by an administrator; nothing was sent to it yet";
  return link->status == LINK_SYNCED && link->parked ? "has an account, but its last change is parked"
                                                     : words[link->status];
}

/* Its change waits, and nothing else says that it is not in the source any more. */
static bool
is_leaving (const struct subject *s)
{
  return s->queued && s->row.intent != QUEUE_SYNC && !s->link.parked;
}

static const char *
subject_words (const struct subject *s)
{
  return is_leaving (s) && s->link.status == LINK_SYNCED ? "left the source; its account is as it was"
                                                         : status_words (&s->link);
}

static const char *
intent_words (const struct subject *s)
{
  static const char *const words[] = { "bring the account up to date",
                                       "disable the account: its entry left the source",
                                       "delete the account: its entry left the source" };
  if (s->row.intent != QUEUE_SYNC)
    return is_leaving (s) ? words[s->row.intent]
                          : "disable the account, as far as the entry can be mapped";
  return !s->link.account          ? "create the account, or meet it"
         : s->row.deactivates      ? "make the account inactive, as the entry says"
         : s->link.status == LINK_DISABLED ? "enable the account again: the entry is back"
                                   : words[QUEUE_SYNC];
}

/* The user name that the change gives, where it is another one. */
static const char *
new_name (const struct subject *s)
{
  const struct queued *row = &s->row;
  const char *name = row->name ? row->name : row->wanted_name;
  bool kept = !row->name && names_equal (row->wanted_name, s->link.wanted_name);
  return name && !kept && !names_equal (name, s->link.given_name) ? name : NULL;
}

static int
keep_error (void *data, int64_t started_ms, const char *report_json)
{
  char **error = data;
  (void) started_ms;
  json_t *report = json_loads (report_json, 0, NULL);
  mem_set_text (error, json_string_value (json_object_get (report, "error")));
  json_decref (report);
  return 0;
}

/* Why is it still to be done? The last pass may have failed. */
static void
tell_waiting (struct subject *s)
{
  struct error ignored;
  char *failed = NULL;
  store_runs_each (s->store, 1, keep_error, &failed, &ignored);
  if (failed)
    tell_format (&s->tell, "because", "the last pass failed: %s", failed);
  free (failed);
}

static void
tell_queue (struct subject *s)
{
  const struct queued *row = &s->row;
  if (!s->queued)
    return;
  const char *name = new_name (s);
  tell_format (&s->tell, row->state == QUEUE_HELD ? "held" : "queued", "%s%s%s%s", intent_words (s),
               name ? ", with the user name " : "", name ? name : "",
               row->state == QUEUE_SENT ? "; it is under way"
               : row->doubt ? "; an earlier attempt got no answer, so the account is looked up first"
                            : "");
  if (row->why)
    tell_text (&s->tell, "because", row->why);
  else if (row->state == QUEUE_WAITING)
    tell_waiting (s);
  tell_when (&s->tell, "next try", row->next_try_ms);
}

/* Why the account has another user name than the one that the entry wants. */
static void
tell_collision (struct subject *s)
{
  const struct link *link = &s->link;
  struct link holder;
  struct error ignored;
  if (!link->wanted_name || (link->given_name && strcmp (link->wanted_name, link->given_name) == 0))
    return;
  tell_text (&s->tell, "wanted", link->wanted_name);
  link_init (&holder);
  int rc = store_link_by_given_name (s->store, link->wanted_name, &holder, &ignored);
  if (rc == 1 && holder.row != link->row)
    tell_format (&s->tell, "collision", "that name is the one of %s (%s), account %s, %s",
                 holder.name ? holder.name : "?", holder.id, holder.account ? holder.account : "none",
                 status_words (&holder));
  else if (link->given_name)
    tell_text (&s->tell, "collision", "another account held that name; the one that was given is kept "
               "for as long as the entry wants the same");
  link_fini (&holder);
}

static void
tell_parked (struct subject *s)
{
  const struct link *link = &s->link;
  if (!link->parked)
    return;
  tell_text (&s->tell, "parked", link->parked);
  tell_number (&s->tell, "attempts", link->attempts);
  if (!s->queued)
    tell_when (&s->tell, "next try", link->next_try_ms);
}

static void
tell_all (const struct cli *cli, struct subject *s)
{
  const struct link *link = &s->link;
  tell_text (&s->tell, "id", link->id);
  tell_text (&s->tell, "entry", link->name);
  tell_text (&s->tell, "status", subject_words (s));
  tell_text (&s->tell, "account", link->account);
  tell_text (&s->tell, "user name", link->given_name);
  tell_collision (s);
  tell_flag (&s->tell, "adopted", link->flags & LINK_ADOPTED,
             "yes: the account was adopted or linked, and not made for this entry; it is never deleted");
  if (link->flags & LINK_REFERENCES)
    references_tell (cli, link, &s->tell);
  tell_text (&s->tell, "last action", link->last_action);
  tell_when (&s->tell, "at", link->last_ms);
  tell_parked (s);
  tell_when (&s->tell, "look again", link->reevaluate_at_ms);
  tell_queue (s);
  explain_next (s);
}

/* ---- whom is it about? ---- */

static bool
is_named (const json_t *account, const char *text)
{
  for (size_t i = 0; i < 3; i++) {
    const char *value = json_string_value (json_array_get (account, i));
    if (value && (strcmp (value, text) == 0 || (i == 2 && names_equal (value, text))))
      return true;
  }
  return false;
}

/* An account that is listed as unclaimed is nobody's, but something can be told of it. */
static bool
tell_unclaimed (struct subject *s, const char *text)
{
  size_t i;
  json_t *one, *kept = unclaimed_kept (s->store), *found = NULL;
  json_array_foreach (json_object_get (kept, "accounts"), i, one)
    if (!found && is_named (one, text))
      found = one;
  if (found) {
    tell_text (&s->tell, "account", json_string_value (json_array_get (found, 0)));
    tell_text (&s->tell, "user name", json_string_value (json_array_get (found, 2)));
    tell_format (&s->tell, "status", "unclaimed: its externalId %s is of no entry",
                 json_string_value (json_array_get (found, 1)));
    tell_format (&s->tell, "next", "nothing by itself; syncd --approve %s%s disables it, with the "
                 "others of that list (%zu in all); syncd link ENTRY %s%s gives it to an entry",
                 json_string_value (json_object_get (kept, "token")), s->same,
                 json_array_size (json_object_get (kept, "accounts")),
                 json_string_value (json_array_get (found, 0)), s->same);
  }
  json_decref (kept);
  return found != NULL;
}

/* 1: an entry, 0: something else was told, -1: nobody. */
static int
find (struct subject *s, const char *text, struct error *error)
{
  struct error ignored;
  int rc = store_link_by_account (s->store, text, &s->link, &ignored);
  if (rc == 1)
    return 1;
  if (decide_find (s->store, text, &s->link, error) == 0)
    return 1;
  return tell_unclaimed (s, text) ? 0 : -1;
}

static int
explain (const struct cli *cli, struct opened *opened, struct error *error)
{
  struct subject s = { .opened = opened, .store = opened->pipeline.store,
                       .same = command_same (cli) };
  link_init (&s.link);
  queued_init (&s.row);
  tell_begin (&s.tell, cli->json);
  int rc = find (&s, cli->arguments[0], error);
  if (rc == 1) {
    s.queued = store_queue_of (s.store, s.link.row, &s.row, error) == 1;
    tell_all (cli, &s);
  }
  if (rc >= 0)
    tell_end (&s.tell);
  json_decref (s.tell.all);
  free (s.same);
  queued_fini (&s.row);
  link_fini (&s.link);
  return rc < 0 ? -1 : 0;
}

int
command_explain (const struct cli *cli)
{
  struct opened opened;
  struct error error;
  if (cli->argument_count != 1) {
    log_error ("explain needs one argument: the source's id, the DN, the user name or the account's id");
    return 2;
  }
  int rc = command_open_state (cli, STORE_READ, &opened, &error);
  if (rc == 0)
    rc = explain (cli, &opened, &error);
  int status = rc < 0 ? command_fail (&error) : 0;
  command_close (&opened);
  return status;
}
