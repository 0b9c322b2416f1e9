/* The pace; see pace.h. */
#include "config.h"
#include "pipeline/pace.h"

#include <string.h>

#define SECOND ((int64_t) 1000000)
#define MINUTE (60 * SECOND)
#define LONGEST_WAIT_MS ((int64_t) 10 * 60 * 1000)
#define LONGEST_WINDOW_MS ((int64_t) 60 * 60 * 1000)
#define LONGEST_JITTER SECOND
#define MOST ((int64_t) 1000000000)    /* requests; numbers that are told are taken up to this */
#define ROUNDING (SECOND + SECOND / 4) /* what a reset in whole seconds may be off, and some more */
#define PATIENCE (2 * SECOND)          /* then those without an answer no longer hold up others */
#define WIDEST 64                      /* the most sessions that can be configured */
#define NEVER_TOLD 4                   /* so many without an answer, and there never was one */

static int64_t
smaller (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static int64_t
larger (int64_t a, int64_t b)
{
  return a > b ? a : b;
}

/* xorshift64: to be unlike others, not to be secret. */
static int64_t
chance (struct pace *p, int64_t limit)
{
  p->dice ^= p->dice << 13;
  p->dice ^= p->dice >> 7;
  p->dice ^= p->dice << 17;
  return limit > 0 ? (int64_t) (p->dice % (uint64_t) limit) : 0;
}

void
pace_init (struct pace *p, int64_t pinned, uint64_t seed)
{
  memset (p, 0, sizeof *p);
  p->pinned = pinned;
  p->allowed = pinned > 0 ? pinned : -1;
  p->length_us = pinned > 0 ? MINUTE : 0;
  p->width = 1;
  p->dice = seed ? seed : 1;
}

/* ---- the window ---- */

static int64_t
reserve (const struct pace *p)
{
  return p->pinned ? 0 : larger (1, p->allowed / 100);
}

/* Few that we cannot tell from requests of ours that were counted sooner or later than we think. */
static int64_t
of_others (const struct pace *p)
{
  return p->others > p->peak + 2 ? p->others : 0;
}

static void
begin_window (struct pace *p, int64_t began, int64_t ends)
{
  p->used_before = p->used;
  p->others_before = of_others (p);
  p->began_us = began;
  p->ends_us = ends;
  p->used = p->sent = p->base = p->others = 0;
  p->peak = p->under_way;
}

/* After a window the next one begins. After a long silence nothing is known again. */
static void
roll (struct pace *p, int64_t now)
{
  if (p->pinned && (!p->ends_us || now >= p->ends_us)) {
    begin_window (p, now, now + p->length_us);
    return;
  }
  if (!p->ends_us || now < p->ends_us)
    return;
  if (now - p->ends_us > p->length_us) {
    p->ends_us = 0;
    p->used = p->others = p->others_before = 0;
    p->width = 1;
    return;
  }
  begin_window (p, p->ends_us, p->ends_us + p->length_us);
  p->predicted = true;
}

/* How many of what is left are ours. */
static int64_t
share (const struct pace *p, int64_t now)
{
  int64_t left = p->allowed - reserve (p) - p->used;
  int64_t others = larger (p->others_before, of_others (p));
  int64_t expected = (int64_t) ((double) others * (double) (p->ends_us - now) / (double) p->length_us);
  return others ? larger ((left + 1) / 2, left - expected) : left;
}

/* The next one leaves so much later that all of ours do before the end; at most twice as fast as
 * the limit allows on the whole, and just so fast where no answer has shown the window yet. */
static int64_t
spacing (const struct pace *p, int64_t rest, int64_t now)
{
  int64_t even = p->length_us / larger (1, p->allowed - reserve (p));
  return p->predicted ? even : larger ((p->ends_us - now) / (larger (0, rest) + 1), even / 2);
}

static int64_t
ask_window (struct pace *p, int64_t now)
{
  roll (p, now);
  if (!p->ends_us)
    return 0;
  int64_t ours = share (p, now);
  int64_t wait = smaller (p->ends_us, p->left_us + LONGEST_WAIT_MS * 1000) - now;
  if (ours <= 0 && wait > 0) /* a window that is said to last for ever is tried now and then */
    return wait;
  if (ours > 0 && now < p->next_us && p->work > ours / 2)
    return smaller (p->next_us, p->ends_us) - now;
  p->used++;
  p->sent++;
  p->next_us = now + spacing (p, ours - 1, now);
  return 0;
}

int64_t
pace_ask (struct pace *p, uint32_t kind, int64_t now)
{
  bool counted = kind != SYNCD_REQUEST_TOKEN; /* token endpoints count for themselves */
  if (now < p->not_before_us)
    return p->not_before_us - now;
  if (counted && p->under_way >= p->width && now - p->left_us < PATIENCE)
    return p->left_us + PATIENCE - now;
  if (counted && p->under_way >= p->width)
    p->under_way = 0;
  int64_t wait = counted ? ask_window (p, now) : 0;
  if (wait > 0)
    return wait;
  if (!counted)
    return 0;
  p->left_us = now;
  p->peak = larger (p->peak, ++p->under_way);
  p->work = larger (0, p->work - 1);
  if (!p->heard && ++p->unanswered > NEVER_TOLD)
    p->width = INT64_MAX / 2; /* this plugin tells nothing */
  return 0;
}

/* ---- what the peer tells ---- */

struct told {
  int64_t used, allowed;
  int64_t sent_us;      /* when the request left, as far as we know */
  int64_t reset_us;
  int64_t ends_us;      /* the window ends then, or before */
  int64_t not_ended_us; /* and surely not before this */
};

static struct told
read_limits (const struct pace *p, const struct syncd_observation *seen, int64_t now)
{
  struct told t = { .used = smaller (seen->used, MOST), .allowed = smaller (seen->allowed, MOST) };
  t.sent_us = now - larger (0, seen->latency_us);
  t.reset_us = smaller (seen->reset_ms, LONGEST_WINDOW_MS) * 1000;
  t.ends_us = now + t.reset_us + p->late_us;
  t.not_ended_us = t.sent_us + t.reset_us - SECOND;
  return t;
}

static void
note_count (struct pace *p, const struct told *t)
{
  p->used = larger (p->used, t->used);
  p->others = larger (p->others, t->used - p->sent - p->base);
}

/* The window that the answer shows is not the one that we knew, and has just begun; or it is the
 * first one that we see, and may have begun long ago, unless it has counted nobody else. */
static void
enter (struct pace *p, const struct told *t, int64_t now)
{
  if (p->ends_us > now) /* it began sooner than we had thought */
    p->late_us = larger (0, p->late_us - (p->ends_us - now));
  bool began = p->ends_us || t->used <= p->under_way + 1;
  int64_t known = began ? SECOND : p->length_us ? p->length_us : MINUTE;
  p->length_us = larger (known, t->ends_us - now);
  begin_window (p, now, t->ends_us);
  p->used = t->used + p->under_way; /* which of these it has counted we do not know */
  p->sent = p->under_way;
  p->base = t->used - p->sent;
  p->predicted = false;
}

/* The window that we thought was over goes on: resets are rounded down. */
static void
go_on (struct pace *p, const struct told *t)
{
  p->late_us = smaller (SECOND, p->late_us + SECOND / 2);
  p->ends_us = t->ends_us + SECOND / 2;
  p->others = p->others_before;
  p->used = larger (t->used + p->under_way, p->used_before);
  p->base = t->used - p->sent;
  p->predicted = false;
}

/* An answer shows the window that we thought had begun. */
static void
confirm (struct pace *p, const struct told *t)
{
  p->ends_us = t->ends_us;
  p->length_us = smaller (larger (SECOND, t->ends_us - p->began_us), LONGEST_WINDOW_MS * 1000);
  p->base = t->used - p->sent;
  p->predicted = false;
  note_count (p, t);
}

static void
take_predicted (struct pace *p, const struct told *t)
{
  bool early = t->ends_us < p->ends_us - ROUNDING;
  bool counts_on = t->used > p->sent + p->peak + 2 && t->used + p->peak + 2 >= p->used_before;
  if (t->sent_us < p->began_us)
    return; /* it may be of the window before */
  if (early && counts_on)
    go_on (p, t);
  else
    confirm (p, t);
}

static void
take_limits (struct pace *p, const struct syncd_observation *seen, int64_t now)
{
  if (p->pinned || seen->allowed <= 0 || seen->used < 0 || seen->reset_ms < 0)
    return;
  struct told t = read_limits (p, seen, now);
  if (!p->ends_us || t.not_ended_us > p->ends_us)
    enter (p, &t, now);
  else if (p->predicted)
    take_predicted (p, &t);
  else if (t.ends_us < p->ends_us - ROUNDING)
    return; /* a late word of the window before */
  else {
    p->ends_us = smaller (p->ends_us, t.ends_us);
    note_count (p, &t);
  }
  p->allowed = t.allowed;
}

/* ---- pauses ---- */

void
pace_pause (struct pace *p, int64_t ms, int64_t now)
{
  int64_t wait = smaller (ms, LONGEST_WAIT_MS) * 1000;
  int64_t until = now + wait + chance (p, smaller (wait / 10, LONGEST_JITTER));
  p->not_before_us = larger (p->not_before_us, until);
  p->width = 1;
}

/* Told to wait, or refused without a word: 1 s, doubling to a minute. */
static void
take_refusal (struct pace *p, const struct syncd_observation *seen, int64_t now)
{
  int64_t wait = larger (0, seen->retry_after_ms);
  if (seen->throttled && !wait)
    wait = smaller ((int64_t) 1000 << smaller (p->refusals, 6), 60000);
  if (seen->throttled)
    p->refusals++;
  if (wait)
    pace_pause (p, wait, now);
}

void
pace_told (struct pace *p, const struct syncd_observation *seen, int64_t now)
{
  bool counted = seen->kind != SYNCD_REQUEST_TOKEN;
  bool unwell = seen->status == 0 || seen->status == 408 || seen->status >= 500;
  if (counted) {
    p->under_way = larger (0, p->under_way - 1);
    p->heard = true;
    take_limits (p, seen, now);
  }
  if (seen->throttled || seen->retry_after_ms > 0)
    take_refusal (p, seen, now);
  else if (unwell)
    p->width = larger (1, smaller (p->width, p->under_way + 1) / 2);
  else {
    p->refusals = 0;
    p->width = smaller (WIDEST, p->width + counted);
  }
}

int64_t
pace_left (const struct pace *p)
{
  return p->ends_us ? larger (0, p->allowed - p->used) : -1;
}

double
pace_per_second (const struct pace *p)
{
  int64_t others = larger (p->others_before, of_others (p));
  int64_t ours = larger (p->allowed / 2, p->allowed - others);
  return p->ends_us && p->length_us ? (double) ours * (double) SECOND / (double) p->length_us : 0;
}
