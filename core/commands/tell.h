/* What a command knows of one thing, line by line: as text with labels, or as one JSON object whose keys
 * are the labels with _ for a space. Main thread only. */
#ifndef SYNCD_COMMANDS_TELL_H
#define SYNCD_COMMANDS_TELL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct telling {
  bool json;
  json_t *all; /* JSON: what was told; the caller's own where it nests them */
};

void tell_begin (struct telling *, bool json);
/* Prints the object; nothing more for text. Returns 0, or 1 where standard output fails. */
int tell_end (struct telling *);

/* Nothing where TEXT is NULL or empty. */
void tell_text (struct telling *, const char *label, const char *text);
void tell_format (struct telling *, const char *label, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
/* A moment (ms since 1970), as text with how far it is away; nothing for 0, 1 and never. */
void tell_when (struct telling *, const char *label, int64_t ms);
void tell_number (struct telling *, const char *label, int64_t number);
/* Text: WORDS where it is so. JSON: true or false. */
void tell_flag (struct telling *, const char *label, bool is, const char *words);
/* One of several: JSON has a list. */
void tell_item (struct telling *, const char *label, const char *text);

/* "in 4 min", "3 h ago": a text of its own. */
char *tell_distance (int64_t ms);

#endif
