/* syncd check: the configuration, both plugins, the mapping, both ends, one mapped sample entry.
 * Changes nothing. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "commands/sample.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

static void
good (const char *what, const char *detail)
{
  printf ("ok    %s%s%s\n", what, detail && *detail ? ": " : "", detail ? detail : "");
  fflush (stdout);
}

static void
note (const char *what, const char *detail)
{
  printf ("note  %s: %s\n", what, detail);
  fflush (stdout);
}

/* What no message can tell later. */
static void
note_limits (const struct pipeline *p)
{
  if (p->source_facts.blind)
    note ("left to the inventory (schedule.inventory)", p->source_facts.blind);
  note ("rights", "entries that this identity may not see any more look like leavers; brakes.leavers "
        "holds many of them, not single ones");
}

/* The source's schema, where it knows one: an attribute that it lacks finds nobody. */
static void
check_attributes (struct pipeline *p)
{
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, (size_t) 16 << 20);
  if (p->source->source->schema (&p->source_ctx, p->source_session, host_buffer (&text)) < 0)
    return;
  json_t *schema = json_loadb (buffer_text (&text), text.len, 0, NULL);
  const json_t *known = json_object_get (schema, "attributes");
  size_t count = json_array_size (known);
  const char **names = mem_new (count, sizeof *names);
  for (size_t i = 0; i < count; i++) {
    const char *name = json_string_value (json_object_get (json_array_get (known, i), "name"));
    names[i] = name ? name : "";
  }
  for (size_t i = 0; count && i < mapping_attribute_count (p->mapping); i++) {
    const char *attribute = mapping_attribute (p->mapping, i);
    MEM_AUTO char *name = mem_copy (attribute, strcspn (attribute, ";"));
    bool found = false;
    for (size_t k = 0; k < count && !found; k++)
      found = text_equal_nocase (names[k], name);
    const char *nearest = found ? NULL : text_nearest (name, names, count);
    if (!found)
      log_warning ("the directory's schema has no attribute \"%s\"%s%s%s: the mapping's leaf will be "
                   "left out", name, nearest ? "; did you mean " : "", nearest ? nearest : "",
                   nearest ? "?" : "");
  }
  free (names);
  json_decref (schema);
}

static bool
is_e164 (const char *number)
{
  size_t digits = strspn (number + (*number == '+'), "0123456789");
  return *number == '+' && number[1] >= '1' && digits >= 3 && digits <= 15 && !number[1 + digits];
}

/* Warns where values of this entry will not do for the sink. */
static void
check_values (struct pipeline *p, const struct leaves *leaves)
{
  MEM_AUTO char *user_name = leaves_text (leaves, (size_t) mapping_user_name_leaf (p->mapping));
  if (p->sink_facts.user_name_is_email && user_name && !strchr (user_name, '@'))
    log_warning ("the sample's userName \"%s\" is no e-mail address, which this sink requires; map it "
                 "from mail, or add the domain: \"${uid}@example.com\"", user_name);
  for (size_t i = 0; i < mapping_leaf_count (p->mapping); i++) {
    const char *path = mapping_leaf (p->mapping, i)->path, *json = leaves_get (leaves, i);
    if (strncmp (path, "phoneNumbers", 12) != 0 || !json)
      continue;
    json_t *item = json_loads (json, JSON_DECODE_ANY, NULL);
    const char *number = json_string_value (json_object_get (item, "value"));
    if (number && strncmp (number, "tel:", 4) != 0 && !is_e164 (number))
      log_warning ("the sample's telephone number \"%s\" (%s) is not in the form of E.164 "
                   "(+4930123456), which the sink may refuse; the filter e164(49) makes it so",
                   number, path);
    json_decref (item);
  }
}

static void
check_sample_values (struct pipeline *p, const struct entry *entry)
{
  struct leaves leaves;
  struct error ignored;
  enum active_state active;
  leaves_init (&leaves, mapping_leaf_count (p->mapping));
  if (map_entry (p->mapping, entry, p->hasher, NULL, &leaves, &active, &ignored) == 0)
    check_values (p, &leaves);
  leaves_fini (&leaves);
}

