/* protect, after somebody was parked for it: that is said once, and whoever is parked so stays, until
 * the configuration names that user no more. What protect is about: names.c. Main thread only. */
#include "config.h"

#include <string.h>

#include "pipeline/decisions.h"
#include "pipeline/names.h"
#include "util/clock.h"
#include "util/mem.h"

#define FACT "protect"
#define NAMES_MAX ((size_t) 1 << 20)
#define LOOK_AGAIN_MS STORE_PARKED_MOST_MS

bool
protect_was_said (const struct link *link, const char *reason)
{
  return link->parked && strcmp (link->parked, reason) == 0 && strstr (reason, NAMES_IN_PROTECT);
}

int
protect_keeps_leaver (struct pass *pass, struct link *link, struct error *error)
{
  const struct queued leaving = { .intent = QUEUE_DISABLE };
  const struct link before = { .given_name = link->given_name };
  MEM_AUTO char *why = names_why_protected (pass->p->settings, &before, &leaving);
  if (!why || !protect_was_said (link, why))
    return 0;
  link->next_try_ms = clock_now_ms () + LOOK_AGAIN_MS;
  return store_link_put (pass->store, link, error) < 0 ? -1 : 1;
}

struct release {
  struct pass *pass;
  struct error *error;
};

static int
release_one (void *data, struct link *link)
{
  struct release *release = data;
  const struct settings *s = release->pass->p->settings;
  if (!strstr (link->parked, NAMES_IN_PROTECT) || names_protected (s, link->given_name)
      || names_protected (s, link->wanted_name))
    return 0;
  return decide_retry (release->pass->store, link, release->error);
}

static void
list_names (const struct settings *settings, struct buffer *out)
{
  for (size_t i = 0; i < settings->protect_count; i++)
    buffer_printf (out, "%s\n", settings->protect[i]);
}

static int
take_change (struct pass *pass, struct error *error)
{
  struct release release = { pass, error };
  BUFFER_AUTO struct buffer now;
  buffer_init (&now, NAMES_MAX);
  list_names (pass->p->settings, &now);
  int rc = store_links_each (pass->store, LINKS_PARKED, 0, release_one, &release, error);
  return rc < 0 ? -1 : store_put_fact (pass->store, FACT, buffer_text (&now), now.len, error);
}

int
protect_compare (struct pass *pass, struct error *error)
{
  BUFFER_AUTO struct buffer kept, now;
  buffer_init (&kept, NAMES_MAX);
  buffer_init (&now, NAMES_MAX);
  store_get_fact (pass->store, FACT, &kept);
  list_names (pass->p->settings, &now);
  return strcmp (buffer_text (&kept), buffer_text (&now)) == 0
             ? 0 : pass_transaction (pass, take_change, error);
}
