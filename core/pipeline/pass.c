/* One pass, from opening both ends to the report; see pass.h. */
#include "config.h"
#include "pipeline/pass.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/audit.h"
#include "pipeline/looked.h"
#include "pipeline/preview.h"
#include "pipeline/stream.h"
#include "pipeline/unclaimed.h"
#include "pipeline/verify.h"
#include "util/clock.h"
#include "util/crash.h"
#include "util/log.h"
#include "util/mem.h"

static void
pass_init (struct pass *pass, struct pipeline *p, const struct pass_options *options,
           struct report *report)
{
  memset (pass, 0, sizeof *pass);
  pass->p = p;
  pass->options = options;
  pass->report = report;
  pass->store = p->store;
  pass->started_ms = clock_now_ms ();
  pass->audit = -1;
  pass->owned_active = -1;
  buffer_init (&pass->checkpoint, (size_t) 1 << 20);
  report->dry_run = options->dry_run;
  report->source_name = p->settings->source.name;
  report->sink_name = p->settings->sink.name;
}

static void
pass_fini (struct pass *pass)
{
  if (pass->hashes) {
    entry_fini (&pass->entry);
    leaves_fini (&pass->leaves);
  }
  audit_close (pass);
  looked_free (pass);
  free (pass->hashes);
  free (pass->last);
  free (pass->known);
  free (pass->seen);
  ids_fini (&pass->deleted);
  ids_fini (&pass->changed);
  ids_fini (&pass->unclaimed);
  buffer_fini (&pass->checkpoint);
  free (pass->partial);
  free (pass->scope_changed);
  free (pass->away);
}

static int
find_only (struct pass *pass, struct error *error)
{
  struct link link;
  if (!pass->options->only)
    return 0;
  link_init (&link);
  int rc = store_link_search (pass->store, pass->options->only, &link, error);
  if (rc == 1)
    pass->only_row = link.row;
  link_fini (&link);
  if (rc == 0)
    return error_set (error, "nobody is known as \"%s\": give the source's id or the DN; a user "
                      "name only of somebody who could be mapped in an earlier pass",
                      pass->options->only);
  return rc < 0 ? -1 : 0;
}

/* Nothing is known of the entries: whoever is parked waits, nobody is gone. What is queued is known
 * to be wanted, and goes on its way (G7). */
static int
take_in_nothing (struct pass *pass, struct error *error)
{
  pass->report->mode = "queue";
  return error_set (error, "%s", pass->away);
}

static int
take_in (struct pass *pass, struct error *error)
{
  if (pass->away)
    return take_in_nothing (pass, error);
  if (!pass->options->only && again_read (pass, LINKS_DUE, error) < 0)
    return -1;
  int rc = intake_run (pass, error);
  pass->report->complete = pass->end == SCAN_ALL || (rc == 0 && pass->end == SCAN_CHANGES);
  if (rc == 0 && pass->end == SCAN_PARTIAL)
    return error_set (error, "%s: the read is not complete: %s. Nobody counts as a leaver, the "
                      "checkpoint stays", pass->p->settings->source.name, pass->partial);
  return rc;
}

/* In watch mode a long queue is brought on its way in slices; references are for the last one. */
static bool
more_is_queued (struct pass *pass)
{
  pass->newly_linked += pass->p->newly_linked;
  bool more = pass->options->watch && store_queue_count (pass->store, QUEUE_WAITING, -1) > 0;
  pass->p->newly_linked = more ? pass->newly_linked : 0;
  return more;
}

/* Those whose account turned out to be gone because somebody pointed there: made anew before the
 * others are set right, so that each of these is sent once. And those who were met active and are
 * not to be: leavers, also in a first pass. */
static int
deliver_read_again (struct pass *pass, struct error *error)
{
  if (!pass->to_be_read || pass->options->only)
    return 0;
  pass->to_be_read = 0;
  if (again_read (pass, LINKS_DUE, error) < 0)
    return -1;
  if ((pass->first ? brakes_first_leavers (pass, error) : again_decide (pass, error)) < 0)
    return -1;
  return delivery_run (pass, error);
}

static int
delivered_references (struct pass *pass, struct error *error)
{
  int rounds = 0;
  if (more_is_queued (pass))
    return 0;
  if (deliver_read_again (pass, error) < 0)
    return -1;
  if (!pass->options->only && references_find_lost (pass, error) < 0)
    return -1;
  int64_t unconfirmed = pass->unconfirmed;
  if (pass->options->only || !references_due (pass))
    return 0;
  do {
    pass->newly_linked = 0;
    pass->report->references_left_out = 0;
    if (again_read (pass, LINKS_REFERENCES, error) < 0
        || references_shed (pass, error) < 0
        || (!pass->first && again_decide (pass, error) < 0) || delivery_run (pass, error) < 0)
      return -1;
  } while (pass->newly_linked && ++rounds < 2);
  bool all_told = pass->unconfirmed == unconfirmed && !pass->newly_linked
                  && !atomic_load (&pass->p->cancelled);
  return all_told ? references_done (pass, error) : 0;
}

static int
put_fact (struct pass *pass, const char *name, struct error *error)
{
  MEM_AUTO char *now = mem_format ("%" PRId64, pass->started_ms);
  return store_keep_facts (pass->store, &(struct fact) { name, now }, 1, error);
}

