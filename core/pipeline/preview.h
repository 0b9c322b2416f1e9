/* What a pass would do: the queue, planned but not sent. For `plan`, dry runs and held lists. */
#ifndef SYNCD_PIPELINE_PREVIEW_H
#define SYNCD_PIPELINE_PREVIEW_H

#include "pipeline/pass.h"
#include "plan/plan.h"

/* One planned change, as a person reads it. */
struct preview {
  const char *action;   /* "create", "create?" (not looked up in the sink), "update", … */
  const struct link *link;
  const char *user_name; /* that it will have */
  const char *held;     /* why it is held, or NULL */
  const char *const *paths; /* attributes that differ */
  size_t path_count;
};

/* Fills the report's counters with what would be done. */
int preview_count (struct pass *, struct error *);
/* Calls VISIT for every planned change: queued, then held. */
int preview_each (struct pass *, void (*visit) (void *data, const struct preview *), void *data,
                  struct error *);

#endif
