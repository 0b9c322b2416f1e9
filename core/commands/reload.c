/* SIGHUP: the configuration is read anew, tried out, and takes over or is refused; see reload.h. */
#include "config.h"
#include "commands/reload.h"

#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/mem.h"

void
reload_set_interval (const struct watching *w, struct opened *opened)
{
  if (w->interval_ms)
    opened->settings.every_ms = w->interval_ms;
}

void
reload_remember (struct watching *w, const char *why)
{
  struct error ignored;
  struct store *store = w->opened->pipeline.store;
  mem_set_text (&w->refused, why);
  if (!store || store_begin (store, &ignored) < 0)
    return;
  int rc = why ? store_put_fact (store, RELOAD_REFUSED, why, strlen (why), &ignored)
               : store_drop_fact (store, RELOAD_REFUSED, &ignored);
  if (rc < 0 || store_commit (store, &ignored) < 0)
    store_rollback (store);
}

/* The plugins' code is loaded once; the state stays open where it is the same. */
static bool
lend (struct pipeline *from, struct pipeline *to, bool store)
{
  to->loader = from->loader;
  from->loader = NULL;
  if (!store)
    return false;
  to->store = from->store;
  to->hasher = from->hasher;
  from->store = NULL;
  from->hasher = NULL;
  return true;
}

/* That the sink is away is no fault of the configuration; that it refuses the secret is. */
static int
try_sink (struct pipeline *p, struct error *error)
{
  struct error why;
  if (pipeline_open_sink (p, &why) == 0)
    return 0;
  if (p->sink_refused)
    return error_set (error, "%s", why.text);
  log_warning ("%s; the new configuration is taken all the same", why.text);
  return 0;
}

/* Everything that the new configuration says is tried before the old one is let go. */
static int
try_out (const struct watching *w, struct opened *next, struct error *error)
{
  struct pipeline *old = &w->opened->pipeline, *p = &next->pipeline;
  bool same = strcmp (next->settings.state_path, old->settings->state_path) == 0;
  bool lent = lend (old, p, same);
  int rc = pipeline_load (p, w->cli->plugin_dir, error);
  if (rc == 0 && !lent)
    rc = pipeline_open_store (p, STORE_WRITE, error);
  if (rc == 0)
    rc = pipeline_open_source (p, error);
  if (rc == 0)
    rc = pipeline_compile (p, error);
  if (rc == 0)
    rc = pipeline_check_identity (p, error);
  if (rc == 0)
    rc = try_sink (p, error);
  if (rc < 0) {
    store_rollback (lent ? p->store : old->store);
    lend (p, old, lent);
  }
  return rc;
}

static struct opened *
open_next (const struct watching *w, struct error *error)
{
  struct opened *next = mem_new (1, sizeof *next);
  if (settings_load (&w->cli->files, &next->settings, error) < 0) {
    free (next);
    return NULL;
  }
  next->has_settings = true;
  reload_set_interval (w, next);
  pipeline_init (&next->pipeline, &next->settings);
  next->has_pipeline = true;
  watch_trying (&next->pipeline);
  int rc = try_out (w, next, error);
  watch_trying (NULL);
  if (rc == 0)
    return next;
  pipeline_fini (&next->pipeline);
  settings_fini (&next->settings);
  free (next);
  return NULL;
}

static void
close_opened (struct opened *opened)
{
  pipeline_fini (&opened->pipeline);
  settings_fini (&opened->settings);
  free (opened);
}

struct pipeline *
reload_run (void *data, struct pipeline *p)
{
  struct watching *w = data;
  struct error error = { 0, "" };
  struct opened *next = open_next (w, &error);
  if (!next) {
    log_error ("the new configuration is refused, the old one goes on: %s", error.text);
    reload_remember (w, error.text);
    return p;
  }
  watch_taken (&next->pipeline);
  close_opened (w->opened);
  w->opened = next;
  reload_remember (w, NULL);
  log_info ("the configuration was read anew%s%s", next->settings.file ? ": " : "",
            next->settings.file ? next->settings.file : "");
  return &next->pipeline;
}
