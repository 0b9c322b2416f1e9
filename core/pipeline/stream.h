/* The change stream of a source in watch mode, on a session of its own. Main thread only. */
#ifndef SYNCD_PIPELINE_STREAM_H
#define SYNCD_PIPELINE_STREAM_H

#include "pipeline/pass.h"

struct stream {
  struct pipeline *p;
  struct syncd_ctx ctx;
  void *session, *scan;
  struct entry entry;      /* of the event that was shown and not taken in yet */
  struct buffer text;
  int32_t event;           /* that event; 0: none */
  char *server;            /* which one answers; NULL: it does not say */
  int64_t last_us;         /* monotonic: when something was taken in last */
  bool open;
  bool doubt;              /* it told of presence, and who was not named may be gone */
  bool recorded;           /* what was taken in by the last pass is in the state */
  bool caught_up;          /* what had changed before it began was shown */
  bool over;               /* it broke off or ended: */
  bool finished;           /* it ended in good order, with what had changed all told */
  struct error why;
};

enum stream_answer { STREAM_OPENED, STREAM_NONE, STREAM_LATER, STREAM_STALE, STREAM_FAILED };

void stream_init (struct stream *, struct pipeline *);
/* From the checkpoint in the state. NONE: the source offers none (or needs its only session for
 * other reads). LATER: there is no checkpoint. STALE: the checkpoint cannot be continued,
 * everything is to be read. FAILED: later may work. The reason is in ERROR, but for OPENED. */
enum stream_answer stream_open (struct stream *, struct error *);
void stream_close (struct stream *);
/* Waits for the next event: 1 it is kept, 0 none came, -1 the stream is over. */
int stream_wait (struct stream *, uint32_t max_wait_ms, struct error *);
/* Takes in the kept event, and what follows until it has caught up, and after that what follows
 * within a second: one pass's intake. */
int stream_take_in (struct stream *, struct pass *, struct error *);

#endif
