/* syncd link, unlink, and what parked changes: decisions about one entry, carried out at once or,
 * where another syncd is at work on this state, left for it. No plugin, no network. */
#include "config.h"

#include <string.h>

#include "commands/command.h"
#include "pipeline/decisions.h"
#include "pipeline/orders.h"
#include "util/log.h"
#include "util/mem.h"

static int
carry_out (struct opened *opened, const struct order *order, struct error *error)
{
  struct store *store = opened->pipeline.store;
  if (store_begin (store, error) < 0)
    return -1;
  if (orders_obey_one (store, order, error) == 0)
    return store_commit (store, error);
  store_rollback (store);
  return -1;
}

/* The order names the entry by its id: what else is known of it may change meanwhile. */
static int
leave (struct opened *opened, const struct order *order, struct error *error)
{
  struct link link;
  struct order left = *order;
  MEM_AUTO char *holder = store_lock_holder (opened->settings.state_path);
  link_init (&link);
  int rc = orders_check (opened->pipeline.store, order, error);
  if (rc == 0 && order->subject && strcmp (order->verb, "approve") != 0)
    rc = decide_find (opened->pipeline.store, order->subject, &link, error);
  if (link.id)
    left.subject = link.id;
  if (rc == 0)
    rc = orders_leave (opened->settings.state_path, &left, error);
  if (rc == 0)
    log_info ("another syncd is at work on this state (%s): the order is left for it; what becomes of "
              "it stands in its log, and in `syncd %s`", holder ? holder : "it has just ended",
              link.id ? "explain" : "status");
  link_fini (&link);
  return rc;
}

int
command_order (const struct cli *cli, const struct order *order, const char *done)
{
  struct opened opened;
  struct error error;
  int rc = command_open_state (cli, STORE_WRITE, &opened, &error);
  if (rc == 0 && (rc = carry_out (&opened, order, &error)) == 0)
    log_info ("%s", done);
  else if (rc < 0 && opened.has_settings && !opened.pipeline.store
           && store_is_locked (opened.settings.state_path)) {
    command_close (&opened);
    rc = command_open_state (cli, STORE_READ, &opened, &error);
    if (rc == 0)
      rc = leave (&opened, order, &error);
  }
  int status = rc < 0 ? command_fail (&error) : 0;
  command_close (&opened);
  return status;
}

int
command_link (const struct cli *cli)
{
  if (cli->argument_count != 2) {
    log_error ("link needs an entry (the source's id, the DN or the user name) and the id of its "
               "account");
    return 2;
  }
  struct order order = { "link", cli->arguments[0], cli->arguments[1] };
  return command_order (cli, &order, "linked; the next pass sends all its attributes to that account");
}

int
command_unlink (const struct cli *cli)
{
  if (cli->argument_count != 1) {
    log_error ("unlink needs an entry: the source's id, the DN or the user name");
    return 2;
  }
  struct order order = { "unlink", cli->arguments[0], NULL };
  return command_order (cli, &order, "unlinked and parked; the account is untouched, and keeps its "
                        "externalId: to have it met no more, take that away in the sink");
}
