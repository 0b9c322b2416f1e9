/* Approval of held changes (guarantees: Brakes). A token is a hash of the held set as listed; the
 * state remembers the sets that were listed last, so that of a set that has changed since those
 * changes that are still the same can go. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/pass.h"
#include "pipeline/preview.h"
#include "pipeline/unclaimed.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

#define TOKENS_KEPT 10
#define FACT_MAX ((size_t) 256 << 20)

struct held_change {
  uint64_t key;      /* of source id, kind and fingerprint */
  int64_t number;    /* of the queue row */
};

struct held_set {
  struct store *store;
  struct error *error;
  struct report *report;   /* where they are listed, or NULL */
  struct held_change *changes;
  size_t count, size;
};

static uint64_t
key_of (const struct queued *row, const char *id)
{
  char hex[65];
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, 1 << 17);
  buffer_printf (&text, "%s %d ", id, (int) row->intent);
  buffer_append (&text, row->fingerprint, FINGERPRINT_LEN);
  hash_sha256_hex (buffer_text (&text), text.len, hex);
  hex[16] = '\0';
  return strtoull (hex, NULL, 16);
}

static void
add (struct held_set *set, uint64_t key, int64_t number)
{
  if (set->count == set->size) {
    set->size = set->size ? set->size * 2 : 64;
    set->changes = mem_resize (set->changes, set->size, sizeof *set->changes);
  }
  set->changes[set->count++] = (struct held_change){ key, number };
}

/* As people know it: what is wanted, what it has, or what a create without a result was sent
 * with. */
static const char *
name_of (const struct queued *row, const struct link *link)
{
  const char *name = row->wanted_name ? row->wanted_name : link->given_name;
  return name ? name : row->sent_name;
}

