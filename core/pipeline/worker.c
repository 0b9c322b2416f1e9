/* Workers; see worker.h. Two lists under one lock: to do, and done. */
#include "config.h"
#include "pipeline/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/crash.h"
#include "util/mem.h"

#define ANSWER_MAX ((size_t) 16 << 20)
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

void
work_init (struct work *work)
{
  memset (work, 0, sizeof *work);
  host_result_init (&work->result);
  buffer_init (&work->documents, ANSWER_MAX);
}

void
work_fini (struct work *work)
{
  host_result_fini (&work->result);
  buffer_fini (&work->documents);
  free (work->message);
}

void
work_reset (struct work *work)
{
  host_result_fini (&work->result);
  host_result_init (&work->result);
  buffer_reset (&work->documents);
  free (work->message);
  work->message = NULL;
  work->code = 0;
  work->next = NULL;
}

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

static int32_t
result_of_code (int32_t code)
{
  switch (code) {
  case SYNCD_E_CANCELLED:
    return SYNCD_RESULT_CANCELLED;
  case SYNCD_E_AUTH:
    return SYNCD_RESULT_AUTH;
  case SYNCD_E_FORBIDDEN:
    return SYNCD_RESULT_FORBIDDEN;
  case SYNCD_E_BUDGET:
    return SYNCD_RESULT_BUDGET;
  case SYNCD_E_CONFIG:
  case SYNCD_E_UNSUPPORTED:
    return SYNCD_RESULT_CONFIG;
  default:
    return SYNCD_RESULT_SINK;
  }
}

static void
fail_work (struct work *work, struct syncd_ctx *ctx, int32_t code)
{
  work->code = code;
  work->result.result = result_of_code (code);
  free (work->message);
  work->message = mem_copy_text (host_failure (ctx, code));
}

static int32_t
do_apply (struct worker *worker, struct work *work)
{
  const struct syncd_change *change = &work->change;
  struct syncd_result *result = &work->result;
  const struct syncd_sink_ops *sink = worker->crew->pipeline->sink->sink;
  CRASH_POINT ("before-apply");
  int32_t code = sink->apply (&worker->ctx, worker->session, &change, &result, 1);
  CRASH_POINT ("after-apply");
  if (code < 0 && result->result != SYNCD_RESULT_UNKNOWN)
    return SYNCD_OK;
  return code;
}

static int32_t
do_look_up (struct worker *worker, struct work *work)
{
  const struct pipeline *p = worker->crew->pipeline;
  const struct syncd_sink_ops *sink = p->sink->sink;
  struct syncd_buffer *out = host_buffer (&work->documents);
  if (work->kind == WORK_FIND)
    return sink->find (&worker->ctx, worker->session, "User", work->attribute, work->value,
                       p->wanted_names, p->wanted_count, out);
  return sink->read (&worker->ctx, worker->session, "User", work->value, p->wanted_names,
                     p->wanted_count, out);
}

static void
carry_out (struct worker *worker, struct work *work)
{
  const struct syncd_plugin *plugin = worker->crew->pipeline->sink->plugin;
  int32_t code = SYNCD_OK;
  if (!worker->session)
    code = plugin->open (&worker->ctx, worker->crew->pipeline->sink_instance, &worker->session);
  bool opened = code >= 0;
  if (opened)
    code = work->kind == WORK_APPLY ? do_apply (worker, work) : do_look_up (worker, work);
  if (code < 0)
    fail_work (work, &worker->ctx, code);
  /* an apply() that failed without a result may have been applied */
  if (opened && code == SYNCD_E_UNREACHABLE && work->kind == WORK_APPLY)
    work->result.result = SYNCD_RESULT_UNKNOWN;
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
      carry_out (worker, work);
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
