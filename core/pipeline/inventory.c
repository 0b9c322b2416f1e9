/* The inventory: ids, tokens and names of everybody, the net under what a grade cannot see; and
 * when it is due. It moves no checkpoint, and its failure takes nothing away from what the changes
 * told. Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/pass.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define HOUR_MS ((int64_t) 3600 * 1000)
#define DAY_MS (24 * HOUR_MS)

/* 0: none. */
int64_t
inventory_moment (const struct pipeline *p, const char *name)
{
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, 64);
  return store_get_fact (p->store, name, &text) == 1 ? strtoll (buffer_text (&text), NULL, 10) : 0;
}

bool
inventory_is_over (int64_t then_ms, int64_t now_ms, int64_t every_ms)
{
  return now_ms - then_ms >= every_ms || then_ms - now_ms > HOUR_MS;
}

/* schedule.full: has the last complete read of everything become too old? */
bool
inventory_full_overdue (const struct pipeline *p, int64_t now_ms)
{
  int64_t last = inventory_moment (p, "full_ms");
  return p->settings->full_ms > 0 && last && inventory_is_over (last, now_ms, p->settings->full_ms);
}

/* schedule.inventory. auto, where the source is blind to deletes: in each single pass; in watch
 * mode as often as it takes a twentieth of the time at most. Where it sees them: once a day. */
bool
inventory_overdue (const struct pipeline *p, int64_t now_ms, bool watch)
{
  int64_t every = p->settings->inventory_ms, last = inventory_moment (p, "inventory_ms");
  int64_t full = inventory_moment (p, "full_ms");
  if (every < 0)
    return false;
  if (every == 0 && !p->source_facts.blind_to_deletes)
    every = DAY_MS;
  else if (every == 0)
    every = watch ? p->inventory_cost_ms * 20 : 0;
  return inventory_is_over (full > last ? full : last, now_ms, every);
}

bool
intake_read_overdue (const struct pipeline *p, int64_t now_ms)
{
  return inventory_full_overdue (p, now_ms) || inventory_overdue (p, now_ms, true);
}

/* A list of who is still there shows who is gone, and not what else the changes do not tell: that
 * does not put the inventory off. */
bool
inventory_needed (const struct pass *pass)
{
  bool due = inventory_overdue (pass->p, pass->started_ms, pass->options->watch);
  if (strcmp (pass->report->mode, "changes") != 0 || pass->end == SCAN_PARTIAL)
    return false;
  if (pass->end == SCAN_ALL)
    return due && !pass->p->source_facts.blind_to_deletes;
  return due || pass->options->inventory;
}

/* A source that has no versions to show is read completely instead. */
static int
count_everybody (struct pass *pass, struct error *error)
{
  int32_t code;
  int rc = intake_scan (pass, SYNCD_MODE_INVENTORY, NULL, &code, error);
  pass->report->mode = "inventory";
  if (rc == 0 || code != SYNCD_E_UNSUPPORTED)
    return rc;
  log_info ("%s; everything is read instead", error->text);
  pass->report->mode = "full";
  return intake_scan (pass, SYNCD_MODE_EVERYTHING, NULL, &code, error);
}

static int
check_end (struct pass *pass, struct error *error)
{
  if (pass->end != SCAN_PARTIAL)
    return 0;
  return error_set (error, "%s: the inventory is not complete: %s. Nobody counts as a leaver by it",
                    pass->p->settings->source.name, pass->partial);
}

int
inventory_take (struct pass *pass, struct error *error)
{
  int64_t read = pass->report->read, began = clock_monotonic_us ();
  enum scan_end told = pass->end;
  const char *mode = pass->report->mode;
  memset (pass->seen, 0, (pass->seen_bits + 7) / 8);
  pass->report->unchanged = 0;
  pass->counting = true;
  int rc = count_everybody (pass, error);
  pass->counting = false;
  if (rc == 0)
    rc = check_end (pass, error);
  if (rc == 0)
    rc = intake_get (pass, &pass->changed, NULL, error);
  if (rc < 0) { /* what was marked in a read of everybody is forgotten with it: that one is made again */
    pass->inventory_failed = told == SCAN_CHANGES;
    pass->end = pass->inventory_failed ? SCAN_CHANGES : SCAN_FAILED;
    pass->report->mode = mode ? mode : "inventory";
    return -1;
  }
  pass->report->read -= read;
  pass->p->inventory_cost_ms = (clock_monotonic_us () - began) / 1000;
  return 0;
}
