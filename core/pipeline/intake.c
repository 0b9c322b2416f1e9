/* Intake, the entry's side: unchanged entries stop at the fingerprint, changed ones become queue
 * rows, those that cannot be mapped are parked (G7). The scan itself is scan.c. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/pass.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

void
intake_mark_seen (struct pass *pass, int64_t row)
{
  if ((size_t) row >= pass->seen_bits) {
    size_t bits = ((size_t) row + 1) * 2 + 1024, old = (pass->seen_bits + 7) / 8;
    pass->seen = mem_resize (pass->seen, (bits + 7) / 8, 1);
    memset (pass->seen + old, 0, (bits + 7) / 8 - old);
    pass->seen_bits = bits / 8 * 8;
  }
  pass->seen[row / 8] |= (unsigned char) (1u << (row % 8));
}

bool
intake_was_seen (const struct pass *pass, int64_t row)
{
  return (size_t) row < pass->seen_bits && (pass->seen[row / 8] & (1u << (row % 8))) != 0;
}

static char *
token_text (const struct entry *entry)
{
  return entry->token.len ? mem_copy (buffer_text (&entry->token), entry->token.len) : NULL;
}

/* The first reference key: an entry's own, by which others point at it. */
static const char *
reference_key (const struct entry *entry)
{
  return entry->reference_keys.len ? buffer_text (&entry->reference_keys) : NULL;
}

static void
describe_link (struct link *link, const struct entry *entry)
{
  mem_set_text (&link->name, buffer_text (&entry->name));
  mem_set_text (&link->reference_key, reference_key (entry));
  free (link->token);
  link->token = token_text (entry);
  link->reevaluate_at_ms = entry->reevaluate_at;
}

static bool
same_leaves (const struct pass *pass, const struct link *link)
{
  return link->status == LINK_SYNCED && !link->parked && !(link->flags & LINK_SEND_ALL)
         && link->mapping == pass->p->mapping_number
         && link->leaf_count == mapping_leaf_count (pass->p->mapping)
         && memcmp (link->leaves, pass->hashes, link->leaf_count * sizeof *link->leaves) == 0;
}

static bool
turns_inactive (struct pass *pass, const struct link *link)
{
  int leaf = mapping_active_leaf (pass->p->mapping);
  if (leaf < 0 || !link->account || link->status > LINK_SYNCED)
    return false;
  const char *active = leaves_get (&pass->leaves, (size_t) leaf);
  return active && strcmp (active, "false") == 0 && pass->last[leaf] != pass->hashes[leaf];
}

/* Is this very change held? It stays so: looking at its entry again, by another mapping's number or
 * for a reference, does not bring it before the brake anew (G4). */
static int
is_held (struct pass *pass, const struct link *link, const unsigned char *fingerprint,
         struct error *error)
{
  struct queued row;
  queued_init (&row);
  int rc = store_queue_of (pass->store, link->row, &row, error);
  bool held = rc == 1 && !pass->showing && row.state == QUEUE_HELD && row.intent == QUEUE_SYNC
              && memcmp (row.fingerprint, fingerprint, FINGERPRINT_LEN) == 0;
  queued_fini (&row);
  return rc < 0 ? -1 : held;
}

static int
queue_leaves (struct pass *pass, struct link *link, bool queued, const unsigned char *fingerprint,
              struct error *error)
{
  struct queued row;
  struct buffer text;
  int rc = queued ? is_held (pass, link, fingerprint, error) : 0;
  if (rc != 0)
    return rc < 0 ? -1 : 0;
  buffer_init (&text, ENTRY_MAX_BYTES * 8);
  queued_init (&row);
  leaves_encode (&pass->leaves, &text);
  row.row = link->row;
  row.intent = QUEUE_SYNC;
  row.mapping = pass->p->mapping_number;
  memcpy (row.fingerprint, fingerprint, FINGERPRINT_LEN);
  row.leaves = buffer_take (&text);
  row.wanted_name = leaves_text (&pass->leaves, (size_t) mapping_user_name_leaf (pass->p->mapping));
  row.deactivates = turns_inactive (pass, link);
  rc = queued ? store_queue_put (pass->store, &row, error)
              : store_queue_add (pass->store, &row, error);
  queued_fini (&row);
  return rc;
}

/* Where the account already is as the entry maps, only the fingerprint is new. */
static int
settle (struct pass *pass, struct link *link, const unsigned char *fingerprint, struct error *error)
{
  memcpy (link->fingerprint, fingerprint, FINGERPRINT_LEN);
  pass->report->unchanged++;
  if (store_queue_withdraw (pass->store, link->row, error) < 0)
    return -1;
  return store_link_put (pass->store, link, error);
}

/* A change in doubt may be at the sink already: it is never taken back, only followed by the
 * newest state. 1: there is one. A leaver's is undone: its entry is there; so it is where nobody
 * recorded the account yet. */
static int
change_in_doubt (struct pass *pass, struct link *link, struct error *error)
{
  struct queued row;
  if (!link->row)
    return 0;
  queued_init (&row);
  int rc = store_queue_of (pass->store, link->row, &row, error);
  bool doubt = rc == 1 && row.doubt;
  if (doubt && row.intent != QUEUE_SYNC)
    link->status = LINK_DISABLED;
  queued_fini (&row);
  return rc < 0 ? -1 : doubt;
}

