/* What the mapping wants of both ends: the source's attributes, the sink's attribute names. */
#ifndef SYNCD_PIPELINE_WANTED_H
#define SYNCD_PIPELINE_WANTED_H

#include "pipeline/pipeline.h"

/* Fills p->attributes, attribute_list and wanted_names from the mapping. */
void wanted_make (struct pipeline *);
void wanted_free (struct pipeline *);
/* The leaf paths as a JSON array: kept beside a mapping's number. */
void wanted_paths (const struct mapping *, struct buffer *out);
/* Logs each line of a text as a warning. */
void wanted_log_lines (const struct buffer *lines);
/* The mapping that nobody configured gives e-mail addresses to a sink that wants them. */
void wanted_use_mail (struct pipeline *);

#endif
