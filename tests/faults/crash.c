/* The points of core/util/crash.h, in the build that can be killed at them. Threads: any. */
#include "config.h"
#include "util/crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long visits;

void
crash_point (const char *name)
{
  const char *at = getenv ("SYNCD_CRASH_AT");
  size_t len = strlen (name);
  if (!at || strncmp (at, name, len) != 0 || at[len] != ':')
    return;
  if (atomic_fetch_add (&visits, 1) + 1 == strtol (at + len + 1, NULL, 10))
    kill (getpid (), SIGKILL);
}
