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
  if (!ms)
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
    printf ("%-12s %s%s%s%s%s\n", row.state == QUEUE_HELD ? "held" : "queued", intents[row.intent],
            row.name && link->given_name && strcmp (row.name, link->given_name) ? ", with the user name " : "",
            row.name && link->given_name && strcmp (row.name, link->given_name) ? row.name : "",
            row.doubt ? "; an earlier attempt got no answer, so the account is looked up first" : "",
            row.why ? "; " : "");
    print_line ("because", row.why);
    print_when ("next try", row.next_try_ms);
  }
  queued_fini (&row);
}

static void
print_link (struct store *store, const struct link *link)
{
  print_line ("id", link->id);
  print_line ("entry", link->name);
  print_line ("status", status_words (link));
  print_line ("account", link->account);
  print_line ("user name", link->given_name);
  if (link->wanted_name && (!link->given_name || strcmp (link->wanted_name, link->given_name) != 0))
    printf ("%-12s %s (another account holds or held it)\n", "wanted", link->wanted_name);
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
    print_link (opened.pipeline.store, &link);
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
