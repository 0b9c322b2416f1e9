/* syncd explain and syncd parked: why an account is as it is, and what happens next. */
#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "pipeline/decisions.h"
#include "pipeline/orders.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

static const char *
status_words (const struct link *link)
{
  static const char *const words[] = { "no account yet", "in sync", "disabled by us: it left the source",
                                       "deleted by us: it left the source",
                                       "left the source; leavers are ignored" };
  return words[link->status];
}

static void
print_when (const char *label, int64_t ms)
{
  char when[21];
  if (ms <= 1 || ms == INT64_MAX)
    return;
  clock_format (ms, when);
  printf ("%-12s %s\n", label, when);
}

static void
print_line (const char *label, const char *text)
{
  if (text && *text)
    printf ("%-12s %s\n", label, text);
}

static void
print_queue (struct store *store, const struct link *link)
{
  static const char *const intents[] = { "bring the account up to date", "disable the account",
                                         "delete the account" };
  struct queued row;
  queued_init (&row);
  if (store_queue_of (store, link->row, &row, NULL) == 1) {
    printf ("%-12s %s%s%s%s\n", row.state == QUEUE_HELD ? "held" : "queued", intents[row.intent],
            row.name && link->given_name && strcmp (row.name, link->given_name) ? ", with the user name " : "",
            row.name && link->given_name && strcmp (row.name, link->given_name) ? row.name : "",
            row.doubt ? "; an earlier attempt got no answer, so the account is looked up first" : "");
    print_line ("because", row.why);
    print_when ("next try", row.next_try_ms);
  }
  queued_fini (&row);
}

/* Why the account has another user name than the one that the entry wants. */
static void
print_collision (struct store *store, const struct link *link)
{
  struct link holder;
  struct error ignored;
  if (!link->wanted_name || (link->given_name && strcmp (link->wanted_name, link->given_name) == 0))
    return;
  print_line ("wanted", link->wanted_name);
  link_init (&holder);
  int rc = store_link_by_given_name (store, link->wanted_name, &holder, &ignored);
  if (rc == 1 && holder.row != link->row)
    printf ("%-12s that name is the one of %s (%s), %s\n", "collision", holder.name ? holder.name : "?",
            holder.id, status_words (&holder));
  else if (link->given_name)
    printf ("%-12s another account held that name; the one that was given is kept for as long as "
            "the entry wants the same\n", "collision");
  link_fini (&holder);
}

/* The newest token that was shown. */
static void
print_held (struct store *store)
{
  BUFFER_AUTO struct buffer tokens;
  buffer_init (&tokens, 1 << 16);
  int rc = store_get_fact (store, "held_tokens", &tokens);
  printf ("%-12s it waits until it is approved%s%.*s, the brake is configured wider, or the source "
          "takes it back\n", "next", rc == 1 ? ": syncd --approve " : "",
          rc == 1 ? (int) strcspn (buffer_text (&tokens), "\n") : 0, buffer_text (&tokens));
}

static void
print_next_disabled (const struct settings *settings, const struct link *link)
{
  char when[21];
  if (link->flags & LINK_ADOPTED)
    print_line ("next", "it stays disabled, for an adopted account is never deleted; enabled again "
                "when the entry comes back");
  else if (settings->delete_after_ms < 0)
    print_line ("next", "it stays disabled (leavers.delete_after is never); enabled again when the "
                "entry comes back");
  else {
    clock_format (link->last_ms + settings->delete_after_ms, when);
    printf ("%-12s deleted by the first pass after %s; enabled again when the entry comes back "
            "before\n", "next", when);
  }
}

static void
print_next_parked (const struct link *link)
{
  char when[21];
  clock_format (link->next_try_ms, when);
  if (link->next_try_ms == INT64_MAX)
    printf ("%-12s nothing by itself: syncd link ID ACCOUNT, or syncd parked --retry %s\n", "next",
            link->id);
  else
    printf ("%-12s tried again by the first pass after %s, when its mapped attributes change, or by "
            "syncd parked --retry %s\n", "next", when, link->id);
}

