/* syncd explain and syncd parked: why an account is as it is, and what happens next. */
#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

/* Only the state is needed: no plugin, no network. */
static int
open_state (const struct cli *cli, enum store_mode mode, struct opened *opened, struct error *error)
{
  if (command_open (cli, OPEN_SETTINGS, mode, opened, error) < 0)
    return -1;
  pipeline_init (&opened->pipeline, &opened->settings);
  opened->has_pipeline = true;
  if (pipeline_open_store (&opened->pipeline, mode, error) < 0)
    return -1;
  if (!opened->pipeline.store)
    return error_set (error, "%s does not exist yet: nothing has run", opened->settings.state_path);
  return 0;
}

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

static int
find (struct opened *opened, const char *text, struct link *link, struct error *error)
{
  int rc = store_link_search (opened->pipeline.store, text, link, error);
  if (rc == 0)
    return error_set (error, "nobody is known as \"%s\": give the source's id, the DN or the user name",
                      text);
  return rc < 0 ? -1 : 0;
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
  if (open_state (cli, STORE_READ, &opened, &error) < 0
      || find (&opened, cli->arguments[0], &link, &error) < 0)
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

struct retry {
  struct store *store;
  struct error *error;
  int64_t count;
};

static int
retry_one (void *data, struct link *link)
{
  struct retry *retry = data;
  link->next_try_ms = 1;
  link->attempts = 0;
  retry->count++;
  return store_link_put (retry->store, link, retry->error);
}

static int
change_parked (const struct cli *cli, struct opened *opened, struct error *error)
{
  struct store *store = opened->pipeline.store;
  struct retry retry = { store, error, 0 };
  struct link link;
  int rc = store_begin (store, error);
  link_init (&link);
  if (rc == 0 && cli->retry_all)
    rc = store_links_each (store, LINKS_PARKED, 0, retry_one, &retry, error);
  else if (rc == 0 && (rc = find (opened, cli->retry ? cli->retry : cli->forget, &link, error)) == 0)
    rc = cli->retry ? retry_one (&retry, &link) : store_link_forget (store, link.row, error);
  if (rc == 0 && (rc = store_commit (store, error)) == 0)
    log_info (cli->forget ? "forgotten; its account is untouched"
                          : "tried again in the next pass");
  link_fini (&link);
  return rc;
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

int
command_parked (const struct cli *cli)
{
  struct opened opened;
  struct error error;
  bool change = cli->retry || cli->retry_all || cli->forget;
  int rc = open_state (cli, change ? STORE_WRITE : STORE_READ, &opened, &error);
  if (rc == 0)
    rc = change ? change_parked (cli, &opened, &error) : show_parked (&opened, &error);
  int status = rc < 0 ? command_fail (&error) : 0;
  command_close (&opened);
  return status;
}
