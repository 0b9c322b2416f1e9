/* Whose state is it? It belongs to one source and one sink: what each says of itself is compared with
 * what was said when the state was made. Of a source that is away nobody says anything: then it counts
 * that its configuration is still the one under which it was known last. Main thread only. */
#include "config.h"

#include <string.h>

#include "pipeline/documents.h"
#include "util/mem.h"

#define FACT_MAX ((size_t) 1 << 16)

static int
check_fact (struct pipeline *p, const char *name, const char *what, const char *now,
            struct error *error)
{
  BUFFER_AUTO struct buffer kept;
  buffer_init (&kept, FACT_MAX);
  int found = store_get_fact (p->store, name, &kept);
  if (found < 0)
    return error_set (error, "%s: the state cannot be read", p->settings->state_path);
  if (found == 0 || !now || strcmp (buffer_text (&kept), now) == 0)
    return 0;
  return error_config (error,
                       "%s belongs to another %s: it was made with %s, the configuration means %s. "
                       "Use another state file (--state), or have everybody matched anew "
                       "(--rebind)",
                       p->settings->state_path, what, buffer_text (&kept), now);
}

static int
keep_identity (struct pipeline *p, struct error *error)
{
  char configured[65];
  const char *source = p->source_facts.identity ? p->source_facts.identity : "";
  const char *sink = p->sink_facts.identity ? p->sink_facts.identity : "";
  pipeline_end_key (p->source, p->source_config, 0, configured);
  struct fact facts[] = {
    { "source_identity", source }, { "source_configured", configured }, { "sink_identity", sink }
  };
  return store_keep_facts (p->store, facts, sizeof facts / sizeof *facts, error);
}

/* A source that is away has said nothing that could be kept. */
int
pipeline_check_identity (struct pipeline *p, struct error *error)
{
  if (!p->store || p->identity_checked)
    return 0;
  if (check_fact (p, "source_identity", "source", p->source_facts.identity, error) < 0
      || check_fact (p, "sink_identity", "sink", p->sink_facts.identity, error) < 0)
    return -1;
  if (p->source_session && !store_is_read_only (p->store) && keep_identity (p, error) < 0)
    return -1;
  p->identity_checked = true;
  return 0;
}

bool
pipeline_source_is_known (const struct pipeline *p)
{
  char configured[65];
  BUFFER_AUTO struct buffer kept;
  buffer_init (&kept, FACT_MAX);
  if (!p->store || store_get_fact (p->store, "source_configured", &kept) != 1)
    return false;
  pipeline_end_key (p->source, p->source_config, 0, configured);
  return strcmp (buffer_text (&kept), configured) == 0;
}
