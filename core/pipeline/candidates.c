/* The user name that is sent where the one that is wanted is taken, or the account has one already
 * (G12). Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "util/log.h"
#include "util/mem.h"

static int
first_name (struct delivery *delivery, struct item *item, const char *name, int n)
{
  mem_set_text (&item->row.name, name);
  item->row.name_number = n;
  item->met = true;
  return store_queue_update (delivery->pass->store, &item->row, delivery->error);
}

static void
set_name (struct delivery *delivery, struct item *item, const char *name)
{
  const struct mapping *mapping = delivery->pass->p->mapping;
  leaves_set_text (&item->want, (size_t) mapping_user_name_leaf (mapping), name);
  mem_set_text (&item->name, name);
}

int
candidates_next (struct delivery *delivery, struct item *item, const char *why)
{
  struct pass *pass = delivery->pass;
  const struct settings *s = pass->p->settings;
  for (int64_t n = item->row.name_number + 1; n <= s->collision_attempts; n++) {
    MEM_AUTO char *name = collide_candidate (s->collision_format, item->row.wanted_name, (int) n);
    if (store_name_taken (pass->store, name, item->row.row))
      continue;
    log_info ("%s: the user name %s is taken (%s); trying %s", item->link.id, item->name, why, name);
    if (first_name (delivery, item, name, (int) n) < 0)
      return -1;
    set_name (delivery, item, name);
    return prepare_change (delivery, item);
  }
  return contest_park_held (delivery, item, "and so are all candidates after it (collision.attempts)");
}

int
candidates_keep (struct delivery *delivery, struct item *item, const char *has)
{
  const struct settings *s = delivery->pass->p->settings;
  if (!has || !item->name || item->temporary || names_equal (has, item->name))
    return 0;
  for (int n = 0; n <= s->collision_attempts; n++) {
    MEM_AUTO char *name = collide_candidate (s->collision_format, item->row.wanted_name, n);
    if (!names_equal (has, name))
      continue;
    set_name (delivery, item, name);
    return first_name (delivery, item, name, n);
  }
  return 0;
}
