/* The pace: when the next request may leave. Pure: no clock, no lock, no wait; times are microseconds
 * of one clock that the caller reads.
 *
 * A peer that limits requests tells with each answer how many a window allows, how many it has
 * counted, and when the window ends (in whole seconds, rounded in ways of its own). From this, and
 * from what leaves and comes back, pace_ask() spreads what is left of the window over what remains
 * of it, so that the last request fits just before its end:
 *
 *   - One in a hundred stays unused: the window's ends are known to a fraction of a second only.
 *   - What is little (half of what is left) leaves at once: nothing would be gained by spreading it.
 *   - Where the peer counts more than we sent, others share the limit. What they used in the last
 *     window, or so far in this one, is left to them for what remains of it, but never more than
 *     half of what is left: two that do so get half each, and nobody starves.
 *   - Before anything is known one request asks for all; after a pause one tries for all, and each
 *     success lets one more leave beside it. Pauses end a little later than asked for, by chance,
 *     so that many do not come back in one moment. */
#ifndef SYNCD_PIPELINE_PACE_H
#define SYNCD_PIPELINE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "syncd/plugin.h"

struct pace {
  int64_t pinned;           /* requests a minute by configuration; 0: as the peer tells */
  int64_t work;             /* requests that are known to be wanted; counted down */

  /* the window */
  int64_t allowed;          /* -1: not told */
  int64_t length_us;        /* 0: not known */
  int64_t began_us, ends_us; /* ends_us 0: there is none, or it is not known */
  int64_t late_us;          /* windows end so much later than is told */
  int64_t used;             /* counted by the peer, or sent since */
  int64_t sent, peak;       /* of them ours; most that were under way at once */
  int64_t base, others;     /* counted beyond ours: when the window was first seen, and since then */
  int64_t used_before, others_before; /* of the window before */
  bool predicted;           /* no answer has shown this window yet */

  /* now */
  int64_t next_us;          /* not before this, where more is wanted than is little */
  int64_t not_before_us;    /* a pause */
  int64_t left_us;          /* when the last one left */
  int64_t under_way, width; /* requests without an answer, and how many may be */
  bool heard;               /* an answer came */
  int64_t unanswered;       /* before the first one */
  int64_t refusals;         /* in a row */
  uint64_t dice;
};

/* PINNED 0: auto. SEED: anything, other for each process. */
void pace_init (struct pace *, int64_t pinned, uint64_t seed);

/* May a request of this kind leave at NOW? 0: it leaves, and is counted. Else ask again after so
 * many microseconds, or after an answer came. */
int64_t pace_ask (struct pace *, uint32_t kind, int64_t now);

/* A request that had left came back, or is lost, with what the peer told. */
void pace_told (struct pace *, const struct syncd_observation *, int64_t now);

/* Nobody leaves within the next MS (at most ten minutes), and then one after the other. */
void pace_pause (struct pace *, int64_t ms, int64_t now);

/* Requests left in the window; -1: there is no limit that we know of. */
int64_t pace_left (const struct pace *);
/* What the limit gives us in a second; 0: there is none that we know of. */
double pace_per_second (const struct pace *);

#endif
