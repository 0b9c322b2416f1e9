/* What a pass did; see report.h. */
#include "config.h"
#include "pipeline/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "util/json.h"
#include "util/mem.h"
#include "util/text.h"

#define LIST_MAX_BYTES ((size_t) 4 << 20)
#define MAX_BYTES ((size_t) 32 << 20)

void
report_init (struct report *report)
{
  memset (report, 0, sizeof *report);
  report->result = "failed";
  report->mode = "full";
  buffer_init (&report->adopted_list.json, LIST_MAX_BYTES);
  buffer_init (&report->renamed_list.json, LIST_MAX_BYTES);
  buffer_init (&report->held_list.json, LIST_MAX_BYTES);
  buffer_init (&report->parked_list.json, LIST_MAX_BYTES);
  buffer_init (&report->drifted_list.json, LIST_MAX_BYTES);
  buffer_init (&report->unclaimed_list.json, LIST_MAX_BYTES);
  buffer_init (&report->made, MAX_BYTES);
}

void
report_fini (struct report *report)
{
  buffer_fini (&report->adopted_list.json);
  buffer_fini (&report->renamed_list.json);
  buffer_fini (&report->held_list.json);
  buffer_fini (&report->parked_list.json);
  buffer_fini (&report->drifted_list.json);
  buffer_fini (&report->unclaimed_list.json);
  buffer_fini (&report->made);
  free (report->changes);
  free (report->approve);
  free (report->approve_unclaimed);
  free (report->error);
}

bool
report_did_something (const struct report *r)
{
  return r->created + r->updated + r->adopted + r->renamed + r->enabled + r->disabled + r->deleted > 0;
}

void
report_add (struct report_list *list, const char *id, const char *user_name, const char *reason)
{
  bool first = true;
  if (++list->count > REPORT_LIST_MAX)
    return;
  if (list->json.len)
    buffer_append_char (&list->json, ',');
  buffer_append_char (&list->json, '{');
  json_put_key (&list->json, "id", &first);
  json_put_text (&list->json, id ? id : "");
  json_put_key (&list->json, "reason", &first);
  json_put_text (&list->json, reason ? reason : "");
  json_put_key (&list->json, "userName", &first);
  json_put_text (&list->json, user_name ? user_name : "");
  buffer_append_char (&list->json, '}');
}

struct number {
  const char *key;
  int64_t value;
};

static void
put_numbers (struct buffer *out, const struct number *numbers, size_t count)
{
  for (size_t i = 0; i < count; i++)
    buffer_printf (out, "%s\"%s\": %" PRId64, i ? ", " : "", numbers[i].key, numbers[i].value);
}
#define PUT_NUMBERS(out, ...)                                                               \
  put_numbers (out, (const struct number[]){ __VA_ARGS__ },                                 \
               sizeof ((const struct number[]){ __VA_ARGS__ }) / sizeof (struct number))

static void
put_text (struct buffer *out, const char *key, const char *text)
{
  buffer_printf (out, "\"%s\": ", key);
  if (text)
    json_put_text (out, text);
  else
    buffer_append_text (out, "null");
}

static void
put_ends (const struct report *r, struct buffer *out)
{
  buffer_append_text (out, ",\n \"source\": {");
  put_text (out, "name", r->source_name);
  buffer_printf (out, ", \"read\": %" PRId64 ", \"complete\": %s, ", r->read,
                 r->complete ? "true" : "false");
  put_text (out, "changes", r->changes);
  buffer_append_text (out, "},\n \"sink\": {");
  put_text (out, "name", r->sink_name);
  buffer_append_text (out, ", ");
  PUT_NUMBERS (out, { "created", r->created }, { "updated", r->updated },
               { "unchanged", r->unchanged }, { "adopted", r->adopted }, { "renamed", r->renamed },
               { "disabled", r->disabled }, { "enabled", r->enabled }, { "deleted", r->deleted });
  buffer_append_text (out, "},\n ");
}

static void
put_list (struct buffer *out, const char *key, const struct report_list *list)
{
  if (list->count)
    buffer_printf (out, ",\n \"%s\": [%s]", key, buffer_text (&list->json));
}

