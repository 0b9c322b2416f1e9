/* Who is parked is warned of one by one; where hundreds are for one reason (an attribute that the
 * directory hides, say) the first ten are, and the rest is a number at the pass's end. The report and
 * the state name everybody. Main thread only. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/pass.h"
#include "util/log.h"
#include "util/mem.h"

#define TOLD_EACH 10
#define REASONS 64 /* different ones that are counted; others are told each time */

struct repeats {
  struct {
    char *reason;
    int64_t count;
  } of[REASONS];
  size_t used;
};

bool
repeats_told (struct pass *pass, const char *reason)
{
  if (!pass->repeats)
    pass->repeats = mem_new (1, sizeof *pass->repeats);
  struct repeats *repeats = pass->repeats;
  size_t i = 0;
  while (i < repeats->used && strcmp (repeats->of[i].reason, reason) != 0)
    i++;
  if (i == REASONS)
    return false;
  if (i == repeats->used)
    repeats->of[repeats->used++].reason = mem_copy_text (reason);
  return ++repeats->of[i].count > TOLD_EACH;
}

void
repeats_end (struct pass *pass)
{
  struct repeats *repeats = pass->repeats;
  for (size_t i = 0; repeats && i < repeats->used; i++) {
    if (repeats->of[i].count > TOLD_EACH)
      log_warning ("parked %" PRId64 " more for the same reason: %s%s",
                   repeats->of[i].count - TOLD_EACH, repeats->of[i].reason,
                   pass->options->dry_run ? "" : " (see: syncd parked)");
    free (repeats->of[i].reason);
  }
  free (repeats);
  pass->repeats = NULL;
}
