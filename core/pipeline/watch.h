/* Watch mode: many passes in one process. Main thread only. */
#ifndef SYNCD_PIPELINE_WATCH_H
#define SYNCD_PIPELINE_WATCH_H

#include "pipeline/pass.h"
#include "pipeline/stream.h"

/* What the world outside asks for, and what it is told. */
struct watch_hooks {
  void *data;
  /* Sleeps at most MS, less where a signal comes. */
  void (*sleep) (void *data, int64_t ms);
  /* Was a pass asked for since the last call (SIGUSR1)? */
  bool (*pass_now) (void *data);
  /* A reload that was asked for (SIGHUP): the pipeline to go on with, or the same. */
  bool (*reload_asked) (void *data);
  struct pipeline *(*reload) (void *data, struct pipeline *);
  /* A pass is over. */
  void (*passed) (void *data, struct report *, int status);
  /* In a few words: what syncd does now. */
  void (*status) (void *data, const char *text);
};

struct watch {
  struct pipeline *p;
  const struct watch_hooks *hooks;
  bool full, verify;         /* the next read is of everything; accounts too */
  bool progress;
  const char *approve;       /* a token for the first pass */
  const char *audit;         /* as in pass_options */
  struct stream stream;
  bool no_stream;            /* the source offers none, */
  bool stream_later;         /* but may after another read */
  bool synced;               /* the last read of the source went well */
  bool doubt;                /* the next read makes an inventory */
  bool beside;               /* the next read is only of what the open stream cannot see */
  bool proven;               /* the configuration has worked */
  int failures;              /* in a row: passes, or streams that broke off */
  int64_t next_read_us;      /* monotonic: when the source is read */
  int64_t reopen_us;         /* monotonic: when the stream may be opened */
  int64_t next_queue_us;     /* monotonic: when queued changes are tried again; 0: not */
  int64_t next_orders_us;    /* monotonic: when orders are looked for */
  int64_t streaming_since_us;
  char *said;                /* how it follows changes */
};

/* Until a signal; returns the exit status: 128 + the signal, or 2 where the configuration cannot
 * work and has not worked before. */
int watch_run (struct pipeline *, const struct watch_hooks *, const struct pass_options *first);

/* -- what watch.c and watch_stream.c share -- */
#define WATCH_STEADY_US INT64_C (60000000) /* a stream that lived so long was a good one */

/* The delay before the next try after so many failures in a row: by chance, under a limit that
 * doubles. */
int64_t watch_back_off_us (int failures);
/* A pass over what the stream holds, or (NULL) over what waits in the queue. */
void watch_small_pass (struct watch *, struct stream *);
/* Opens the stream where there is one to be had. */
void watch_stream_open (struct watch *);
/* Waits a moment for its next event and takes in what comes with it. */
void watch_stream_listen (struct watch *);
/* Takes in what has come already. */
void watch_stream_drain (struct watch *);

#endif
