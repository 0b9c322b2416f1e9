/* inventory.c: the grades that read everybody each time: inventory, by version tokens, and full. */
#include "grade.h"
#include "scan.h"

static bool
inventory_possible (const struct session *session, struct text *why)
{
  if (session->token_attribute)
    return true;
  text_print (why, "the entries show no version (entryCSN, uSNChanged, modifyTimestamp): let the "
              "bind identity read one of them");
  return false;
}

static void
inventory_because (const struct session *session, struct text *text)
{
  text_print (text, "entries show %s, which is compared for each", session->token_attribute);
}

/* Versions are compared with those of this very server, and one that lags must not count. */
static const char *
inventory_server (const struct session *session)
{
  return session->endpoint->uri;
}

static bool
inventory_mark (struct scan *scan, struct text *data)
{
  (void) scan;
  (void) data;
  return true; /* there is nothing to go on from but the server and the scope */
}

const struct grade grade_inventory = {
  .is = CHANGES_INVENTORY,
  .name = "inventory",
  .vendors = VENDORS_ALL,
  .blind = "\"changed access rights\"",
  .changes = true,
  .inventories = true,
  .possible = inventory_possible,
  .because = inventory_because,
  .server = inventory_server,
  .mark = inventory_mark,
};

static bool
full_possible (const struct session *session, struct text *why)
{
  (void) session;
  (void) why;
  return true;
}

static void
full_because (const struct session *session, struct text *text)
{
  (void) session;
  text_print (text, "everybody is read and compared each time");
}

const struct grade grade_full = {
  .is = CHANGES_FULL,
  .name = "full",
  .vendors = VENDORS_ALL,
  .blind = "",
  .possible = full_possible,
  .because = full_because,
};
