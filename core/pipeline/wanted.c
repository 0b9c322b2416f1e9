/* What the mapping wants of both ends; see wanted.h. */
#include "config.h"
#include "pipeline/wanted.h"

#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"

/* "emails[type eq "work"]" → "emails"; "name.givenName" → "name.givenName". */
static char *
attribute_of_path (const char *path)
{
  return mem_copy (path, strcspn (path, "["));
}

static void
add_name (struct pipeline *p, char *name)
{
  for (size_t i = 0; i < p->wanted_count; i++)
    if (strcmp (p->wanted_names[i], name) == 0) {
      free (name);
      return;
    }
  p->wanted_names = mem_resize (p->wanted_names, p->wanted_count + 1, sizeof *p->wanted_names);
  p->wanted_names[p->wanted_count++] = name;
}

static void
make_names (struct pipeline *p)
{
  static const char *const always[] = { "userName", "externalId", "active" };
  for (size_t i = 0; i < sizeof always / sizeof *always; i++)
    add_name (p, mem_copy_text (always[i]));
  for (size_t i = 0; i < mapping_leaf_count (p->mapping); i++)
    if (mapping_leaf (p->mapping, i)->kept)
      add_name (p, attribute_of_path (mapping_leaf (p->mapping, i)->path));
}

void
wanted_make (struct pipeline *p)
{
  size_t count = mapping_attribute_count (p->mapping);
  p->attributes = mem_new (count, sizeof *p->attributes);
  p->attribute_list = mem_new (count, sizeof *p->attribute_list);
  for (size_t i = 0; i < count; i++) {
    bool reference = mapping_attribute_is_reference (p->mapping, i);
    p->attributes[i] = (struct syncd_attribute){ .struct_size = sizeof *p->attributes,
                                                 .flags = reference ? SYNCD_ATTRIBUTE_REFERENCE : 0,
                                                 .name = mapping_attribute (p->mapping, i) };
    p->attribute_list[i] = &p->attributes[i];
  }
  make_names (p);
}

void
wanted_free (struct pipeline *p)
{
  for (size_t i = 0; i < p->wanted_count; i++)
    free ((char *) p->wanted_names[i]);
  free (p->wanted_names);
  free (p->attributes);
  free (p->attribute_list);
}

void
wanted_paths (const struct mapping *mapping, struct buffer *out)
{
  buffer_append_char (out, '[');
  for (size_t i = 0; i < mapping_leaf_count (mapping); i++) {
    if (i)
      buffer_append_char (out, ',');
    json_put_text (out, mapping_leaf (mapping, i)->path);
  }
  buffer_append_char (out, ']');
}

void
wanted_log_lines (const struct buffer *lines)
{
  const char *at = buffer_text (lines);
  while (*at) {
    size_t len = strcspn (at, "\n");
    if (len)
      log_warning ("%.*s", (int) len, at);
    at += len + (at[len] == '\n');
  }
}

void
wanted_use_mail (struct pipeline *p)
{
  struct node *leaf = (struct node *) node_get (p->settings->mapping, "userName");
  if (leaf && leaf->kind == NODE_SCALAR)
    mem_set_text (&leaf->text, "mail");
}

struct syncd_scan_request
pipeline_scan_request (const struct pipeline *p, uint32_t mode)
{
  return (struct syncd_scan_request){ .struct_size = sizeof (struct syncd_scan_request),
                                      .mode = mode,
                                      .type = "User",
                                      .attributes = p->attribute_list,
                                      .attribute_count = mapping_attribute_count (p->mapping) };
}
