/* One configured pipeline: both plugins, the state and the mapping, opened step by step.
 *
 * Commands open as much of it as they need. Main thread only, but for `cancelled`. */
#ifndef SYNCD_PIPELINE_PIPELINE_H
#define SYNCD_PIPELINE_PIPELINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/options.h"
#include "config/settings.h"
#include "host/host.h"
#include "host/loader.h"
#include "map/map.h"
#include "pipeline/budget.h"
#include "pipeline/report.h"
#include "record/schema.h"
#include "store/store.h"
#include "util/error.h"

/* What the source says of itself (describe). */
struct source_facts {
  char *identity, *scope, *server, *changes, *why;
  char *blind;                    /* what its changes do not tell, as a list for people */
  bool blind_to_deletes;
};

/* What the sink says of itself. */
struct sink_facts {
  char *identity;
  bool user_name_is_email;
  int64_t page_size;
};

struct pipeline {
  const struct settings *settings;
  struct loader *loader;
  const struct loaded *source, *sink;
  struct syncd_config *source_config, *sink_config;
  struct syncd_ctx source_ctx, sink_ctx;
  void *source_instance, *source_session, *sink_instance, *sink_session;
  struct source_facts source_facts;
  struct host_memory source_memory; /* what the source's plugin wants to know again */
  bool source_refused;            /* its last open: who we say to be is not believed */
  bool sink_refused;              /* its last open: who we say to be, or what we want, is refused */
  bool identity_checked;          /* since the source was opened last */
  int64_t newly_linked;           /* references to them wait for the queue's end */
  int64_t inventory_cost_ms;      /* how long the last inventory took */
  struct sink_facts sink_facts;
  struct budget budget;
  atomic_int cancelled;           /* 0, or the signal: nothing new is begun */
  struct store *store;
  struct hasher *hasher;
  struct schema *schema;
  struct mapping *mapping;
  int64_t mapping_number;
  struct syncd_attribute *attributes;              /* what the mapping wants, for scans */
  const struct syncd_attribute **attribute_list;
  const char **wanted_names;      /* of the sink's attributes, for look-ups */
  size_t wanted_count;
};

void pipeline_init (struct pipeline *, const struct settings *);
/* Closes whatever is open. */
void pipeline_fini (struct pipeline *);

/* Each step needs the ones before it; -1 with the reason. */
int pipeline_load (struct pipeline *, const char *plugin_dir, struct error *); /* no network */
int pipeline_open_store (struct pipeline *, enum store_mode, struct error *);
int pipeline_open_source (struct pipeline *, struct error *);
/* What the source says of itself now: it may have looked closer, or be another server. */
int pipeline_describe_source (struct pipeline *, struct error *);
/* Closes the source's session; what it said of itself is kept until it is opened again. */
void pipeline_close_source (struct pipeline *);
int pipeline_open_sink (struct pipeline *, struct error *);   /* one session, where not open yet */
/* Schema (from the state for a day, else from the sink) and mapping. */
int pipeline_compile (struct pipeline *, struct error *);
/* Is the state of this source and this sink? */
int pipeline_check_identity (struct pipeline *, struct error *);
/* Is its configuration the one under which it answered last? Then the state is of it, also while it
 * cannot be asked. */
bool pipeline_source_is_known (const struct pipeline *);

/* A request for a scan with the mapping's attributes. */
struct syncd_scan_request pipeline_scan_request (const struct pipeline *, uint32_t mode);

#endif
