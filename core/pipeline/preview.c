/* What a pass would do; see preview.h. Reads the state only. */
#include "config.h"
#include "pipeline/preview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/names.h"
#include "util/log.h"
#include "util/mem.h"

struct walk {
  struct pass *pass;
  void (*visit) (void *data, const struct preview *);
  void *data;
  struct error *error;
  struct leaves want;
  struct plan plan;
  const char **paths;
};

static const char *
action_of (const struct walk *walk, const struct queued *row, const struct link *link)
{
  if (row->intent == QUEUE_DISABLE)
    return "disable";
  if (row->intent == QUEUE_DELETE)
    return "delete";
  if (link->account && link->status == LINK_DELETED)
    return "create?"; /* as it was, or anew */
  if (!link->account)
    return walk->pass->first || row->doubt ? "create?" : "create";
  if (walk->plan.kind == PLAN_ENABLE)
    return "enable";
  if (walk->plan.kind == PLAN_DISABLE)
    return "disable";
  return walk->plan.kind == PLAN_NOTHING ? "nothing" : "update";
}

static size_t
list_paths (struct walk *walk)
{
  const struct mapping *mapping = walk->pass->p->mapping;
  size_t count = 0;
  if (walk->plan.kind == PLAN_CREATE) {
    for (size_t i = 0; i < mapping_leaf_count (mapping); i++)
      if (leaves_get (&walk->want, i) && mapping_leaf (mapping, i)->kept)
        walk->paths[count++] = mapping_leaf (mapping, i)->path;
    return count;
  }
  for (size_t i = 0; i < walk->plan.operation_count; i++) {
    int leaf = walk->plan.operations[i].leaf;
    walk->paths[count++] = leaf < 0 ? "active" : mapping_leaf (mapping, (size_t) leaf)->path;
  }
  return count;
}

/* What a reference means is compared with what was sent. Of one that nobody knows yet, a new
 * account shows that it is wanted. */
static int
resolve (struct walk *walk, const struct link *link)
{
  struct pass *pass = walk->pass;
  int rc = 0;
  for (size_t i = 0; rc >= 0 && i < mapping_leaf_count (pass->p->mapping); i++) {
    bool reference = mapping_leaf (pass->p->mapping, i)->reference;
    MEM_AUTO char *key = reference ? leaves_text (&walk->want, i) : NULL;
    MEM_AUTO char *account = NULL;
    rc = key ? references_resolve (pass->store, key, &account, walk->error) : 0;
    if (account)
      leaves_set_text (&walk->want, i, account);
    else if (key && link->account && !pass->last[i])
      leaves_set (&walk->want, i, NULL, 0);
  }
  return rc < 0 ? -1 : 0;
}

static int
make_plan (struct walk *walk, const struct queued *row, const struct link *link, const char *name)
{
  struct pass *pass = walk->pass;
  leaves_reset (&walk->want);
  bool values = row->leaves && leaves_decode (row->leaves, strlen (row->leaves), &walk->want) == 0;
  if (values && name)
    leaves_set_text (&walk->want, (size_t) mapping_user_name_leaf (pass->p->mapping), name);
  if (knowledge_of (pass, link, pass->last, pass->known, walk->error) < 0
      || (values && resolve (walk, link) < 0))
    return -1;
  struct plan_input input = { .mapping = pass->p->mapping,
                              .hasher = pass->p->hasher,
                              .intent = row->intent == QUEUE_DISABLE  ? INTENT_DISABLE
                                        : row->intent == QUEUE_DELETE ? INTENT_DELETE
                                                                      : INTENT_SYNC,
                              .exists = link->account != NULL,
                              .disabled_by_us = link->status == LINK_DISABLED,
                              .send_all = row->doubt || (link->flags & LINK_SEND_ALL),
                              .want = &walk->want,
                              .last = pass->last,
                              .known = pass->known };
  if (row->intent != QUEUE_SYNC || row->leaves)
    plan_make (&input, &walk->plan);
  else
    walk->plan.kind = PLAN_UPDATE; /* a held row keeps no values */
  if (row->intent == QUEUE_SYNC && !row->leaves)
    walk->plan.operation_count = 0;
  return 0;
}

/* The name it will have: as decide gave it; a suffixed entry keeps its own. */
static const char *
name_of (const struct queued *row, const struct link *link)
{
  if (row->intent != QUEUE_SYNC)
    return link->given_name;
  if (!row->name && link->account && link->given_name && row->wanted_name
      && names_equal (link->wanted_name, row->wanted_name)
      && !names_equal (link->given_name, row->wanted_name))
    return link->given_name;
  return row->name ? row->name : row->wanted_name;
}