static int
forget_accounts (struct pass *pass, struct error *error)
{
  return store_accounts_drop (pass->store, error);
}

static int
deliver (struct pass *pass, struct error *error)
{
  if (delivery_run (pass, error) < 0)
    return -1;
  CRASH_POINT ("delivered");
  if (delivered_references (pass, error) < 0)
    return -1;
  CRASH_POINT ("references-delivered");
  if (atomic_load (&pass->p->cancelled))
    return error_set (error, "stopped; what is queued goes on in the next run");
  /* everybody was read in this pass, or in an earlier one whose delivery did not come through */
  bool everybody = pass->end == SCAN_ALL
                   || (pass->end == SCAN_CHANGES && opening_has_fact (pass, "full_ms"));
  if (!pass->first || !everybody || pass->options->only)
    return 0;
  if (unclaimed_list (pass, error) < 0)
    return -1;
  if (pass_transaction (pass, forget_accounts, error) < 0)
    return -1;
  if (pass->rebind && store_queue_count (pass->store, QUEUE_HELD, -1) > 0)
    return 0; /* those who are held are still to be met */
  if (pass->rebind && rebind_end (pass, error) < 0)
    return -1;
  return put_fact (pass, "first_pass", error);
}

/* A failed read still delivers what it showed, as far as the brakes allow (guarantees: A pass). */
static int
run_steps (struct pass *pass, struct error *error)
{
  struct error later;
  if (opening_run (pass, error) < 0)
    return -1;
  CRASH_POINT ("opened");
  int rc = take_in (pass, error);
  if (rc < 0 && !pass->inventory_failed)
    pass->end = SCAN_FAILED; /* also where it came to its end, but was not recorded (G1) */
  CRASH_POINT ("taken-in");
  if (rc == 0)
    rc = verify_run (pass, error);
  if (decide_run (pass, rc < 0 ? &later : error) < 0 || find_only (pass, rc < 0 ? &later : error) < 0)
    return -1;
  if (pass->options->dry_run)
    return preview_count (pass, error) < 0 || meeting_preview (pass, rc < 0 ? &later : error) < 0
               ? -1 : rc;
  pass->report->recorded = rc == 0 && !pass->unconfirmed;
  if (pass->options->stream)
    pass->options->stream->recorded = pass->report->recorded;
  if (again_read_bare_rows (pass, rc < 0 ? &later : error) < 0)
    rc = -1; /* these wait, the others go */
  if (deliver (pass, rc < 0 ? &later : error) < 0)
    rc = -1;
  return rc;
}

static int
list_parked (void *data, struct link *link)
{
  struct report *report = data;
  report_add (&report->parked_list, link->id,
              link->wanted_name ? link->wanted_name : link->given_name, link->parked);
  return 0;
}

static void
take_stock (struct pass *pass)
{
  struct store_counts counts;
  struct error ignored;
  struct report *report = pass->report;
  if (!pass->store || store_counts_waiting (pass->store, &counts, &ignored) < 0)
    return;
  report->queued = counts.queued;
  report->parked = counts.parked;
  report->held = counts.held;
  store_links_each (pass->store, LINKS_PARKED, 0, list_parked, report, &ignored);
  if (report->held)
    approve_list (pass);
}

static int
exit_status (struct pass *pass, int rc, const struct error *error)
{
  struct report *report = pass->report;
  int signal = atomic_load (&pass->p->cancelled);
  report->result = rc < 0 ? "failed" : report->held ? "held" : report->parked ? "parked" : "ok";
  if (rc < 0)
    mem_set_text (&report->error, error->text);
  if (rc < 0 && error->exit_status == 2)
    return 2;
  if (signal)
    return 128 + signal;
  return rc < 0 ? 1 : report->held ? 4 : report->parked ? 3 : 0;
}

/* The budget counts for the process, which may run many passes. */
static struct requests
requests_since (const struct requests *before, struct requests now)
{
  now.total -= before->total;
  now.token -= before->token;
  now.list -= before->list;
  now.find -= before->find;
  now.read -= before->read;
  now.create -= before->create;
  now.update -= before->update;
  now.remove -= before->remove;
  now.retried -= before->retried;
  now.throttled -= before->throttled;
  return now;
}

int
pass_run (struct pipeline *p, const struct pass_options *options, struct report *report)
{
  struct pass pass;
  struct error error = { 1, "" };
  int64_t began = clock_monotonic_us ();
  struct requests before = budget_requests (&p->budget);
  pass_init (&pass, p, options, report);
  int rc = run_steps (&pass, &error);
  repeats_end (&pass);
  if (rc < 0)
    log_error ("%s", error.text);
  take_stock (&pass);
  report->requests = requests_since (&before, budget_requests (&p->budget));
  report->seconds = (double) (clock_monotonic_us () - began) / 1e6;
  int status = exit_status (&pass, rc, &error);
  CRASH_POINT ("finished");
  bool mistake = rc < 0 && error.exit_status == 2 && !pass.hashes; /* it came to nothing */
  if (pass.store && !options->dry_run && !mistake)
    history_keep (pass.store, pass.started_ms, report);
  pass_fini (&pass);
  return status;
}