static int
add_row (void *data, struct queued *row)
{
  struct held_set *set = data;
  struct link link;
  link_init (&link);
  int rc = store_link_by_row (set->store, row->row, &link, set->error);
  if (rc == 1) {
    add (set, key_of (row, link.id), row->number);
    if (set->report)
      report_add (&set->report->held_list, link.id, name_of (row, &link), row->why);
  }
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

static int
by_key (const void *a, const void *b)
{
  uint64_t left = ((const struct held_change *) a)->key, right = ((const struct held_change *) b)->key;
  return left < right ? -1 : left > right;
}

static int
read_set (struct held_set *set)
{
  if (store_queue_each (set->store, QUEUE_HELD, add_row, set, set->error) < 0)
    return -1;
  if (set->count)
    qsort (set->changes, set->count, sizeof *set->changes, by_key);
  return 0;
}

static void
put_keys (const struct held_set *set, struct buffer *out)
{
  for (size_t i = 0; i < set->count; i++)
    buffer_append (out, &set->changes[i].key, sizeof set->changes[i].key);
}

static char *
token_of (const struct held_set *set)
{
  char hex[65];
  BUFFER_AUTO struct buffer keys;
  buffer_init (&keys, FACT_MAX);
  put_keys (set, &keys);
  hash_sha256_hex (buffer_text (&keys), keys.len, hex);
  return mem_copy (hex, 16);
}

/* The newest first; those beyond TOKENS_KEPT are forgotten with their sets. */
static int
remember_token (struct pass *pass, const char *token, struct error *error)
{
  BUFFER_AUTO struct buffer old, now;
  int kept = 1;
  buffer_init (&old, 1 << 16);
  buffer_init (&now, 1 << 16);
  store_get_fact (pass->store, "held_tokens", &old);
  buffer_printf (&now, "%s\n", token);
  for (const char *at = buffer_text (&old); *at;) {
    size_t len = strcspn (at, "\n");
    MEM_AUTO char *one = mem_copy (at, len);
    MEM_AUTO char *name = mem_format ("held_set %s", one);
    at += len + (at[len] == '\n');
    if (strcmp (one, token) == 0)
      continue;
    if (kept++ < TOKENS_KEPT)
      buffer_printf (&now, "%s\n", one);
    else if (store_drop_fact (pass->store, name, error) < 0)
      return -1;
  }
  return store_put_fact (pass->store, "held_tokens", buffer_text (&now), now.len, error);
}

static int
remember_set (struct pass *pass, const struct held_set *set, const char *token)
{
  BUFFER_AUTO struct buffer keys;
  MEM_AUTO char *name = mem_format ("held_set %s", token);
  buffer_init (&keys, FACT_MAX);
  put_keys (set, &keys);
  if (store_begin (pass->store, set->error) < 0)
    return -1;
  if (store_put_fact (pass->store, name, buffer_text (&keys), keys.len, set->error) == 0
      && remember_token (pass, token, set->error) == 0)
    return store_commit (pass->store, set->error);
  store_rollback (pass->store);
  return -1;
}

void
approve_list (struct pass *pass)
{
  struct error error;
  struct held_set set = { .store = pass->store, .error = &error, .report = pass->report };
  if (read_set (&set) == 0 && set.count) {
    MEM_AUTO char *token = token_of (&set);
    mem_set_text (&pass->report->approve, token);
    if (!pass->options->dry_run && remember_set (pass, &set, token) < 0)
      log_warning ("the token %s cannot be remembered: %s", token, error.text);
  }
  free (set.changes);
}

/* The pass that holds the present set may be under way still, and remember it at its end. */
static bool
is_present (struct store *store, const char *token)
{
  struct error ignored;
  struct held_set now = { .store = store, .error = &ignored };
  bool is = false;
  if (read_set (&now) == 0 && now.count) {
    MEM_AUTO char *present = token_of (&now);
    is = strcmp (present, token) == 0;
  }
  free (now.changes);
  return is;
}

bool
approve_knows (struct store *store, const char *token)
{
  BUFFER_AUTO struct buffer kept;
  MEM_AUTO char *line = mem_format ("%s\n", token);
  size_t len = strlen (line);
  buffer_init (&kept, 1 << 16);
  store_get_fact (store, "held_tokens", &kept);
  for (const char *at = buffer_text (&kept); *at; at += strcspn (at, "\n") + 1)
    if (strncmp (at, line, len) == 0)
      return true;
  return unclaimed_is_token (store, token) || is_present (store, token);
}

static bool
was_listed (const struct buffer *keys, uint64_t key)
{
  size_t low = 0, high = keys->len / sizeof key;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    uint64_t at;
    memcpy (&at, buffer_text (keys) + middle * sizeof at, sizeof at);
    if (at == key)
      return true;
    if (at < key)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

/* Those of NOW that the token names: all, where it is the token of NOW. */
static int64_t
release (const struct held_set *now, const char *token, struct error *error)
{
  int64_t count = 0;
  MEM_AUTO char *present = token_of (now);
  MEM_AUTO char *name = mem_format ("held_set %s", token);
  BUFFER_AUTO struct buffer keys;
  buffer_init (&keys, FACT_MAX);
  bool same = now->count && strcmp (present, token) == 0;
  if (!same && store_get_fact (now->store, name, &keys) != 1) {
    log_warning ("approve: no held changes are known by the token %s; `syncd plan` shows the present "
                 "one", token);
    return 0;
  }
  for (size_t i = 0; i < now->count; i++) {
    if (!same && !was_listed (&keys, now->changes[i].key))
      continue;
    if (store_queue_approve (now->store, now->changes[i].number, error) < 0)
      return -1;
    count++;
  }
  if (now->count == 0) {
    log_info ("approve: the changes that the token %s named are not held any more", token);
    return 0;
  }
  log_info ("approved: %" PRId64 " of %zu held change%s%s", count, now->count, TEXT_S (now->count),
            count < (int64_t) now->count ? "; the others changed since, or are new: they stay held"
                                         : "");
  return count;
}

static int
apply_token (struct pass *pass, const char *token, struct error *error)
{
  struct held_set now = { .store = pass->store, .error = error };
  int rc = read_set (&now);
  if (rc == 0 && release (&now, token, error) < 0)
    rc = -1;
  free (now.changes);
  return rc;
}

/* After a read that broke off an approval waits: nobody knows which leavers are there again
 * (G3). */
int
approve_apply (struct pass *pass, struct error *error)
{
  BUFFER_AUTO struct buffer tokens, later;
  buffer_init (&tokens, 1 << 16);
  buffer_init (&later, 1 << 16);
  if (!pass->asked || store_get_fact (pass->store, "approve", &tokens) != 1)
    return 0;
  for (const char *at = buffer_text (&tokens); *at;) {
    size_t len = strcspn (at, "\n");
    MEM_AUTO char *token = mem_copy (at, len);
    at += len + (at[len] == '\n');
    /* unclaimed ones are for the next pass: their entries are asked for first */
    if (unclaimed_is_token (pass->store, token))
      buffer_printf (&later, "%s\n", token);
    else if (apply_token (pass, token, error) < 0)
      return -1;
  }
  return later.len ? store_put_fact (pass->store, "approve", buffer_text (&later), later.len, error)
                   : store_drop_fact (pass->store, "approve", error);
}