static int
visit_row (void *data, struct queued *row)
{
  struct walk *walk = data;
  struct link link;
  link_init (&link);
  int rc = store_link_by_row (walk->pass->store, row->row, &link, walk->error);
  const char *name = name_of (row, &link);
  if (rc == 1 && make_plan (walk, row, &link, name) == 0) {
    struct preview preview = { .action = action_of (walk, row, &link),
                               .link = &link,
                               .user_name = name,
                               .held = row->state == QUEUE_HELD ? row->why ? row->why : "held" : NULL,
                               .paths = walk->paths,
                               .path_count = list_paths (walk) };
    if (strcmp (preview.action, "nothing") != 0)
      walk->visit (walk->data, &preview);
    else if (!preview.held)
      walk->pass->report->unchanged++;
  }
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

int
preview_each (struct pass *pass, void (*visit) (void *, const struct preview *), void *data,
              struct error *error)
{
  struct walk walk = { .pass = pass, .visit = visit, .data = data, .error = error };
  size_t leaves = mapping_leaf_count (pass->p->mapping);
  leaves_init (&walk.want, leaves);
  plan_init (&walk.plan);
  walk.paths = mem_new (leaves + 2, sizeof *walk.paths);
  int rc = store_queue_each (pass->store, QUEUE_WAITING, visit_row, &walk, error);
  if (rc >= 0)
    rc = store_queue_each (pass->store, QUEUE_HELD, visit_row, &walk, error);
  leaves_fini (&walk.want);
  plan_fini (&walk.plan);
  free (walk.paths);
  return rc < 0 ? -1 : 0;
}

static void
count_one (void *data, const struct preview *preview)
{
  struct pass *pass = data;
  struct report *report = pass->report;
  if (pass->options->preview)
    pass->options->preview (pass->options->preview_data, preview);
  if (preview->held)
    return;
  if (strncmp (preview->action, "create", 6) == 0)
    report->created++;
  else if (strcmp (preview->action, "disable") == 0)
    report->disabled++;
  else if (strcmp (preview->action, "enable") == 0)
    report->enabled++;
  else if (strcmp (preview->action, "delete") == 0)
    report->deleted++;
  else if (preview->link->given_name && !names_equal (preview->link->given_name, preview->user_name))
    report->renamed++;
  else
    report->updated++;
}

struct protected_row {
  int64_t number, row;
  char *why, *name;
};

struct protected_rows {
  struct pass *pass;
  struct protected_row *rows;
  size_t count;
  struct error *error;
};

static int
add_protected (void *data, struct queued *row)
{
  struct protected_rows *found = data;
  struct link link;
  link_init (&link);
  int rc = store_link_by_row (found->pass->store, row->row, &link, found->error);
  char *why = rc == 1 ? names_why_protected (found->pass->p->settings, &link, row) : NULL;
  if (why) {
    found->rows = mem_resize (found->rows, found->count + 1, sizeof *found->rows);
    found->rows[found->count++] = (struct protected_row){ row->number, row->row, why,
                                                           mem_copy_text (row->wanted_name) };
  }
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

static int
park_one (struct pass *pass, const struct protected_row *row, struct error *error)
{
  struct link link;
  link_init (&link);
  int rc = store_link_by_row (pass->store, row->row, &link, error);
  if (rc == 1 && !link.wanted_name)
    mem_set_text (&link.wanted_name, row->name);
  if (rc == 1)
    rc = intake_park (pass, &link, NULL, row->why, error);
  if (rc >= 0)
    rc = store_queue_done (pass->store, row->number, error);
  link_fini (&link);
  return rc;
}

/* As the delivery would, in a state that nobody keeps. */
static int
park_protected (struct pass *pass, struct error *error)
{
  struct protected_rows found = { .pass = pass, .error = error };
  int rc = pass->p->settings->protect_count == 0
               ? 0 : store_queue_each (pass->store, QUEUE_WAITING, add_protected, &found, error);
  if (rc == 0 && found.count)
    rc = store_begin (pass->store, error);
  for (size_t i = 0; i < found.count && rc >= 0; i++)
    rc = park_one (pass, &found.rows[i], error);
  if (rc >= 0 && found.count)
    rc = store_commit (pass->store, error);
  for (size_t i = 0; i < found.count; i++) {
    free (found.rows[i].why);
    free (found.rows[i].name);
  }
  free (found.rows);
  return rc;
}

/* Without an answer of the source the attributes are not shown, and all else is. */
static void
read_values (struct pass *pass)
{
  struct error why;
  if (pass->end == SCAN_FAILED)
    return;
  if (again_read_bare_rows (pass, &why) < 0 || again_read_held (pass, &why) < 0)
    log_debug ("not all attributes that differ can be shown: %s", why.text);
}

int
preview_count (struct pass *pass, struct error *error)
{
  read_values (pass);
  if (park_protected (pass, error) < 0)
    return -1;
  return preview_each (pass, count_one, pass, error);
}