static int
check_sample (struct pipeline *p, struct error *error)
{
  struct entry entry;
  void *scan = NULL;
  BUFFER_AUTO struct buffer text;
  struct syncd_scan_request request = pipeline_scan_request (p, SYNCD_MODE_EVERYTHING);
  const struct syncd_source_ops *source = p->source->source;
  buffer_init (&text, 1 << 20);
  int32_t event = source->scan_begin (&p->source_ctx, p->source_session, &request, &scan);
  if (event < 0)
    return error_set (error, "%s: %s", p->source_ctx.who, host_failure (&p->source_ctx, event));
  entry_init (&entry, mapping_attribute_count (p->mapping));
  do {
    entry_reset (&entry);
    event = source->scan_next (&p->source_ctx, scan, 1000, host_entry (&entry), host_buffer (&text));
  } while (event == SYNCD_SCAN_IDLE || event == SYNCD_SCAN_CHECKPOINT || event == SYNCD_SCAN_RESET);
  int rc = 0;
  if (event < 0)
    rc = error_set (error, "%s: %s", p->source_ctx.who, host_failure (&p->source_ctx, event));
  else if (event != SYNCD_SCAN_ENTRY)
    log_warning ("%s: base and filter show no entry at all", p->source_ctx.who);
  else {
    good ("sample entry", buffer_text (&entry.name));
    struct error why;
    if (sample_print (p, &entry, &why) < 0)
      log_warning ("%s", why.text);
    else
      check_sample_values (p, &entry);
  }
  source->scan_end (&p->source_ctx, scan);
  entry_fini (&entry);
  return rc;
}

/* A count is the cheapest question that needs the rights which a pass needs. */
static int
check_sink (struct pipeline *p, struct error *error)
{
  int64_t total = -1;
  BUFFER_AUTO struct buffer documents, position;
  buffer_init (&documents, 1 << 20);
  buffer_init (&position, 1 << 16);
  struct syncd_list_request request = { .struct_size = sizeof request, .count_only = 1, .type = "User" };
  if (pipeline_open_sink (p, error) < 0)
    return -1;
  int32_t code = p->sink->sink->list (&p->sink_ctx, p->sink_session, &request, host_buffer (&documents),
                                      host_buffer (&position), &total);
  if (code < 0)
    return error_set (error, "%s: %s", p->sink_ctx.who, host_failure (&p->sink_ctx, code));
  const char *identity = p->sink_facts.identity ? p->sink_facts.identity : "";
  MEM_AUTO char *detail = mem_format ("%s, %lld account%s", identity, (long long) total, TEXT_S (total));
  good ("sink answers", detail);
  return 0;
}

static int
check_source (struct pipeline *p, struct error *error)
{
  p->source_ctx.memory = NULL; /* all is found out anew */
  if (pipeline_open_source (p, error) < 0)
    return -1;
  good ("source answers", p->source_facts.server);
  MEM_AUTO char *grade = mem_format ("%s%s%s", p->source_facts.changes ? p->source_facts.changes : "?",
                                     p->source_facts.why ? " — " : "",
                                     p->source_facts.why ? p->source_facts.why : "");
  good ("change detection", grade);
  note_limits (p);
  return 0;
}

/* What needs the sink, and the sample, which needs both. */
static int
check_rest (struct pipeline *p, bool source, struct error *error)
{
  if (pipeline_compile (p, error) < 0 || pipeline_check_identity (p, error) < 0)
    return -1;
  good ("mapping", "fits the sink's schema");
  if (source)
    check_attributes (p);
  if (check_sink (p, error) < 0)
    return -1;
  return source ? check_sample (p, error) : 0;
}

/* One end that fails does not hide what is wrong with the other. */
static int
check_all (const struct cli *cli, struct opened *opened)
{
  struct error error;
  struct pipeline *p = &opened->pipeline;
  if (command_open (cli, OPEN_STATE, STORE_READ, opened, &error) < 0)
    return command_fail (&error);
  good ("configuration", opened->settings.file ? opened->settings.file : "from the environment");
  good ("source plugin", p->source->file);
  good ("sink plugin", p->sink->file);
  int source = check_source (p, &error) < 0 ? command_fail (&error) : 0;
  int rest = check_rest (p, source == 0, &error) < 0 ? command_fail (&error) : 0;
  return source > rest ? source : rest;
}

int
command_check (const struct cli *cli)
{
  struct opened opened = { .has_settings = false };
  int status = check_all (cli, &opened);
  command_close (&opened);
  return status;
}
