/* Memory, clocks, random ids and growable text: what every other file of the simulator leans on. */
#ifndef SIM_UTIL_H
#define SIM_UTIL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UUID_SIZE 37 /* 36 characters and the end */
#define TIME_SIZE 25 /* 2024-01-01T00:00:00.000Z and the end */

/* These end the process with a message when memory runs out. */
void *mem_new (size_t size); /* zeroed */
void *mem_resize (void *memory, size_t size);
char *mem_copy (const char *text);
char *mem_copy_n (const char *text, size_t length);

int64_t clock_steady (void); /* milliseconds, never goes back */
int64_t clock_wall (void);   /* milliseconds since 1970 */
void clock_format (int64_t wall_ms, char ret_text[TIME_SIZE]);

void random_seed (uint64_t seed); /* 0: from the system */
uint64_t random_next (uint64_t *state);
void random_uuid (char ret_uuid[UUID_SIZE]);
void random_text (char *ret_text, size_t length); /* letters and digits, no end written */

/* A user name as it is compared: lower case. The caller frees. */
char *text_fold (const char *text);
bool text_equal_fold (const char *a, const char *b, size_t length);

struct buffer {
  char *data; /* always ends in a zero byte once anything was added */
  size_t length, room;
};
void buffer_reserve (struct buffer *buffer, size_t more);
void buffer_add (struct buffer *buffer, const char *data, size_t length);
void buffer_text (struct buffer *buffer, const char *text);
void buffer_format (struct buffer *buffer, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));
void buffer_quote (struct buffer *buffer, const char *text); /* as a JSON string; NULL: null */
void buffer_quote_n (struct buffer *buffer, const char *text, size_t length);
void buffer_json (struct buffer *buffer, const json_t *json);
void buffer_fini (struct buffer *buffer);

/* What was wrong with a request, on its way up to the reply. */
struct problem {
  int status;
  const char *type; /* scimType, or NULL */
  char detail[400];
};
bool problem_set (struct problem *problem, int status, const char *type, const char *format, ...)
    __attribute__ ((format (printf, 4, 5))); /* always false */

#endif
