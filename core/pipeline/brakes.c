/* Brakes (G4): more leavers, updates or creates than configured are held, all of that kind; they
 * go when the source takes them back or when the brake is configured wider, never by time. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/pass.h"
#include "plan/collide.h"
#include "util/log.h"
#include "util/mem.h"

#define DAY_MS ((int64_t) 24 * 3600 * 1000)

struct kind {
  enum change_kind kind;
  const char *name;
  const struct brake *brake;
};

static char *
fact_name (const struct kind *kind)
{
  return mem_format ("held_%s", kind->name);
}

/* Was the brake made wider since these changes were held? */
static bool
wider_now (struct pass *pass, const struct kind *kind)
{
  BUFFER_AUTO struct buffer text;
  MEM_AUTO char *name = fact_name (kind);
  int percent = 0;
  int64_t min = 0;
  buffer_init (&text, 256);
  if (store_get_fact (pass->store, name, &text) != 1
      || sscanf (buffer_text (&text), "%d %" SCNd64, &percent, &min) != 2)
    return false;
  return kind->brake->percent > percent || kind->brake->min > min;
}

static int
hold (struct pass *pass, const struct kind *kind, const char *why, struct error *error)
{
  MEM_AUTO char *name = fact_name (kind);
  MEM_AUTO char *limits = mem_format ("%d %" PRId64, kind->brake->percent, kind->brake->min);
  int64_t held = store_queue_count_kind (pass->store, kind->kind, QUEUE_HELD);
  if (held == 0 && store_put_fact (pass->store, name, limits, strlen (limits), error) < 0)
    return -1;
  log_warning ("held: %s. Nothing of it is done until it is approved, the brake (brakes.%s) is "
               "configured wider, or the source takes it back; `syncd plan` lists it", why,
               kind->name);
  return store_queue_hold (pass->store, kind->kind, why, error);
}

/* Why must all leavers be held, whatever their number (G3)? NULL: they need not. */
static const char *
leavers_doubtful (const struct pass *pass)
{
  if (pass->end == SCAN_ALL && pass->report->read == 0)
    return "the source showed no entry at all where there were some";
  if (pass->scope_changed)
    return "filter, base, bind identity or id attribute differ from the last completed read";
  return NULL;
}

int
brakes_count_owned (struct pass *pass, struct error *error)
{
  struct store_counts counts;
  if (pass->owned_active >= 0)
    return 0;
  if (store_counts (pass->store, &counts, error) < 0)
    return -1;
  pass->owned_active = counts.active;
  return 0;
}

/* Few changes trip no brake however few accounts there are: then nobody is counted. */
static int
trips (struct pass *pass, const struct kind *kind, int64_t count, bool *ret_trips, struct error *error)
{
  bool leavers = kind->kind == CHANGE_LEAVERS;
  *ret_trips = collide_brake_trips (kind->brake, (size_t) count, 0, leavers);
  if (!*ret_trips)
    return 0;
  if (brakes_count_owned (pass, error) < 0)
    return -1;
  *ret_trips = collide_brake_trips (kind->brake, (size_t) count, (size_t) pass->owned_active, leavers);
  return 0;
}

static char *
words_of (const struct pass *pass, const struct kind *kind, int64_t count, int64_t done)
{
  const struct brake *brake = kind->brake;
  size_t owned = (size_t) pass->owned_active;
  bool limit = collide_brake_trips (brake, (size_t) (count + done), owned, false);
  return mem_format (
      "%" PRId64 " %s, %" PRId64 " more in the last 24 h, of %" PRId64 " accounts owned and active; "
      "the limit is %d percent or %" PRId64 ", whichever is more%s",
      count, kind->name, done, pass->owned_active, brake->percent, brake->min,
      limit ? "" : "; more than half are held in any case");
}

static int
apply_one (struct pass *pass, const struct kind *kind, struct error *error)
{
  int64_t waiting = store_queue_count_kind (pass->store, kind->kind, QUEUE_WAITING)
                    - store_queue_count_approved (pass->store, kind->kind);
  int64_t held = store_queue_count_kind (pass->store, kind->kind, QUEUE_HELD);
  int64_t done = store_done_since (pass->store, kind->kind, pass->started_ms - DAY_MS);
  bool leavers = kind->kind == CHANGE_LEAVERS;
  const char *doubt = pass->rebind ? "the state meets another source or sink (--rebind)"
                      : leavers    ? leavers_doubtful (pass)
                                   : NULL;
  bool tripped;
  if (waiting + held == 0)
    return 0;
  if (doubt && waiting)
    return hold (pass, kind, doubt, error);
  if (trips (pass, kind, waiting + held + done, &tripped, error) < 0)
    return -1;
  bool asked = !leavers || pass->asked; /* whom the source shows again is held no more */
  if (held && !tripped && !doubt && asked && wider_now (pass, kind))
    return store_queue_release (pass->store, kind->kind, error);
  if (!tripped) /* what is held stays held; what came since goes */
    return 0;
  MEM_AUTO char *why = words_of (pass, kind, waiting + held, done);
  return waiting ? hold (pass, kind, why, error) : 0;
}

int
brakes_apply (struct pass *pass, struct error *error)
{
  const struct settings *s = pass->p->settings;
  const struct kind kinds[] = { { CHANGE_LEAVERS, "leavers", &s->brake_leavers },
                                { CHANGE_UPDATES, "updates", &s->brake_updates },
                                { CHANGE_CREATES, "creates", &s->brake_creates } };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (pass->first && !pass->rebind && kinds[i].kind == CHANGE_CREATES)
      continue;
    if (apply_one (pass, &kinds[i], error) < 0)
      return -1;
  }
  return 0;
}

int
brakes_first_leavers (struct pass *pass, struct error *error)
{
  const struct kind leavers = { CHANGE_LEAVERS, "leavers", &pass->p->settings->brake_leavers };
  pass->owned_active = -1; /* those who were met count */
  if (store_begin (pass->store, error) < 0)
    return -1;
  if (apply_one (pass, &leavers, error) == 0 && approve_apply (pass, error) == 0)
    return store_commit (pass->store, error);
  store_rollback (pass->store);
  return -1;
}
