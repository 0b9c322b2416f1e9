/* syncd explain: what happens next to the one that is explained, and when. Tells; decides nothing.
 * */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "commands/explain.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

/* The newest token that was shown, and how much it lets go. */
static void
tell_next_held (struct subject *s)
{
  BUFFER_AUTO struct buffer tokens;
  int64_t count = store_queue_count (s->store, QUEUE_HELD, -1);
  buffer_init (&tokens, 1 << 16);
  int rc = store_get_fact (s->store, "held_tokens", &tokens);
  const char *first = rc == 1 ? buffer_text (&tokens) : "TOKEN";
  MEM_AUTO char *token = mem_copy (first, strcspn (first, "\n"));
  tell_format (&s->tell, "next", "it waits until it is approved: syncd --approve %s%s (lets all that is "
               "held go: %" PRId64 " change%s; syncd plan%s lists them), the brake is configured wider, "
               "or the source takes it back", token, s->same, count, TEXT_S (count), s->same);
  if (rc == 1)
    tell_text (&s->tell, "token", token);
}

static void
tell_next_disabled (struct subject *s)
{
  const struct link *link = &s->link;
  int64_t after = s->opened->settings.delete_after_ms;
  if (link->flags & LINK_ADOPTED)
    tell_text (&s->tell, "next", "it stays disabled, for an adopted account is never deleted; enabled "
               "again when the entry comes back");
  else if (after < 0)
    tell_text (&s->tell, "next", "it stays disabled (leavers.delete_after is never); enabled again when "
               "the entry comes back");
  else {
    char when[21];
    clock_format (link->last_ms + after, when);
    MEM_AUTO char *distance = tell_distance (link->last_ms + after);
    tell_format (&s->tell, "next", "deleted by the first pass after %s (%s); enabled again when the "
                 "entry comes back before", when, distance);
    tell_when (&s->tell, "delete after", link->last_ms + after);
  }
}

static void
tell_next_parked (struct subject *s)
{
  const struct link *link = &s->link;
  char when[21];
  if (link->next_try_ms == INT64_MAX) {
    tell_format (&s->tell, "next", "nothing by itself: syncd link %s ACCOUNT%s, or syncd parked "
                 "--retry %s%s", link->id, s->same, link->id, s->same);
    return;
  }
  if (link->next_try_ms <= clock_now_ms ()) {
    tell_text (&s->tell, "next", "tried again by the next pass");
    return;
  }
  clock_format (link->next_try_ms, when);
  MEM_AUTO char *distance = tell_distance (link->next_try_ms);
  tell_format (&s->tell, "next", "tried again by the first pass after %s (%s), when its mapped "
               "attributes change, or by syncd parked --retry %s%s", when, distance, link->id, s->same);
}

static void
tell_next_queued (struct subject *s)
{
  char when[21];
  if (s->row.next_try_ms <= clock_now_ms ()) {
    tell_text (&s->tell, "next", "the next pass does what is queued");
    return;
  }
  if (s->row.next_try_ms == INT64_MAX) {
    tell_text (&s->tell, "next", "the next pass reads its entry again, and does what is queued then");
    return;
  }
  clock_format (s->row.next_try_ms, when);
  tell_format (&s->tell, "next", "the first pass after %s does what is queued", when);
}

/* What happens next, and when. */
void
explain_next (struct subject *s)
{
  if (s->queued && s->row.state == QUEUE_HELD)
    tell_next_held (s);
  else if (s->queued)
    tell_next_queued (s);
  else if (s->link.parked)
    tell_next_parked (s);
  else if (s->link.status == LINK_DISABLED)
    tell_next_disabled (s);
  else if (s->link.reevaluate_at_ms > 1)
    tell_text (&s->tell, "next", "nothing until the entry changes, or the time to look again has come");
  else if (s->link.status == LINK_SYNCED)
    tell_text (&s->tell, "next", "nothing, until the entry changes");
  else if (s->link.status == LINK_NEW)
    tell_text (&s->tell, "next", "the next pass looks at it");
  else
    tell_text (&s->tell, "next", "nothing, unless the entry comes back");
}
