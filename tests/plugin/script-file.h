/* The file behind the test source "script": JSON, one object a line.
 *
 *   {"describe": {…}}              members that replace those of the default description
 *   {"schema": {…}}                what schema() answers; none: not supported
 *   {"open-error": ERROR}          open() fails; ERROR is {"code": "unreachable", "message": "…"}
 *   {"describe-error": ERROR}      describe() fails
 *   {"get-error": ERROR}           get() fails
 *   {"get": {"id": "…", "answer": "entry"|"gone"|"out-of-scope"|"failed"}}
 *                                  else get() looks for the newest entry or delete with that id
 *                                  or name in the whole file, and answers "gone" without one
 *   {"scan": {"mode": "everything"|"changes"|"watch"|"inventory", "checkpoint": "…"}}
 *                                  the events that follow are played for such a scan only; both
 *                                  members are optional. Without any such line all events are
 *                                  for every scan. A scan of changes or watch for which no line
 *                                  fits is refused with SYNCD_E_CHECKPOINT.
 *   {"entry": {"id", "token", "name", "type", "keys": […], "reevaluate_at": MS,
 *              "attributes": {"uid": VALUE, "mail": [VALUE…]}}, "count": N}
 *                                  VALUE: text, number, true, {"hex": "00ff"},
 *                                  {"text": "x", "times": 1000000}. count: N times, with {n}
 *                                  replaced by 1…N in every text
 *   {"delete": "id"}  {"still-there": {"id", "token"}, "count": N}
 *   {"checkpoint": "…"}  {"reset": true}  {"caught-up": true}  {"idle": true}
 *   {"wait": MS}                   nothing comes for that long
 *   {"kill": true}                 the process is killed by SIGKILL
 *   {"all": true}  {"changes": true}  {"partial": "why"}  {"error": ERROR}
 *                                  the end; without one the scan ends in an error, or, in watch,
 *                                  waits for lines that are appended to the file
 *
 * Lines that are empty or begin with # are skipped. */
#ifndef SYNCD_TESTS_SCRIPT_FILE_H
#define SYNCD_TESTS_SCRIPT_FILE_H

#include <jansson.h>
#include <stddef.h>

struct script {
  json_t *lines; /* array of objects */
  size_t size;   /* bytes of the file, to see that it grew */
};

/* 0, or -1 with a reason in TEXT of SIZE bytes. */
int script_read (const char *file, struct script *ret_script, char *text, size_t size);
void script_free (struct script *);
/* The value of the last line that has KEY, or NULL. */
json_t *script_setting (const struct script *, const char *key);
/* The index of the first event for that scan, or -1. */
long script_section (const struct script *, const char *mode, const char *checkpoint);
/* The next event at or behind AT of the same section, or NULL at its end; advances *AT to it. */
json_t *script_event (const struct script *, size_t *at);
/* What get() answers for an id or name: "gone", … and the line with the entry and its {n}. */
const char *script_answer (const struct script *, const char *id, json_t **ret_line, long *ret_n);
/* TEXT with {n} replaced; free() it. NULL without memory. */
char *script_expand (const char *text, long n);

#endif
