/* Prints what a pass would do; see plan_print.h. */
#include "config.h"
#include "commands/plan_print.h"

#include <stdio.h>
#include <string.h>

#include "pipeline/preview.h"
#include "util/json.h"

struct printer {
  bool json, first;
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
  if (!printer->json) {
    print_text (preview);
    return;
  }
  fputs (printer->first ? "\n  " : ",\n  ", stdout);
  printer->first = false;
  print_json (preview);
}

static int
print_parked (struct printer *printer, const struct report *report)
{
  if (printer->json)
    printf ("\n ],\n \"parked\": [%s],\n \"drifted\": [%s],\n \"unclaimed\": [%s]}\n",
            buffer_text (&report->parked_list.json), buffer_text (&report->drifted_list.json),
            buffer_text (&report->unclaimed_list.json));
  return fflush (stdout) == 0 ? 0 : 1;
}

int
plan_print (struct pipeline *p, const struct pass_options *options, struct report *report, bool json)
{
  struct printer printer = { .json = json, .first = true };
  struct pass_options seen = *options;
  seen.preview = print_one;
  seen.preview_data = &printer;
  if (json)
    fputs ("{\"changes\": [", stdout);
  int status = pass_run (p, &seen, report);
  int printed = print_parked (&printer, report);
  return status ? status : printed;
}
