/* How many entries and accounts there are: kept with each write of a link and stored with the
 * transaction, for counting walks along all of them. A state without it is counted once. */
#include "config.h"
#include "store/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/buffer.h"

#define FACT "tally"

static int
count_all (struct store *store, struct error *error)
{
  int rc;
  sqlite3_stmt *s = store_statement (store, S_TALLY, "SELECT status, account IS NOT NULL, count (*),"
                                     " total (flags & 16 <> 0) FROM link GROUP BY 1, 2");
  while ((rc = store_step (store, s, error)) > 0) {
    int status = sqlite3_column_int (s, 0), account = sqlite3_column_int (s, 1);
    if (status < 0 || status >= LINK_STATUSES)
      continue;
    store->tally[status][account] = sqlite3_column_int64 (s, 2);
    if (account)
      store->tally_inactive[status] = sqlite3_column_int64 (s, 3);
  }
  store->tally_changed = store->mode != STORE_READ;
  return rc;
}

/* The numbers that are kept, in their order. */
#define NUMBERS (LINK_STATUSES * 3)

static int64_t *
number (struct store *store, size_t i)
{
  const size_t more = LINK_STATUSES * 2;
  return i < more ? &store->tally[i / 2][i % 2] : &store->tally_inactive[i - more];
}

static void
clear (struct store *store)
{
  for (size_t i = 0; i < NUMBERS; i++)
    *number (store, i) = 0;
}

/* What follows after a wrong one is not read; it is counted then. */
static bool
read_kept (struct store *store)
{
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, 1024);
  if (store_get_fact (store, FACT, &text) != 1)
    return false;
  char *at = text.bytes;
  for (size_t i = 0; at && i < NUMBERS; i++) {
    char *end = at;
    *number (store, i) = strtoll (at, &end, 10);
    at = end == at ? NULL : end;
  }
  return at != NULL;
}

int
store_tally_load (struct store *store, struct error *error)
{
  if (store->tally_known)
    return 0;
  if (!read_kept (store)) {
    clear (store);
    if (store->failed || count_all (store, error) < 0)
      return -1;
  }
  store->tally_known = true;
  return 0;
}

void
store_tally_add (struct store *store, const struct counted *counted, int by)
{
  if (counted->status < 0 || counted->status >= LINK_STATUSES)
    return;
  store->tally[counted->status][counted->account] += by;
  if (counted->account && counted->inactive)
    store->tally_inactive[counted->status] += by;
  store->tally_changed = true;
}

void
store_tally_clear (struct store *store)
{
  clear (store);
  store->tally_known = store->tally_changed = true;
}

void
store_tally_forget (struct store *store)
{
  store->tally_known = store->tally_changed = false;
}

int
store_tally_save (struct store *store, struct error *error)
{
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, 1024);
  if (!store->tally_known || !store->tally_changed)
    return 0;
  for (size_t i = 0; i < NUMBERS; i++)
    buffer_printf (&text, "%s%" PRId64, i ? " " : "", *number (store, i));
  store->tally_changed = false;
  return store_put_fact (store, FACT, buffer_text (&text), text.len, error);
}

static int64_t
sum (const struct store *store, int first, int last, bool without_account)
{
  int64_t total = 0;
  for (int i = first; i <= last; i++)
    total += store->tally[i][true] + (without_account ? store->tally[i][false] : 0);
  return total;
}

int
store_counts (struct store *store, struct store_counts *ret_counts, struct error *error)
{
  struct store_counts counts;
  if (store_tally_load (store, error) < 0 || store_counts_waiting (store, &counts, error) < 0)
    return -1;
  counts.entries = sum (store, LINK_NEW, LINK_LEFT, true);
  counts.owned = sum (store, LINK_NEW, LINK_DISABLED, false);
  counts.active = sum (store, LINK_NEW, LINK_SYNCED, false) - store->tally_inactive[LINK_NEW]
                  - store->tally_inactive[LINK_SYNCED];
  counts.disabled = sum (store, LINK_DISABLED, LINK_DISABLED, true);
  *ret_counts = counts;
  return 0;
}
