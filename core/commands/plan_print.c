/* Prints what a pass would do; see plan_print.h. */
#include "config.h"
#include "commands/plan_print.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/preview.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/suggest.h"
#include "util/text.h"

/* A token, or null. */
#define QUOTED(text) (text) ? "\"" : "", (text) ? (text) : "null", (text) ? "\"" : ""

struct printer {
  bool json, first;
  const char *same;
};

static void
print_text (const struct preview *p)
{
  printf ("%-8s %s", p->action, p->user_name ? p->user_name : p->link->id);
  if (p->link->given_name && p->user_name && strcmp (p->link->given_name, p->user_name) != 0)
    printf (" (now %s)", p->link->given_name);
  for (size_t i = 0; i < p->path_count; i++)
    printf ("%s%s", i ? ", " : ": ", p->paths[i]);
  if (p->held)
    printf (" -- HELD: %s", p->held);
  putchar ('\n');
}

static void
put_member (struct buffer *out, const char *key, const char *text, bool *first)
{
  json_put_key (out, key, first);
  if (text)
    json_put_text (out, text);
  else
    buffer_append_text (out, "null");
}

static void
print_json (const struct preview *p)
{
  bool first = true;
  BUFFER_AUTO struct buffer out;
  buffer_init (&out, (size_t) 4 << 20);
  buffer_append_char (&out, '{');
  put_member (&out, "account", p->link->account, &first);
  put_member (&out, "action", p->action, &first);
  json_put_key (&out, "attributes", &first);
  buffer_append_char (&out, '[');
  for (size_t i = 0; i < p->path_count; i++) {
    if (i)
      buffer_append_char (&out, ',');
    json_put_text (&out, p->paths[i]);
  }
  buffer_append_char (&out, ']');
  put_member (&out, "held", p->held, &first);
  put_member (&out, "id", p->link->id, &first);
  put_member (&out, "name", p->link->name, &first);
  put_member (&out, "userName", p->user_name, &first);
  buffer_append_char (&out, '}');
  fputs (buffer_text (&out), stdout);
}

static void
print_one (void *data, const struct preview *preview)
{
  struct printer *printer = data;
  bool first = printer->first;
  printer->first = false;
  if (!printer->json) {
    print_text (preview);
    return;
  }
  fputs (first ? "\n  " : ",\n  ", stdout);
  print_json (preview);
}

/* How the accounts that exist already are met in a first pass. */
static void
print_meeting (const struct printer *printer, const struct meeting *m)
{
  if (printer->json && !m->asked)
    fputs (",\n \"meeting\": null", stdout);
  else if (printer->json)
    printf (",\n \"meeting\": {\"accounts\": %" PRId64 ", \"by\": \"%s\", \"list_requests\": %" PRId64
            ", \"people\": %" PRId64 "}", m->accounts,
            m->accounts == 0 ? "nothing" : m->list ? "list" : "find", m->pages, m->people);
  else if (m->accounts > 0 && m->list)
    printf ("meeting  accounts that exist already (%" PRId64 ") are listed (%" PRId64 " request%s), "
            "for asking for each new person takes no fewer (%" PRId64 ")\n", m->accounts, m->pages,
            TEXT_S (m->pages), m->people);
  else if (m->accounts > 0)
    printf ("meeting  accounts exist already (%" PRId64 "): each new person is asked for (%" PRId64
            " request%s), because listing takes more (%" PRId64 ")\n", m->accounts, m->people,
            TEXT_S (m->people), m->pages);
}

/* The lists of the report hold the first thousand. */
static void
print_list (const char *what, const struct report_list *list)
{
  size_t i;
  json_t *one;
  MEM_AUTO char *text = mem_format ("[%s]", buffer_text (&list->json));
  json_t *all = json_loads (text, 0, NULL);
  json_array_foreach (all, i, one) {
    const char *name = json_string_value (json_object_get (one, "userName"));
    const char *id = json_string_value (json_object_get (one, "id"));
    const char *reason = json_string_value (json_object_get (one, "reason"));
    MEM_AUTO char *whole = suggest_whole (reason ? reason : "");
    printf ("%-8s %s -- %s\n", what, name && *name ? name : id, whole);
  }
  if (list->count > REPORT_LIST_MAX)
    printf ("%-8s … and %" PRId64 " more\n", what, list->count - REPORT_LIST_MAX);
  json_decref (all);
}

/* What to type next. */
static void
print_end (const struct printer *printer, const struct report *report)
{
  if (report->held)
    printf ("\n%" PRId64 " %s held: syncd --approve %s%s lets %s go\n", report->held,
            report->held == 1 ? "change is" : "changes are", report->approve ? report->approve : "TOKEN",
            printer->same, report->held == 1 ? "it" : "them");
  if (report->approve_unclaimed)
    printf ("\nunclaimed accounts are not touched: syncd --approve %s%s disables those that are "
            "active\n",
            report->approve_unclaimed, printer->same);
}

static void
print_lists (const struct printer *printer, const struct report *report)
{
  print_list ("drifted", &report->drifted_list);
  print_list ("parked", &report->parked_list);
  print_list ("unclaimed", &report->unclaimed_list);
  bool lists = report->parked_list.count || report->unclaimed_list.count;
  if (printer->first && !report->error)
    puts (lists ? "nothing else to do" : "nothing to do");
  print_end (printer, report);
}

static int
print_parked (struct printer *printer, const struct report *report)
{
  if (printer->json)
    fputs ("\n ]", stdout);
  print_meeting (printer, &report->meeting);
  if (!printer->json)
    print_lists (printer, report);
  if (printer->json)
    printf (",\n \"parked\": [%s],\n \"drifted\": [%s],\n \"unclaimed\": [%s],\n"
            " \"approve\": %s%s%s,\n \"approve_unclaimed\": %s%s%s}\n",
            buffer_text (&report->parked_list.json), buffer_text (&report->drifted_list.json),
            buffer_text (&report->unclaimed_list.json), QUOTED (report->approve),
            QUOTED (report->approve_unclaimed));
  return fflush (stdout) == 0 ? 0 : 1;
}

int
plan_print (struct pipeline *p, const struct pass_options *options, struct report *report, bool json,
            const char *same)
{
  struct printer printer = { .json = json, .first = true, .same = same };
  struct pass_options seen = *options;
  seen.preview = print_one;
  seen.preview_data = &printer;
  if (json)
    fputs ("{\"changes\": [", stdout);
  int status = pass_run (p, &seen, report);
  int printed = print_parked (&printer, report);
  return status ? status : printed;
}