/* What happens next, and when. */
static void
print_next (const struct opened *opened, const struct link *link)
{
  struct store *store = opened->pipeline.store;
  struct queued row;
  queued_init (&row);
  bool queued = store_queue_of (store, link->row, &row, NULL) == 1;
  if (queued && row.state == QUEUE_HELD)
    print_held (store);
  else if (queued)
    print_line ("next", "the next pass does what is queued");
  else if (link->parked)
    print_next_parked (link);
  else if (link->status == LINK_DISABLED)
    print_next_disabled (&opened->settings, link);
  else if (link->status == LINK_SYNCED)
    print_line ("next", "nothing, until the entry changes");
  else
    print_line ("next", link->reevaluate_at_ms ? "the next pass looks at it" : "nothing");
  queued_fini (&row);
}

static void
print_link (const struct opened *opened, const struct link *link)
{
  struct store *store = opened->pipeline.store;
  print_line ("id", link->id);
  print_line ("entry", link->name);
  print_line ("status", status_words (link));
  print_line ("account", link->account);
  print_line ("user name", link->given_name);
  print_collision (store, link);
  if (link->flags & LINK_ADOPTED)
    print_line ("adopted", "yes: this account existed before syncd; it is never deleted");
  if (link->flags & LINK_REFERENCES)
    print_line ("references", "one points at an entry without an account; it is set when there is one");
  print_line ("last action", link->last_action);
  print_when ("at", link->last_ms);
  print_line ("parked", link->parked);
  if (link->parked) {
    printf ("%-12s %" PRId64 "\n", "attempts", link->attempts);
    print_when ("next try", link->next_try_ms);
  }
  print_when ("look again", link->reevaluate_at_ms);
  print_queue (store, link);
  print_next (opened, link);
}

int
command_explain (const struct cli *cli)
{
  struct opened opened;
  struct error error;
  struct link link;
  int status = 0;
  if (cli->argument_count != 1) {
    log_error ("explain needs one argument: the source's id, the DN or the user name");
    return 2;
  }
  link_init (&link);
  if (command_open_state (cli, STORE_READ, &opened, &error) < 0
      || decide_find (opened.pipeline.store, cli->arguments[0], &link, &error) < 0)
    status = command_fail (&error);
  else
    print_link (&opened, &link);
  link_fini (&link);
  command_close (&opened);
  return status;
}

static int
print_parked (void *data, struct link *link)
{
  int64_t *count = data;
  ++*count;
  printf ("%s  %s\n  %s\n", link->id, link->wanted_name ? link->wanted_name : link->name ? link->name : "",
          link->parked);
  print_when ("  next try", link->next_try_ms);
  return 0;
}

static int
show_parked (struct opened *opened, struct error *error)
{
  int64_t count = 0;
  int rc = store_links_each (opened->pipeline.store, LINKS_PARKED, 0, print_parked, &count, error);
  if (rc == 0 && count == 0)
    puts ("nobody is parked");
  return rc;
}

static int
list_parked (const struct cli *cli)
{
  struct opened opened;
  struct error error;
  int rc = command_open_state (cli, STORE_READ, &opened, &error);
  if (rc == 0)
    rc = show_parked (&opened, &error);
  int status = rc < 0 ? command_fail (&error) : 0;
  command_close (&opened);
  return status;
}

int
command_parked (const struct cli *cli)
{
  struct order order = { "retry-all", NULL, NULL };
  if (cli->argument_count) {
    log_error ("parked takes no argument \"%s\"; about one entry: --retry ID, --forget ID",
               cli->arguments[0]);
    return 2;
  }
  if (!cli->retry && !cli->retry_all && !cli->forget)
    return list_parked (cli);
  if (cli->retry)
    order = (struct order){ "retry", cli->retry, NULL };
  if (cli->forget)
    order = (struct order){ "forget", cli->forget, NULL };
  return command_order (cli, &order, cli->forget ? "forgotten; its account is untouched"
                                                 : "tried again in the next pass");
}
