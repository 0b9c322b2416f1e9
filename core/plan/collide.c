/* Who may have a name, and what the brakes allow (guarantees: Collisions, Brakes). Pure. */
#include "config.h"
#include "plan/collide.h"

#include <stdio.h>
#include <string.h>

#include "util/buffer.h"
#include "util/mem.h"

#define NAME_MAX_BYTES ((size_t) 1 << 20)

/* ---- names ---- */

static size_t
base_length (const char *wanted)
{
  const char *at = strrchr (wanted, '@');
  return at && at != wanted ? (size_t) (at - wanted) : strlen (wanted);
}

/* FORMAT with {base} and {n} filled in; a format without {n} gets the number at its end. */
static void
put_format (struct buffer *out, const char *format, const char *base, size_t len, int n)
{
  bool numbered = false;
  while (*format) {
    if (strncmp (format, "{base}", 6) == 0) {
      buffer_append (out, base, len);
      format += 6;
    } else if (strncmp (format, "{n}", 3) == 0) {
      buffer_printf (out, "%d", n);
      numbered = true;
      format += 3;
    } else {
      buffer_append_char (out, *format++);
    }
  }
  if (!numbered)
    buffer_printf (out, "%d", n);
}

/* Names are never shortened: how long they may be is for the sink to say, and a cut name is
 * nobody's. */
char *
collide_candidate (const char *format, const char *wanted, int n)
{
  struct buffer out;
  size_t len = base_length (wanted);
  if (n <= 0)
    return mem_copy_text (wanted);
  buffer_init (&out, NAME_MAX_BYTES);
  put_format (&out, format, wanted, len, n);
  buffer_append_text (&out, wanted + len);
  return buffer_take (&out);
}

char *
collide_temporary (const char *wanted, unsigned seed)
{
  return mem_format ("syncd-%08x%s", seed, wanted + base_length (wanted));
}

/* ---- verdicts ---- */

static enum verdict
say (enum verdict verdict, const char *why, const char **ret_why)
{
  *ret_why = why;
  return verdict;
}

static enum verdict
by_policy (const struct claim *claim, const char *taken, const char **ret_why)
{
  switch (claim->policy) {
  case COLLISION_SKIP:
  default:
    return say (VERDICT_PARK, taken, ret_why);
  case COLLISION_FAIL:
    return say (VERDICT_FAIL, taken, ret_why);
  case COLLISION_SUFFIX:
    if (claim->attempts >= claim->max_attempts)
      return say (VERDICT_PARK, "the name and all that were tried in its place are taken", ret_why);
    return say (VERDICT_NEXT, taken, ret_why);
  }
}

/* Only the name that the entry really wants says who somebody is: jsmith_1 may be anybody. */
static bool
is_first (const struct claim *claim)
{
  return claim->attempts == 0;
}

static enum verdict
judge_stranger (const struct claim *claim, const char **ret_why)
{
  const bool foreign = claim->holder == HOLDER_FOREIGN;
  const bool may = !foreign || claim->adopt_foreign;
  if (is_first (claim) && claim->match_accepts && may) {
    if (claim->protected_name)
      return say (VERDICT_PARK, "the account that would be adopted is protected", ret_why);
    return say (VERDICT_ADOPT, foreign ? "an account with another externalId is adopted "
                "(adopt_foreign)" : "an account without an owner matches", ret_why);
  }
  return by_policy (claim, foreign ? "the name is held by an account with another externalId"
                                   : "the name is held by an account that no match rule accepts",
                    ret_why);
}

static enum verdict
judge_left (const struct claim *claim, const char **ret_why)
{
  if (!is_first (claim))
    return by_policy (claim, "the name is held by the account of someone who left", ret_why);
  if (claim->left == LEFT_SUFFIX) {
    struct claim other = *claim;
    other.policy = COLLISION_SUFFIX;
    return by_policy (&other, "the name is held by the account of someone who left", ret_why);
  }
  if (claim->left == LEFT_PARK)
    return say (VERDICT_PARK, "the name is held by the account of someone who left: the same "
                "person again, or a namesake?", ret_why);
  if (claim->protected_name)
    return say (VERDICT_PARK, "the account that would be adopted is protected", ret_why);
  return say (VERDICT_ADOPT, "the account of someone who left is adopted (collision.left)", ret_why);
}

static enum verdict
judge_holder (const struct claim *claim, const char **ret_why)
{
  switch (claim->holder) {
  case HOLDER_OURS:
    if (claim->protected_name)
      return say (VERDICT_PARK, "the account that carries this entry's externalId is protected",
                  ret_why);
    return say (VERDICT_LINK, "the account carries this entry's externalId", ret_why);
  case HOLDER_UNOWNED:
  case HOLDER_FOREIGN:
    return judge_stranger (claim, ret_why);
  case HOLDER_OTHER:
    return by_policy (claim, "the name is held by the account of another entry", ret_why);
  case HOLDER_OTHER_LEAVING:
    return say (VERDICT_WAIT, "the account that holds the name gives it up in this pass", ret_why);
  case HOLDER_LEFT:
    return judge_left (claim, ret_why);
  default:
    return say (VERDICT_TAKE, "the name is free", ret_why);
  }
}

enum verdict
collide_judge (const struct claim *claim, const char **ret_why)
{
  if (claim->holder == HOLDER_SELF)
    return say (VERDICT_TAKE, "the account is the entry's own", ret_why);
  if (claim->holder != HOLDER_OURS && is_first (claim) && claim->match_hits > 1)
    return say (VERDICT_PARK, "several accounts match this entry", ret_why);
  return judge_holder (claim, ret_why);
}

/* ---- brakes ---- */

/* More than PERCENT of OWNED, without rounding and without overflow. */
static bool
is_more_than (size_t count, int percent, size_t owned)
{
  size_t whole = owned / 100 * (size_t) percent, rest = owned % 100 * (size_t) percent;
  return count > whole && (count - whole) > rest / 100;
}

bool
collide_brake_trips (const struct brake *brake, size_t count, size_t owned, bool leavers)
{
  if (leavers && count > 2 && count > owned / 2)
    return true;
  return count > (size_t) (brake->min < 0 ? 0 : brake->min)
         && is_more_than (count, brake->percent < 0 ? 0 : brake->percent, owned);
}
