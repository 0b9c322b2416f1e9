/* syncd map: maps one entry and prints the JSON that it yields; for trying a mapping out. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "commands/ldif.h"
#include "commands/sample.h"
#include "pipeline/wanted.h"
#include "util/log.h"
#include "util/mem.h"

static int
print_document (const char *json, size_t len)
{
  json_t *document = json_loadb (json, len, 0, NULL);
  if (!document)
    return -1;
  json_dumpf (document, stdout, JSON_INDENT (2));
  putchar ('\n');
  json_decref (document);
  return fflush (stdout) == 0 ? 0 : -1;
}

int
sample_print (struct pipeline *p, const struct entry *entry, struct error *error)
{
  struct leaves leaves;
  struct error why;
  enum active_state active;
  BUFFER_AUTO struct buffer document;
  buffer_init (&document, (size_t) 64 << 20);
  leaves_init (&leaves, mapping_leaf_count (p->mapping));
  int rc = map_entry (p->mapping, entry, p->hasher, NULL, &leaves, &active, &why);
  if (rc < 0)
    error_set (error, "%s cannot be mapped: %s", buffer_text (&entry->name), why.text);
  if (rc == 0) {
    map_document (p->mapping, &leaves, true, &document);
    rc = print_document (buffer_text (&document), document.len);
  }
  leaves_fini (&leaves);
  return rc;
}

/* No network: the schema that the last run kept, or none. */
static int
compile_offline (struct pipeline *p, struct error *error)
{
  BUFFER_AUTO struct buffer text, warnings;
  buffer_init (&text, (size_t) 8 << 20);
  buffer_init (&warnings, (size_t) 8 << 20);
  bool kept = p->store && store_get_fact (p->store, "sink_schema", &text) == 1;
  if (kept && schema_parse (buffer_text (&text), text.len, &p->schema, error) < 0)
    return -1;
  if (mapping_compile (p->settings->mapping, p->settings->schemas, p->schema, &warnings, &p->mapping,
                       error) < 0)
    return -1;
  wanted_log_lines (&warnings);
  wanted_make (p);
  return 0;
}

static int
map_ldif (struct pipeline *p, struct error *error)
{
  struct entry entry;
  entry_init (&entry, mapping_attribute_count (p->mapping));
  int rc = ldif_read (stdin, p->mapping, &entry, error);
  if (rc == 0)
    rc = sample_print (p, &entry, error);
  entry_fini (&entry);
  return rc;
}

static int
map_dn (struct pipeline *p, const char *id, struct error *error)
{
  struct entry entry;
  struct syncd_entry *opaque = host_entry (&entry);
  struct syncd_scan_request request = pipeline_scan_request (p, SYNCD_MODE_EVERYTHING);
  entry_init (&entry, mapping_attribute_count (p->mapping));
  int32_t code = p->source->source->get (&p->source_ctx, p->source_session, &request, &id, &opaque, 1);
  int rc;
  if (code < 0)
    rc = error_set (error, "%s: %s", p->source_ctx.who, host_failure (&p->source_ctx, code));
  else if (entry.answer != SYNCD_GET_ENTRY)
    rc = error_set (error, "%s: the source has no entry \"%s\"%s", p->source_ctx.who, id,
                    entry.answer == SYNCD_GET_OUT_OF_SCOPE ? " within the configured base and filter"
                                                           : "");
  else
    rc = sample_print (p, &entry, error);
  entry_fini (&entry);
  return rc;
}

static int
map_one (const struct cli *cli, struct opened *opened, struct error *error)
{
  struct pipeline *p = &opened->pipeline;
  bool ldif = strcmp (cli->arguments[0], "-") == 0;
  if (command_open (cli, ldif ? OPEN_NO_PLUGIN : OPEN_STATE, STORE_READ, opened, error) < 0)
    return -1;
  if (ldif)
    return compile_offline (p, error) < 0 ? -1 : map_ldif (p, error);
  if (pipeline_open_source (p, error) < 0 || pipeline_compile (p, error) < 0)
    return -1;
  return map_dn (p, cli->arguments[0], error);
}

int
command_map (const struct cli *cli)
{
  struct opened opened = { .has_settings = false };
  struct error error;
  if (cli->argument_count != 1) {
    log_error ("map needs one argument: a DN, or - for LDIF on standard input");
    return 2;
  }
  int status = map_one (cli, &opened, &error) < 0 ? command_fail (&error) : 0;
  command_close (&opened);
  return status;
}