static void
put_lists (const struct report *r, struct buffer *out)
{
  put_list (out, "adopted", &r->adopted_list);
  put_list (out, "renamed", &r->renamed_list);
  put_list (out, "held_list", &r->held_list);
  put_list (out, "parked_list", &r->parked_list);
  put_list (out, "drifted", &r->drifted_list);
  put_list (out, "unclaimed", &r->unclaimed_list);
  if (r->approve_unclaimed) {
    buffer_append_text (out, ",\n ");
    put_text (out, "approve_unclaimed", r->approve_unclaimed);
  }
  if (r->references_left_out)
    buffer_printf (out, ",\n \"references_left_out\": %" PRId64, r->references_left_out);
  if (r->error) {
    buffer_append_text (out, ",\n ");
    put_text (out, "error", r->error);
  }
}

/* Linux keeps ru_maxrss of whoever called exec; VmHWM begins anew with the program. */
static long
peak_rss_kib (void)
{
  char line[256];
  long kib = 0;
  struct rusage usage;
  FILE *status = fopen ("/proc/self/status", "re");
  while (status && fgets (line, sizeof line, status))
    if (sscanf (line, "VmHWM: %ld", &kib) == 1)
      break;
  if (status)
    fclose (status);
  if (kib == 0 && getrusage (RUSAGE_SELF, &usage) == 0)
    kib = usage.ru_maxrss;
  return kib;
}

static void
put_report (const struct report *r, struct buffer *out)
{
  const struct requests *q = &r->requests;
  buffer_append_text (out, "{");
  put_text (out, "result", r->result);
  buffer_append_text (out, ", ");
  put_text (out, "mode", r->mode);
  buffer_printf (out, ", \"seconds\": %.3f", r->seconds);
  put_ends (r, out);
  PUT_NUMBERS (out, { "queued", r->queued }, { "parked", r->parked }, { "held", r->held });
  buffer_append_text (out, ", ");
  put_text (out, "approve", r->approve);
  buffer_append_text (out, ",\n \"requests\": {");
  PUT_NUMBERS (out, { "total", q->total }, { "token", q->token }, { "list", q->list },
               { "find", q->find }, { "read", q->read }, { "create", q->create },
               { "update", q->update }, { "delete", q->remove }, { "retried", q->retried },
               { "throttled", q->throttled });
  buffer_append_text (out, "},\n \"checkpoint\": {");
  put_text (out, "kind", r->changes);
  buffer_printf (out, ", \"advanced\": %s}, \"peak_rss_kib\": %ld",
                 r->checkpoint_advanced ? "true" : "false", peak_rss_kib ());
  put_lists (r, out);
  buffer_append_text (out, "}\n");
}

const struct buffer *
report_json (struct report *report)
{
  if (!report->made.len)
    put_report (report, &report->made);
  return &report->made;
}

struct parts {
  struct buffer out;
  const char *before; /* the next part */
};

static void
put_part (struct parts *parts, int64_t number, const char *word)
{
  if (!number)
    return;
  buffer_printf (&parts->out, "%s%" PRId64 " %s", parts->before, number, word);
  parts->before = ", ";
}

/* What is left, and where to look; a dry run shows it itself, and its queue is what would be
 * done. */
static void
put_waiting (struct parts *parts, const struct report *r)
{
  put_part (parts, r->dry_run ? 0 : r->queued, "still queued");
  put_part (parts, r->parked, r->dry_run ? "parked" : "parked (see: syncd parked)");
  put_part (parts, r->held, r->dry_run ? "held by a brake" : "held by a brake (see: syncd plan)");
}

char *
report_line (const struct report *r)
{
  struct parts parts = { .before = r->dry_run ? "; would be: " : ", " };
  buffer_init (&parts.out, 4096);
  buffer_printf (&parts.out, "%s in %.1f s: %" PRId64 " read%s", r->result, r->seconds, r->read,
                 r->complete ? "" : " (not complete)");
  put_part (&parts, r->created, "created");
  put_part (&parts, r->adopted, "adopted");
  put_part (&parts, r->updated, "updated");
  put_part (&parts, r->renamed, "renamed");
  put_part (&parts, r->enabled, "enabled");
  put_part (&parts, r->disabled, "disabled");
  put_part (&parts, r->deleted, "deleted");
  put_part (&parts, r->unchanged, "unchanged");
  put_part (&parts, r->drifted_list.count, "had other values than were sent");
  put_part (&parts, r->unclaimed_list.count, "unclaimed");
  put_waiting (&parts, r);
  buffer_printf (&parts.out, "; %" PRId64 " request%s", r->requests.total,
                 TEXT_S (r->requests.total));
  return buffer_take (&parts.out);
}
