/* The clock; see clock.h. */
#include "config.h"
#include "util/clock.h"

#include <time.h>

int64_t
clock_now_ms (void)
{
  struct timespec now;
  clock_gettime (CLOCK_REALTIME, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_monotonic_us (void)
{
  struct timespec now;
  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void
clock_format (int64_t ms, char ret_text[21])
{
  time_t seconds = (time_t) (ms / 1000);
  struct tm parts;
  if (!gmtime_r (&seconds, &parts) || strftime (ret_text, 21, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
    ret_text[0] = '\0';
}
