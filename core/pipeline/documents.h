/* JSON that plugins describe themselves with, and what they are configured to; shared by the
 * files that read such documents. */
#ifndef SYNCD_PIPELINE_DOCUMENTS_H
#define SYNCD_PIPELINE_DOCUMENTS_H

#include <jansson.h>

#include "pipeline/pipeline.h"

/* A call of a plugin failed with CODE; -1. Configuration gives exit status 2. */
int pipeline_plugin_error (struct error *, struct syncd_ctx *, int32_t code, const char *what);
/* The same for a sink whose own configuration was checked by create(): what fails later is at the
 * other end (exit status 1). */
int pipeline_sink_error (struct error *, struct syncd_ctx *, int32_t code, const char *what);
/* A text member, or an object member as compact text; a text of its own, or NULL. */
char *pipeline_json_member (const json_t *object, const char *key);
/* What a document of an account says: 1 active, 0 inactive, -1 nothing. */
int pipeline_account_active (const char *document, size_t len);
/* Parses what describe() gave and logs its warnings; NULL with an error. */
json_t *pipeline_parse_description (struct buffer *text, struct syncd_ctx *, struct error *);
/* What an option is configured to: " KEY=VALUE" for each of its values. */
void pipeline_option_text (const struct syncd_config *, const char *key, struct buffer *text);
/* A hash of the plugin and of its options; secrets are never among them, nor are options of the types
 * WITHOUT (SYNCD_OPT_LIST, …). */
void pipeline_end_key (const struct loaded *, const struct syncd_config *, uint32_t without,
                       char ret_key[65]);

#endif
