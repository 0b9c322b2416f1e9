/* Whom does a reference wait for? See references.h. */
#include "config.h"
#include "commands/references.h"

#include "pipeline/wanted.h"
#include "util/mem.h"

static void
tell_target (struct pipeline *p, const char *path, const char *key, struct telling *tell)
{
  struct link target;
  struct error ignored;
  link_init (&target);
  int rc = store_link_by_reference (p->store, key, &target, &ignored);
  MEM_AUTO char *text =
      rc == 1 && target.account ? NULL
      : rc == 1 ? mem_format ("%s waits for %s (%s), which has no account yet%s%s", path,
                              target.name ? target.name : key, target.id,
                              target.parked ? ": it is parked: " : "",
                              target.parked ? target.parked : "")
                : mem_format ("%s points at %s, which is not among the entries that are read", path,
                              key);
  if (text)
    tell_item (tell, "references", text);
  link_fini (&target);
}

static int
tell_entry (struct pipeline *p, const struct entry *entry, struct telling *tell, struct error *error)
{
  struct leaves leaves;
  enum active_state active;
  leaves_init (&leaves, mapping_leaf_count (p->mapping));
  int rc = map_entry (p->mapping, entry, p->hasher, NULL, &leaves, &active, error);
  for (size_t i = 0; rc == 0 && i < mapping_leaf_count (p->mapping); i++) {
    MEM_AUTO char *key = mapping_leaf (p->mapping, i)->reference ? leaves_text (&leaves, i) : NULL;
    if (key)
      tell_target (p, mapping_leaf (p->mapping, i)->path, key, tell);
  }
  leaves_fini (&leaves);
  return rc;
}

static int
ask_source (struct pipeline *p, const char *id, struct telling *tell, struct error *error)
{
  struct entry entry;
  struct syncd_entry *opaque = host_entry (&entry);
  struct syncd_scan_request request = pipeline_scan_request (p, SYNCD_MODE_EVERYTHING);
  entry_init (&entry, mapping_attribute_count (p->mapping));
  int32_t code = p->source->source->get (&p->source_ctx, p->source_session, &request, &id, &opaque, 1);
  int rc = code < 0 ? error_set (error, "%s: %s", p->source_ctx.who, host_failure (&p->source_ctx, code))
           : entry.answer != SYNCD_GET_ENTRY ? error_set (error, "the source does not show the entry")
                                             : tell_entry (p, &entry, tell, error);
  entry_fini (&entry);
  return rc;
}

void
references_tell (const struct cli *cli, const struct link *link, struct telling *tell)
{
  struct opened opened;
  struct error error;
  int rc = command_open (cli, OPEN_STATE, STORE_READ, &opened, &error);
  if (rc == 0)
    rc = pipeline_open_source (&opened.pipeline, &error);
  if (rc == 0)
    rc = pipeline_compile (&opened.pipeline, &error);
  if (rc == 0)
    rc = ask_source (&opened.pipeline, link->id, tell, &error);
  if (rc < 0) {
    MEM_AUTO char *text = mem_format ("one points at an entry without an account; which one cannot be "
                                      "told now: %s", error.text);
    tell_item (tell, "references", text);
  }
  tell_text (tell, "then", "it is set by the pass in which that one has an account");
  command_close (&opened);
}
