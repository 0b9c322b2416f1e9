/* syncd parked: who could not be done, why, and when it is tried again; retry and forget. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "commands/command.h"
#include "commands/tell.h"
#include "pipeline/orders.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/suggest.h"

struct list {
  json_t *all; /* NULL: text */
  int64_t count;
};

static json_t *
as_json (const struct link *link)
{
  char when[21];
  bool again = link->next_try_ms != INT64_MAX;
  clock_format (again && link->next_try_ms > 1 ? link->next_try_ms : clock_now_ms (), when);
  return json_pack ("{s:s, s:s?, s:s?, s:s?, s:s, s:I, s:s?}", "id", link->id, "entry", link->name,
                    "user_name", link->wanted_name ? link->wanted_name : link->given_name, "account",
                    link->account, "reason", link->parked, "attempts", (json_int_t) link->attempts,
                    "next_try", again ? when : NULL);
}

static char *
when_again (const struct link *link)
{
  if (link->next_try_ms == INT64_MAX)
    return mem_copy_text ("not tried again by itself: `syncd link` or `syncd parked --retry` says what "
                          "comes next");
  if (link->next_try_ms <= clock_now_ms ())
    return mem_copy_text ("tried again by the next pass");
  char when[21];
  clock_format (link->next_try_ms, when);
  MEM_AUTO char *distance = tell_distance (link->next_try_ms);
  return mem_format ("tried again by the first pass after %s (%s)", when, distance);
}

static void
print_text (const struct link *link)
{
  const char *name = link->wanted_name ? link->wanted_name : link->given_name;
  MEM_AUTO char *when = when_again (link);
  MEM_AUTO char *next = suggest_whole (when), *why = suggest_whole (link->parked);
  printf ("%s  %s\n", link->id, name ? name : link->name ? link->name : "");
  if (name && link->name)
    printf ("  entry     %s\n", link->name);
  if (link->account)
    printf ("  account   %s\n", link->account);
  printf ("  why       %s\n  next try  %s; attempts so far: %" PRId64 "\n", why, next,
          link->attempts);
}

static int
list_one (void *data, struct link *link)
{
  struct list *list = data;
  list->count++;
  if (list->all)
    json_array_append_new (list->all, as_json (link));
  else
    print_text (link);
  return 0;
}

static int
show (struct opened *opened, bool json, struct error *error)
{
  struct list list = { .all = json ? json_array () : NULL };
  MEM_AUTO char *hint = suggest_whole ("`syncd explain ID` tells more of one; "
                                       "`syncd parked --retry ID` has it tried again now");
  int rc = store_links_each (opened->pipeline.store, LINKS_PARKED, 0, list_one, &list, error);
  if (rc == 0 && json) {
    json_dumpf (list.all, stdout, JSON_INDENT (1));
    putchar ('\n');
  } else if (rc == 0)
    printf ("%s%s\n", list.count ? "\n" : "", list.count ? hint : "nobody is parked");
  json_decref (list.all);
  return rc;
}

static int
list_parked (const struct cli *cli)
{
  struct opened opened;
  struct error error;
  int rc = command_open_state (cli, STORE_READ, &opened, &error);
  if (rc == 0)
    rc = show (&opened, cli->json, &error);
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
  return command_order (cli, &order,
                        cli->forget ? "forgotten; its account is untouched. An entry that is still "
                                      "there is met as a new one by the next read that shows it: "
                                      "`syncd --full`, say"
                                    : "tried again in the next pass");
}
