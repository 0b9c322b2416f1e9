/* Making one leaf of one entry (render.c), for entry.c. */
#ifndef SYNCD_MAP_RENDER_H
#define SYNCD_MAP_RENDER_H

#include "map/internal.h"

/* Appends the leaf's JSON to OUT, and what was left out to WARNINGS. 1 there is a value, 0
 * absent (nothing is appended), -1 failed: evaluation->why, ->attribute and ->shown tell. */
int render_leaf (struct evaluation *, size_t leaf, struct buffer *out, struct buffer *warnings);
/* The reason in a person's words: which leaf, which attribute, which value (shortened). */
void render_reason (const struct evaluation *, size_t leaf, char *ret_text, size_t size);
/* Cuts the buffer back to LEN bytes. */
void render_cut (struct buffer *, size_t len);

#endif
