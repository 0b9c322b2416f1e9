/* Admission: is what a plugin file returned a descriptor that this host can work with?
 *
 * Reads foreign memory with care: size before content, and copies everything into structs of
 * the host's own size, zero-filled where the plugin is older. Loads and calls nothing. */
#ifndef SYNCD_HOST_ADMIT_H
#define SYNCD_HOST_ADMIT_H

#include "syncd/plugin.h"
#include "util/error.h"

struct admitted {
  struct syncd_plugin plugin; /* its options, source and sink point at the copies below */
  struct syncd_source_ops source;
  struct syncd_sink_ops sink;
  struct syncd_option *options;
};

/* FILE is for messages and NAME what the file's name says. KIND 0: any. ret_admitted is zeroed
 * on failure. Errors: one message with what was found, what was wanted, what to do. */
int admit (const char *file, const char *name, unsigned kind, const struct syncd_plugin *found,
           struct admitted *ret_admitted, struct error *);
void admit_fini (struct admitted *);
/* Is it a source or a sink, as KIND says? Also for a plugin that was admitted before. */
int admit_kind (const char *file, const char *name, unsigned kind, unsigned found, struct error *);

/* admit-options.c: are the declared options sane? */
int admit_options (const char *file, const struct syncd_plugin *, struct error *);

#endif
