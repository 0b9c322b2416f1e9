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
#include "util/text.h"

#define DAY_MS ((int64_t) 24 * 3600 * 1000)
#define LEAVERS_IN_DOUBT "leavers_in_doubt"

struct kind {
  enum change_kind kind;
  const char *name;
  const struct brake *brake;
};

static struct kind
kind_of (const struct pass *pass, enum change_kind kind)
{
  const struct settings *s = pass->p->settings;
  switch (kind) {
  case CHANGE_LEAVERS:
    return (struct kind){ kind, "leavers", &s->brake_leavers };
  case CHANGE_UPDATES:
    return (struct kind){ kind, "updates", &s->brake_updates };
  default:
    return (struct kind){ kind, "creates", &s->brake_creates };
  }
}

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

/* Leavers that are in doubt, or more than half, are held however wide the brake is. */
static bool
width_decides (const struct pass *pass, const struct kind *kind, int64_t count)
{
  const struct brake widest = { .percent = 100, .min = INT64_MAX };
  if (kind->kind != CHANGE_LEAVERS || pass->rebind)
    return !pass->rebind;
  return !(pass->end == SCAN_ALL && pass->report->read == 0)
         && !collide_brake_trips (&widest, (size_t) count, (size_t) pass->owned_active, true);
}

static int
hold (struct pass *pass, const struct kind *kind, int64_t count, const char *why, struct error *error)
{
  MEM_AUTO char *name = fact_name (kind);
  MEM_AUTO char *limits = mem_format ("%d %" PRId64, kind->brake->percent, kind->brake->min);
  int64_t held = store_queue_count_kind (pass->store, kind->kind, QUEUE_HELD);
  if (held == 0 && store_put_fact (pass->store, name, limits, strlen (limits), error) < 0)
    return -1;
  if (brakes_count_owned (pass, error) < 0)
    return -1;
  if (width_decides (pass, kind, count))
    log_warning ("held: %s. Nothing of it is done until it is approved, the brake (brakes.%s) is "
                 "configured wider, or the source takes it back; `syncd plan` lists it", why,
                 kind->name);
  else
    log_warning ("held: %s. Nothing of it is done until it is approved or the source takes it back; "
                 "a wider brake does not let it go; `syncd plan` lists it", why);
  return store_queue_hold (pass->store, kind->kind, why, error);
}

/* Why must all leavers be held, whatever their number (G3)? NULL: they need not. */
static const char *
leavers_doubtful (const struct pass *pass)
{
  if (pass->end == SCAN_ALL && pass->report->read == 0)
    return "the source showed no entry at all where there were some";
  return pass->scope_changed;
}

int
brakes_note_doubt (struct pass *pass, struct error *error)
{
  const char *why = leavers_doubtful (pass);
  if (!why || opening_has_fact (pass, LEAVERS_IN_DOUBT))
    return 0;
  return store_keep_facts (pass->store, &(struct fact) { LEAVERS_IN_DOUBT, why }, 1, error);
}

int
brakes_forget_doubt (struct pass *pass, struct error *error)
{
  return opening_has_fact (pass, LEAVERS_IN_DOUBT)
             ? store_drop_fact (pass->store, LEAVERS_IN_DOUBT, error) : 0;
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

struct brake_count
brakes_count (struct pass *pass, enum change_kind kind)
{
  return (struct brake_count){
    .waiting = store_queue_count_kind (pass->store, kind, QUEUE_WAITING)
               - store_queue_count_approved (pass->store, kind),
    .held = store_queue_count_kind (pass->store, kind, QUEUE_HELD),
    .done = store_done_since (pass->store, kind, pass->started_ms - DAY_MS)
  };
}

/* Few changes trip no brake however few accounts there are: then nobody is counted. */
int
brakes_trip (struct pass *pass, enum change_kind kind, int64_t count, struct error *error)
{
  const struct brake *brake = kind_of (pass, kind).brake;
  bool leavers = kind == CHANGE_LEAVERS;
  if (!collide_brake_trips (brake, (size_t) count, 0, leavers))
    return 0;
  if (brakes_count_owned (pass, error) < 0)
    return -1;
  return collide_brake_trips (brake, (size_t) count, (size_t) pass->owned_active, leavers);
}

static char *
words_of (const struct pass *pass, const struct kind *kind, const struct brake_count *count)
{
  const struct brake *brake = kind->brake;
  size_t owned = (size_t) pass->owned_active;
  int64_t now = count->waiting + count->held;
  bool limit = collide_brake_trips (brake, (size_t) (now + count->done), owned, false);
  return mem_format (
      "%" PRId64 " %.*s, %" PRId64 " more in the last 24 h, of %" PRId64 " account%s owned and active; "
      "the limit is %d percent or %" PRId64 ", whichever is more%s",
      now, (int) strlen (kind->name) - (now == 1), kind->name, count->done, pass->owned_active,
      TEXT_S (pass->owned_active), brake->percent, brake->min,
      limit ? "" : "; more than half are held in any case");
}

/* Why must all of a kind be held, whatever their number? NULL: they need not. A complete read says for
 * itself whether there is doubt; any other has what an interrupted one left. */
static const char *
doubt_about (struct pass *pass, enum change_kind kind)
{
  if (pass->rebind)
    return "the state meets another source or sink (--rebind)";
  if (kind != CHANGE_LEAVERS)
    return NULL;
  const char *why = leavers_doubtful (pass);
  if (!why && pass->end != SCAN_ALL && opening_has_fact (pass, LEAVERS_IN_DOUBT))
    why = "a read whose leavers are all to be held was interrupted before they were";
  return why;
}

static int
apply_one (struct pass *pass, enum change_kind which, struct error *error)
{
  const struct kind kind = kind_of (pass, which);
  const struct brake_count count = brakes_count (pass, which);
  const char *doubt = doubt_about (pass, which);
  if (count.waiting + count.held == 0)
    return 0;
  const int64_t all = count.waiting + count.held + count.done;
  if (doubt && count.waiting)
    return hold (pass, &kind, all, doubt, error);
  int tripped = brakes_trip (pass, which, all, error);
  if (tripped < 0)
    return -1;
  /* whom the source shows again is held no more */
  bool asked = which != CHANGE_LEAVERS || pass->asked;
  if (count.held && !tripped && !doubt && asked && wider_now (pass, &kind))
    return store_queue_release (pass->store, which, error);
  if (!tripped) /* what is held stays held; what came since goes */
    return 0;
  MEM_AUTO char *why = words_of (pass, &kind, &count);
  return count.waiting ? hold (pass, &kind, all, why, error) : 0;
}

int
brakes_apply (struct pass *pass, struct error *error)
{
  if (apply_one (pass, CHANGE_LEAVERS, error) < 0 || apply_one (pass, CHANGE_UPDATES, error) < 0)
    return -1;
  return pass->first && !pass->rebind ? 0 : apply_one (pass, CHANGE_CREATES, error);
}

static int
apply_to_leavers (struct pass *pass, struct error *error)
{
  return apply_one (pass, CHANGE_LEAVERS, error) < 0 ? -1 : approve_apply (pass, error);
}

int
brakes_first_leavers (struct pass *pass, struct error *error)
{
  pass->owned_active = -1; /* those who were met count */
  return pass_transaction (pass, apply_to_leavers, error);
}
