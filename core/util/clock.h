/* The clock: the only place of the core that reads it. Any thread. */
#ifndef SYNCD_UTIL_CLOCK_H
#define SYNCD_UTIL_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970-01-01 UTC; for what is kept. */
int64_t clock_now_ms (void);
/* Microseconds of a clock that never jumps; for measuring and waiting. */
int64_t clock_monotonic_us (void);
/* "2026-11-23T20:14:42Z", a text of 21 bytes with its NUL. */
void clock_format (int64_t ms, char ret_text[21]);

#endif
