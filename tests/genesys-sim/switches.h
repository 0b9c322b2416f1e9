/* Everything about the service that is not certain, or that a rehearsal wants different, is a
   switch: set at start (--set NAME=VALUE) or while it runs (PUT /_sim/switches). */
#ifndef SIM_SWITCHES_H
#define SIM_SWITCHES_H

#include "util.h"
#include <stdio.h>

struct switches {
  /* strictness */
  bool strict_content_type, strict_schemas, strict_op, strict_boolean, strict_user_name;
  bool strict_display_name, strict_attributes, strict_phone, strict_types, strict_paths;
  bool strict_members;
  /* what a name or an id that does not exist does: refuse, drop, accept */
  char *unknown_names, *unknown_references, *other_email;
  /* accounts */
  char *revive, *revive_status, *default_role, *default_division, *version_mismatch;
  char *delete_status;
  bool revive_keeps, find_inactive, find_deleted, default_active, put_clears, external_id_unique;
  bool absolute_location, value_path_creates;
  int64_t version_step, invisible;
  /* lists */
  int64_t page_default, page_max, costly_count;
  bool costly_refused, filter_full, filter_unquoted, groups_filter_required;
  int64_t members_max;
  char *group_write_status;
  /* the gateway */
  bool bare_path;
  int64_t rate_limit, rate_window, rate_others, max_body, latency, latency_jitter;
  char *rate_scope, *rate_rounding, *error_shape;
  bool rate_aligned, rate_told;
  /* tokens */
  int64_t token_lifetime, token_real_lifetime, token_idle, token_throttle;
  char *token_refusal, *client_state;
  /* the log */
  bool log, log_bodies;
  int64_t log_max;
};

void switches_init (struct switches *switches);
bool switches_set_text (struct switches *switches, const char *name, const char *value,
                        struct problem *problem);
bool switches_set_json (struct switches *switches, const json_t *object, struct problem *problem);
json_t *switches_get (const struct switches *switches);
void switches_describe (FILE *out);
void switches_copy (struct switches *to, const struct switches *from); /* to: initialised or zero */
void switches_fini (struct switches *switches);

#endif
