/* Names that several want: of entries that want one name, who holds it keeps it, then by source
 * id (G12). Those whom nobody contests simply get what they want. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/names.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

#define TOGETHER_MS 1000

bool
names_equal (const char *a, const char *b)
{
  if (!a || !b)
    return a == b;
  MEM_AUTO char *fa = text_fold (a);
  MEM_AUTO char *fb = text_fold (b);
  return strcmp (fa, fb) == 0;
}

/* Does the entry of this row want another name than it holds, in a change that is on its way?
 * Whoever is parked has none; what is parked and has one is being tried again. */
static bool
gives_up (struct pass *pass, const struct link *holder, struct error *error)
{
  struct queued row;
  queued_init (&row);
  int rc = store_queue_of (pass->store, holder->row, &row, error);
  const char *target = row.temporary_name ? row.temporary_name : row.name ? row.name : row.wanted_name;
  bool gives = rc == 1 && row.intent == QUEUE_SYNC && row.state != QUEUE_HELD && target
               && !names_equal (target, holder->given_name);
  /* a suffixed entry that still wants the same name keeps what it has */
  if (gives && !row.name && names_equal (row.wanted_name, holder->wanted_name))
    gives = false;
  queued_fini (&row);
  return gives;
}

bool
names_is_leaving (struct store *store, const struct link *holder, struct queued *ret_row,
                  struct error *error)
{
  return !holder->parked && store_queue_of (store, holder->row, ret_row, error) == 1
         && ret_row->intent != QUEUE_SYNC;
}

bool
names_has_left (struct pass *pass, const struct link *holder, struct error *error)
{
  struct queued row;
  bool left;
  queued_init (&row);
  if (holder->status == LINK_NEW || holder->status == LINK_SYNCED)
    left = names_is_leaving (pass->store, holder, &row, error);
  else
    left = !holder->parked && (store_queue_of (pass->store, holder->row, &row, error) != 1
                               || row.intent != QUEUE_SYNC);
  queued_fini (&row);
  return left;
}

int
names_holder (struct pass *pass, const char *name, int64_t row, struct link *ret_holder,
              enum holder_kind *ret_kind, struct error *error)
{
  int rc = store_link_by_given_name (pass->store, name, ret_holder, error);
  if (rc < 0)
    return -1;
  if (rc == 0)
    *ret_kind = HOLDER_NOBODY;
  else if (ret_holder->row == row)
    *ret_kind = HOLDER_SELF;
  else if (names_has_left (pass, ret_holder, error))
    *ret_kind = HOLDER_LEFT;
  else
    *ret_kind = gives_up (pass, ret_holder, error) ? HOLDER_OTHER_LEAVING : HOLDER_OTHER;
  return 0;
}

bool
names_protected (const struct settings *settings, const char *name)
{
  for (size_t i = 0; name && i < settings->protect_count; i++)
    if (names_equal (settings->protect[i], name))
      return true;
  return false;
}

char *
names_why_protected (const struct settings *settings, const struct link *link, const struct queued *row)
{
  bool leaver = row->intent != QUEUE_SYNC && !link->parked;
  const char *name = names_protected (settings, link->given_name)    ? link->given_name
                     : names_protected (settings, row->wanted_name) ? row->wanted_name
                                                                    : NULL;
  if (!name)
    return NULL;
  return mem_format ("%sthe user name %s" NAMES_IN_PROTECT "so nothing is done to its account until "
                     "that is taken out of the configuration",
                     leaver ? "its entry left the source, but " : "", name);
}

struct claim
names_claim (const struct settings *settings, enum holder_kind holder, int attempts)
{
  return (struct claim){ .holder = holder,
                         .adopt_foreign = settings->adopt_foreign,
                         .attempts = attempts,
                         .policy = settings->collision,
                         .left = settings->collision_left,
                         .max_attempts = (int) settings->collision_attempts };
}

struct search {
  struct pass *pass;
  struct error *error;
};

/* NAME, the one that could not be had, is the one that is wanted or one with a number. */
static char *
contested_words (struct pass *pass, const struct queued *row, const struct link *link, const char *name,
                 const struct link *holder, const char *why, struct error *error)
{
  bool left = holder->account && names_has_left (pass, holder, error);
  MEM_AUTO char *hint = left ? mem_format (" `syncd link %s %s` gives it to this entry", link->id,
                                           holder->account) : mem_copy_text ("");
  MEM_AUTO char *first = names_equal (name, row->wanted_name)
                             ? mem_copy_text ("")
                             : mem_format (" (in place of %s, which is taken)", row->wanted_name);
  return mem_format ("the user name %s%s is held by the account %s of %s: %s%s", name, first,
                     holder->account ? holder->account : "?", holder->id ? holder->id : "another", why,
                     hint);
}

static int
park_contested (struct pass *pass, struct queued *row, struct link *link, const char *name,
                const struct link *holder, const char *why, struct error *error)
{
  MEM_AUTO char *reason = contested_words (pass, row, link, name, holder, why, error);
  if (!link->wanted_name && !link->account)
    mem_set_text (&link->wanted_name, row->sent_name ? row->sent_name : row->wanted_name);
  if (row->doubt) /* the account may be there, or may be as it was sent */
    link->flags |= link->account ? LINK_DOUBT | LINK_SEND_ALL : LINK_DOUBT;
  if (intake_park (pass, link, row->fingerprint, reason, error) < 0)
    return -1;
  return store_queue_done (pass->store, row->number, error);
}

static int
give (struct pass *pass, struct queued *row, const char *name, int n, struct error *error)
{
  mem_set_text (&row->name, name);
  row->name_number = n;
  return store_queue_update (pass->store, row, error);
}

