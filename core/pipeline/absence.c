/* Absence: whom a complete read did not show. At another server than the last one's it counts when
 * a second complete read agrees; who was missing is kept in the state until then (G3). Main thread
 * only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/pass.h"
#include "util/log.h"
#include "util/mem.h"

#define MISSING_MAX ((size_t) 256 << 20)

static int
add_absent (void *data, struct link *link)
{
  ids_add (data, link->id);
  return 0;
}

/* A checkpoint that the other server goes on from proves that it knows what the last one did. */
bool
leavers_uncertain (const struct pass *pass)
{
  return pass->end == SCAN_ALL && pass->server_changed
         && strcmp (pass->report->mode, "changes") != 0;
}

static int
by_text (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Those who were missing at the end of the last complete read, which was at another server than
 * the one before; in order. */
struct missing {
  struct buffer text;
  char **ids; /* in TEXT */
  size_t count;
};

static void
read_missing (struct pass *pass, struct missing *missing)
{
  size_t size = 0;
  buffer_init (&missing->text, MISSING_MAX);
  if (store_get_fact (pass->store, "missing", &missing->text) != 1 || !missing->text.len)
    return;
  for (char *rest, *id = strtok_r (missing->text.bytes, "\n", &rest); id;
       id = strtok_r (NULL, "\n", &rest)) {
    if (missing->count == size) {
      size = size ? size * 2 : 64;
      missing->ids = mem_resize (missing->ids, size, sizeof *missing->ids);
    }
    missing->ids[missing->count++] = id;
  }
  if (missing->count)
    qsort (missing->ids, missing->count, sizeof *missing->ids, by_text);
}

static void
missing_fini (struct missing *missing)
{
  buffer_fini (&missing->text);
  free (missing->ids);
}

static int
put_missing (struct pass *pass, const struct buffer *text, struct error *error)
{
  if (store_begin (pass->store, error) < 0)
    return -1;
  int rc = text->len ? store_put_fact (pass->store, "missing", buffer_text (text), text->len, error)
                     : store_drop_fact (pass->store, "missing", error);
  if (rc == 0)
    return store_commit (pass->store, error);
  store_rollback (pass->store);
  return -1;
}

static int
keep_missing (struct pass *pass, struct ids *missing, struct error *error)
{
  BUFFER_AUTO struct buffer text;
  char *id;
  int rc;
  buffer_init (&text, MISSING_MAX);
  ids_rewind (missing);
  while ((rc = ids_read (missing, &id, 1, error)) > 0)
    buffer_printf (&text, "%s\n", id);
  return rc < 0 ? -1 : put_missing (pass, &text, error);
}

/* Keeps in ABSENT those who were missing before, too. */
static int
agree (struct pass *pass, struct ids *absent, const struct missing *before, struct error *error)
{
  struct ids kept = { 0 };
  char *id;
  int rc;
  ids_rewind (absent);
  while ((rc = ids_read (absent, &id, 1, error)) > 0)
    if (before->count && bsearch (&id, before->ids, before->count, sizeof *before->ids, by_text))
      ids_add (&kept, id);
  pass->missing_once = (int64_t) (absent->count - kept.count);
  ids_fini (absent);
  *absent = kept;
  return rc;
}

int
leavers_absent (struct pass *pass, struct ids *absent, struct error *error)
{
  struct missing before = { 0 };
  if (pass->end != SCAN_ALL)
    return 0;
  if (store_absent_each (pass->store, pass->seen, pass->seen_bits, add_absent, absent, error) < 0)
    return -1;
  read_missing (pass, &before);
  bool uncertain = leavers_uncertain (pass);
  int rc = 0;
  if (uncertain || before.count) {
    struct ids nobody = { 0 };
    rc = keep_missing (pass, uncertain ? absent : &nobody, error);
  }
  if (uncertain && rc == 0)
    rc = agree (pass, absent, &before, error);
  if (pass->missing_once)
    log_info ("this read came from another server than one before: %lld who are missing here are "
              "looked for again in the next complete read", (long long) pass->missing_once);
  missing_fini (&before);
  return rc;
}