/* What a new link will keep beside its account: the hash of each leaf and the user name. */
static size_t
room_for (const struct pass *pass)
{
  const struct mapping *mapping = pass->p->mapping;
  const char *name = leaves_get (&pass->leaves, (size_t) mapping_user_name_leaf (mapping));
  return mapping_leaf_count (mapping) * sizeof *pass->hashes + (name ? strlen (name) : 0);
}

static int
map_and_queue (struct pass *pass, struct link *link, bool queued, const unsigned char *fingerprint,
               struct error *error)
{
  struct pipeline *p = pass->p;
  struct error reason;
  enum active_state active = ACTIVE_UNMAPPED;
  if (knowledge_of (pass, link, pass->last, pass->known, error) < 0)
    return -1;
  leaves_reset (&pass->leaves);
  int rc = map_entry (p->mapping, &pass->entry, p->hasher, pass->last, &pass->leaves, &active, &reason);
  if (rc < 0)
    return intake_park_unmapped (pass, link, fingerprint, active, reason.text, error);
  map_hash_leaves (p->mapping, p->hasher, &pass->leaves, pass->hashes);
  int doubt = change_in_doubt (pass, link, error);
  if (doubt < 0)
    return -1;
  if (!doubt && same_leaves (pass, link))
    return settle (pass, link, fingerprint, error);
  link->room = room_for (pass);
  if (store_link_put (pass->store, link, error) < 0)
    return -1;
  return queue_leaves (pass, link, queued, fingerprint, error);
}

/* Parked, unchanged, and not yet due: it stays parked. */
static bool
stays_parked (const struct pass *pass, const struct link *link, const unsigned char *fingerprint)
{
  bool same = memcmp (link->parked_fingerprint, fingerprint, FINGERPRINT_LEN) == 0;
  return link->parked && !pass->force && link->next_try_ms > pass->started_ms
         && (same || link->next_try_ms == INT64_MAX /* unlinked: until somebody says so */);
}

/* GLANCE: NULL for an entry that is not known yet. */
static int
intake_changed (struct pass *pass, const struct glance *glance, const unsigned char *fingerprint,
                struct error *error)
{
  struct link link;
  link_init (&link);
  const char *id = buffer_text (&pass->entry.id);
  bool queued = glance && glance->queued;
  int rc = glance ? store_link_by_id (pass->store, id, &link, error) : 0;
  if (rc == 0)
    link.id = mem_copy_text (id);
  if (rc >= 0)
    rc = references_note_key (pass, &link, reference_key (&pass->entry), error);
  if (rc >= 0) {
    describe_link (&link, &pass->entry);
    rc = stays_parked (pass, &link, fingerprint)
             ? store_link_put (pass->store, &link, error)
             : map_and_queue (pass, &link, queued, fingerprint, error);
  }
  if (rc >= 0 && link.row)
    intake_mark_seen (pass, link.row);
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

static int
note_new_name (struct pass *pass, int64_t row, struct error *error)
{
  struct link link;
  link_init (&link);
  int rc = store_link_by_row (pass->store, row, &link, error);
  if (rc == 1)
    rc = references_note_key (pass, &link, reference_key (&pass->entry), error);
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

/* Nothing that is sent has changed; what people call it or its version may have. */
static int
touch (struct pass *pass, const struct glance *glance, const unsigned char *fingerprint,
       struct error *error)
{
  const struct entry *e = &pass->entry;
  bool named = store_glance_same (glance->name, glance->name_len, buffer_text (&e->name), e->name.len);
  if (named
      && store_glance_same (glance->token, glance->token_len, buffer_text (&e->token), e->token.len)
      && e->reevaluate_at == glance->reevaluate_at_ms)
    return 0;
  if (!named && note_new_name (pass, glance->row, error) < 0)
    return -1;
  MEM_AUTO char *text = token_text (e);
  return store_link_touch (pass->store, glance->row, buffer_text (&e->name), text,
                           reference_key (e), e->reevaluate_at, fingerprint, error);
}

int
intake_entry (struct pass *pass, struct error *error)
{
  struct glance glance;
  unsigned char fingerprint[FINGERPRINT_LEN];
  const struct entry *e = &pass->entry;
  if (!e->id.len)
    return error_set (error, "%s: an entry came without an id; is it a fault of the plugin?",
                      pass->p->settings->source.name);
  map_fingerprint (pass->p->mapping, e, pass->p->hasher, fingerprint);
  int found = store_glance (pass->store, buffer_text (&e->id), e->id.len, &glance, error);
  if (found < 0)
    return -1;
  bool same = found && !pass->force && glance.mapping == pass->p->mapping_number && !e->too_large
              && memcmp (glance.fingerprint, fingerprint, FINGERPRINT_LEN) == 0;
  if (!same || glance.parked || (!glance.queued && glance.status != LINK_SYNCED))
    return intake_changed (pass, found ? &glance : NULL, fingerprint, error);
  intake_mark_seen (pass, glance.row);
  if (!glance.queued)
    pass->report->unchanged++;
  return touch (pass, &glance, fingerprint, error);
}