/* Does the account of somebody who left carry this entry's externalId, as far as the state knows?
 * Then it is this entry's (guarantees: Collisions, 2): the same employee number, say. */
static bool
carries_same (struct pass *pass, const struct queued *row, const struct link *holder)
{
  const struct mapping *mapping = pass->p->mapping;
  int leaf = mapping_external_id_leaf (mapping);
  struct leaves want;
  if (leaf < 0 || !row->leaves || holder->mapping != pass->p->mapping_number || !holder->leaves
      || row->mapping != holder->mapping || (size_t) leaf >= holder->leaf_count)
    return false;
  leaves_init (&want, mapping_leaf_count (mapping));
  bool same = leaves_decode (row->leaves, strlen (row->leaves), &want) == 0
              && leaves_get (&want, (size_t) leaf);
  if (same) {
    map_hash_leaves (mapping, pass->p->hasher, &want, pass->hashes);
    same = pass->hashes[leaf] == holder->leaves[leaf];
  }
  leaves_fini (&want);
  return same;
}

/* In watch mode changes come one by one, and whoever holds the name may be about to give it up:
 * what comes within a second is decided together (guarantees: A pass). True: not yet. */
static bool
too_early (struct pass *pass, struct queued *row, int n)
{
  int64_t now = clock_now_ms ();
  if (n > 0 || !pass->options->watch || pass->first)
    return false;
  if (row->next_try_ms == 0 && pass->options->stream)
    row->next_try_ms = now + TOGETHER_MS;
  return row->next_try_ms > now;
}

/* What becomes of this entry's wish for NAME, the candidate N. Fills RET_HOLDER, which must be
 * init'ed. */
static int
judge (struct pass *pass, const struct queued *row, const char *name, int n, struct link *ret_holder,
       enum verdict *ret_verdict, const char **ret_why, struct error *error)
{
  enum holder_kind kind;
  if (names_holder (pass, name, row->row, ret_holder, &kind, error) < 0)
    return -1;
  if ((kind == HOLDER_NOBODY || kind == HOLDER_OTHER_LEAVING || kind == HOLDER_SELF)
      && store_name_promised (pass->store, name, row->row))
    kind = HOLDER_OTHER;
  if (kind == HOLDER_LEFT && carries_same (pass, row, ret_holder))
    kind = HOLDER_OURS;
  struct claim claim = names_claim (pass->p->settings, kind, n);
  *ret_verdict = collide_judge (&claim, ret_why);
  return 0;
}

bool
names_in_doubt (const struct queued *row, const struct link *link)
{
  return row->intent == QUEUE_SYNC && (row->doubt || link->flags & LINK_DOUBT);
}

/* Tries the wanted name, then the candidates after it. 1: decided. */
static int
try_name (struct pass *pass, struct queued *row, struct link *link, int n, struct error *error)
{
  MEM_AUTO char *name = collide_candidate (pass->p->settings->collision_format, row->wanted_name, n);
  enum verdict verdict = VERDICT_NEXT;
  struct link holder;
  const char *why = "";
  link_init (&holder);
  int rc = judge (pass, row, name, n, &holder, &verdict, &why, error);
  if (rc == 0 && (verdict == VERDICT_TAKE || verdict == VERDICT_WAIT))
    rc = give (pass, row, name, n, error) < 0 ? -1 : 1;
  else if (rc == 0 && too_early (pass, row, n))
    rc = store_queue_update (pass->store, row, error) < 0 ? -1 : 1;
  else if (rc == 0 && verdict == VERDICT_PARK && !names_in_doubt (row, link)
           && !keeper_is_to_be_seen (pass, row, link, error))
    rc = park_contested (pass, row, link, name, &holder, why, error) < 0 ? -1 : 1;
  else if (rc == 0 && verdict == VERDICT_FAIL)
    rc = error_set (error, "the user name %s that %s wants is taken, and collision.policy is fail",
                    name, link->id);
  else if (rc == 0 && verdict != VERDICT_NEXT) /* delivery looks at accounts first */
    rc = give (pass, row, name, n, error) < 0 ? -1 : 1;
  link_fini (&holder);
  return rc;
}

int
names_refused (struct pass *pass, const struct queued *row, const struct link *link, char **ret_reason,
               struct error *error)
{
  enum verdict verdict = VERDICT_TAKE;
  struct link holder;
  const char *why = "";
  link_init (&holder);
  const char *name = row->name ? row->name : row->wanted_name;
  int rc = judge (pass, row, name, (int) row->name_number, &holder, &verdict, &why, error);
  if (rc == 0 && verdict == VERDICT_PARK) {
    *ret_reason = contested_words (pass, row, link, name, &holder, why, error);
    rc = 1;
  }
  link_fini (&holder);
  return rc;
}

static int
decide_name (struct pass *pass, struct queued *row, struct link *link, struct error *error)
{
  int rc = 0;
  if (link->given_name && names_equal (link->wanted_name, row->wanted_name))
    return give (pass, row, link->given_name, 0, error);
  for (int n = 0; rc == 0 && n <= pass->p->settings->collision_attempts + 1; n++)
    rc = try_name (pass, row, link, n, error);
  return rc < 0 ? -1 : 0;
}

static int
visit (void *data, struct queued *row, const char *id)
{
  struct search *search = data;
  struct link link;
  (void) id;
  link_init (&link);
  int rc = store_link_by_row (search->pass->store, row->row, &link, search->error);
  if (rc == 1)
    rc = decide_name (search->pass, row, &link, search->error);
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

int
names_give (struct pass *pass, struct error *error)
{
  struct search search = { pass, error };
  return store_names_contested_each (pass->store, visit, &search, error) < 0 ? -1 : 0;
}
