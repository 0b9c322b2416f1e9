/* Workers; see worker.h. Two lists under one lock: to do, and done. */
#include "config.h"
#include "pipeline/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/mem.h"

#define AT_ONCE 8 /* works taken in one go: one wake-up for several requests */

struct worker {
  pthread_t thread;
  struct crew *crew;
  size_t number;
  struct syncd_ctx ctx;
  void *session;
};

struct list {
  struct work *first, *last;
  size_t count;
};

struct crew {
  struct pipeline *pipeline;
  pthread_mutex_t lock;          /* guards the lists and `ending` */
  pthread_cond_t more, some_done;
  struct list to_do, done;
  size_t wanted;                 /* wake the main thread at so many done */
  bool ending;
  struct worker *workers;
  size_t count, most;            /* threads that there are, and room for so many */
  size_t active;                 /* so many of them take work */
};

static void
push (struct list *list, struct work *work)
{
  work->next = NULL;
  if (list->last)
    list->last->next = work;
  else
    list->first = work;
  list->last = work;
  list->count++;
}

static struct work *
pop (struct list *list)
{
  struct work *work = list->first;
  if (!work)
    return NULL;
  list->first = work->next;
  if (!list->first)
    list->last = NULL;
  list->count--;
  work->next = NULL;
  return work;
}

/* Takes a few works; fewer when there is little to do, so that all sessions share it. */
static struct work *
take_some (struct worker *worker)
{
  struct crew *crew = worker->crew;
  struct work *first = NULL, **end = &first;
  pthread_mutex_lock (&crew->lock);
  while ((!crew->to_do.count || worker->number >= crew->active) && !crew->ending)
    pthread_cond_wait (&crew->more, &crew->lock);
  size_t share = crew->to_do.count / (crew->active * 2) + 1;
  for (size_t i = 0; i < share && i < AT_ONCE && crew->to_do.count; i++) {
    *end = pop (&crew->to_do);
    end = &(*end)->next;
  }
  pthread_mutex_unlock (&crew->lock);
  return first;
}

static void
give_back (struct crew *crew, struct work *list)
{
  pthread_mutex_lock (&crew->lock);
  while (list) {
    struct work *next = list->next;
    push (&crew->done, list);
    list = next;
  }
  if (crew->done.count >= crew->wanted)
    pthread_cond_signal (&crew->some_done);
  pthread_mutex_unlock (&crew->lock);
}

static void *
worker_main (void *data)
{
  struct worker *worker = data;
  struct work *list;
  while ((list = take_some (worker))) {
    for (struct work *work = list; work; work = work->next)
      work_carry_out (work, worker->crew->pipeline, &worker->ctx, &worker->session);
    give_back (worker->crew, list);
  }
  if (worker->session)
    worker->crew->pipeline->sink->plugin->close (&worker->ctx, worker->session);
  return NULL;
}

static void
start_worker (struct crew *crew, struct worker *worker)
{
  struct pipeline *p = crew->pipeline;
  worker->crew = crew;
  worker->number = crew->count;
  host_ctx_init (&worker->ctx, p->settings->sink.name, NULL, &p->budget.hooks);
  if (pthread_create (&worker->thread, NULL, worker_main, worker) == 0)
    crew->count++;
}

struct crew *
crew_new (struct pipeline *pipeline, size_t count, size_t most)
{
  pthread_condattr_t attributes;
  struct crew *crew = mem_new (1, sizeof *crew);
  crew->pipeline = pipeline;
  pthread_mutex_init (&crew->lock, NULL);
  pthread_cond_init (&crew->more, NULL);
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&crew->some_done, &attributes);
  pthread_condattr_destroy (&attributes);
  crew->most = most < count ? count : most;
  crew->workers = mem_new (crew->most, sizeof *crew->workers);
  crew_resize (crew, count);
  return crew;
}

void
crew_resize (struct crew *crew, size_t count)
{
  size_t wanted = count < crew->most ? count : crew->most;
  pthread_mutex_lock (&crew->lock);
  for (size_t i = crew->count; i < wanted; i++)
    start_worker (crew, &crew->workers[crew->count]);
  crew->active = wanted < crew->count ? wanted : crew->count;
  pthread_cond_broadcast (&crew->more);
  pthread_mutex_unlock (&crew->lock);
}

void
crew_free (struct crew *crew)
{
  if (!crew)
    return;
  pthread_mutex_lock (&crew->lock);
  crew->ending = true;
  pthread_cond_broadcast (&crew->more);
  pthread_mutex_unlock (&crew->lock);
  for (size_t i = 0; i < crew->count; i++)
    pthread_join (crew->workers[i].thread, NULL);
  pthread_cond_destroy (&crew->more);
  pthread_cond_destroy (&crew->some_done);
  pthread_mutex_destroy (&crew->lock);
  free (crew->workers);
  free (crew);
}

size_t
crew_size (const struct crew *crew)
{
  return crew->active;
}

void
crew_give (struct crew *crew, struct work *list)
{
  pthread_mutex_lock (&crew->lock);
  while (list) {
    struct work *next = list->next;
    push (&crew->to_do, list);
    list = next;
  }
  pthread_cond_broadcast (&crew->more);
  pthread_mutex_unlock (&crew->lock);
}

static struct timespec
deadline_after (int ms)
{
  struct timespec at;
  clock_gettime (CLOCK_MONOTONIC, &at);
  at.tv_sec += ms / 1000;
  at.tv_nsec += (long) (ms % 1000) * 1000000;
  if (at.tv_nsec >= 1000000000) {
    at.tv_sec++;
    at.tv_nsec -= 1000000000;
  }
  return at;
}

struct work *
crew_take (struct crew *crew, size_t wanted, int timeout_ms)
{
  struct timespec deadline = deadline_after (timeout_ms);
  int rc = 0;
  pthread_mutex_lock (&crew->lock);
  crew->wanted = wanted;
  while (crew->done.count < wanted && rc != ETIMEDOUT)
    rc = pthread_cond_timedwait (&crew->some_done, &crew->lock, &deadline);
  struct work *first = crew->done.first;
  crew->done = (struct list){ NULL, NULL, 0 };
  pthread_mutex_unlock (&crew->lock);
  return first;
}
