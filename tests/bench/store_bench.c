/* What the state costs, in microseconds a row: store_bench [ROWS [BATCH [FOLDER]]].
 *
 * Random ids in UUID form, documents of 550 bytes, 12 leaves. Prints wall and CPU time per row. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"
#include "util/clock.h"
#include "util/mem.h"

struct bench {
  struct store *store;
  struct error error;
  size_t rows, batch;
  char (*ids)[37];
  int64_t *links, *numbers; /* by entry */
  size_t at;                /* entries taken so far */
};

/* Microseconds. */
struct timing {
  int64_t wall, cpu;
};

static struct timing
now (void)
{
  struct timespec cpu;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &cpu);
  return (struct timing) { clock_monotonic_us (), cpu.tv_sec * INT64_C (1000000) + cpu.tv_nsec / 1000 };
}

static struct timing
since (struct timing begin)
{
  struct timing end = now ();
  return (struct timing) { end.wall - begin.wall, end.cpu - begin.cpu };
}

static void
add (struct timing *sum, struct timing more)
{
  sum->wall += more.wall;
  sum->cpu += more.cpu;
}

static void
need (struct bench *b, int rc)
{
  if (rc < 0) {
    fprintf (stderr, "store_bench: %s\n", b->error.text);
    exit (1);
  }
}

static void
random_id (char id[37])
{
  unsigned char r[16];
  hash_random (r, sizeof r);
  snprintf (id, 37, "%02x%02x%02x%02x-%02x%02x-4%x%02x-8%x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1],
            r[2], r[3], r[4], r[5], r[6] & 15, r[7], r[8] & 15, r[9], r[10], r[11], r[12], r[13],
            r[14], r[15]);
}

static void
step_batch (struct bench *b, size_t i)
{
  if (i % b->batch == 0) {
    if (i)
      need (b, store_commit (b->store, &b->error));
    need (b, store_begin (b->store, &b->error));
  }
}

static void
intake (struct bench *b, size_t i, const char *document)
{
  struct link link;
  struct queued q;
  struct glance glance;
  char name[80], wanted[40];
  link_init (&link);
  queued_init (&q);
  need (b, store_glance (b->store, b->ids[i], 36, &glance, &b->error));
  snprintf (name, sizeof name, "uid=user%zu,ou=people,dc=example,dc=com", i);
  snprintf (wanted, sizeof wanted, "user%zu@example.com", i);
  link.id = b->ids[i];
  link.name = link.reference_key = name;
  link.wanted_name = q.wanted_name = wanted;
  link.token = (char *) "20261123202948Z";
  need (b, store_link_put (b->store, &link, &b->error));
  b->links[i] = q.row = link.row;
  memset (q.fingerprint, (int) (i & 255), FINGERPRINT_LEN);
  q.leaves = (char *) document;
  need (b, store_queue_put (b->store, &q, &b->error));
}

static int
take (void *data, struct queued *q)
{
  struct bench *b = data;
  b->links[b->at] = q->row;
  b->numbers[b->at++] = q->number;
  queued_fini (q);
  return 0;
}

/* As the pipeline does: a batch is taken and marked, committed; then its results come. */
static void
send_batch (struct bench *b, struct timing *ret_take, struct timing *ret_mark)
{
  size_t from = b->at, left = b->rows - b->at, n = left < b->batch ? left : b->batch;
  struct timing t0 = now ();
  need (b, store_begin (b->store, &b->error));
  need (b, store_queue_take (b->store, from ? b->numbers[from - 1] : 0, n, 0, take, b, &b->error));
  add (ret_take, since (t0));
  t0 = now ();
  need (b, store_queue_mark_sent (b->store, b->numbers + from, n, &b->error));
  need (b, store_commit (b->store, &b->error));
  add (ret_mark, since (t0));
}

static void
fill_link (struct bench *b, struct link *link, size_t i)
{
  char account[37];
  random_id (account);
  need (b, store_link_by_row (b->store, b->links[i], link, &b->error));
  link->leaves = mem_new (12, sizeof *link->leaves);
  link->leaf_count = 12;
  hash_random ((unsigned char *) link->leaves, 12 * sizeof *link->leaves);
  mem_set_text (&link->account, account);
  mem_set_text (&link->given_name, link->wanted_name);
  mem_set_text (&link->last_action, "created");
  link->status = LINK_SYNCED;
  link->fingerprint[0] = 1;
  link->last_ms = INT64_C (1795464588000);
}

static void
take_results (struct bench *b, size_t from, struct timing *ret_time)
{
  size_t n = b->at - from;
  struct link *links = mem_new (n, sizeof *links);
  for (size_t i = 0; i < n; i++)
    fill_link (b, &links[i], from + i);
  struct timing t0 = now ();
  need (b, store_begin (b->store, &b->error));
  for (size_t i = 0; i < n; i++) {
    need (b, store_link_put (b->store, &links[i], &b->error));
    need (b, store_queue_done (b->store, b->numbers[from + i], &b->error));
  }
  need (b, store_commit (b->store, &b->error));
  add (ret_time, since (t0));
  for (size_t i = 0; i < n; i++)
    link_fini (&links[i]);
  free (links);
}

static void
show (const struct bench *b, const char *what, struct timing spent)
{
  printf ("%-44s %7.2f us a row (CPU %.2f)\n", what, (double) spent.wall / (double) b->rows,
          (double) spent.cpu / (double) b->rows);
}

static void
bench_intake (struct bench *b)
{
  char document[551];
  memset (document, 'x', sizeof document - 1);
  document[sizeof document - 1] = '\0';
  struct timing t0 = now ();
  for (size_t i = 0; i < b->rows; i++) {
    step_batch (b, i);
    intake (b, i, document);
  }
  need (b, store_commit (b->store, &b->error));
  show (b, "intake: glance, link put, queue put", since (t0));
}

static int
count_contested (void *data, struct queued *q, const char *id)
{
  (void) q, (void) id;
  ++*(size_t *) data;
  return 0;
}

static void
bench_decide (struct bench *b)
{
  size_t contested = 0;
  struct timing t0 = now ();
  need (b, store_names_contested_each (b->store, count_contested, &contested, &b->error));
  show (b, "decide: contested names", since (t0));
  t0 = now ();
  store_queue_count_kind (b->store, CHANGE_CREATES, QUEUE_WAITING);
  show (b, "decide: count creates", since (t0));
}

static void
bench_deliver (struct bench *b)
{
  struct timing takes = { 0 }, marks = { 0 }, results = { 0 };
  while (b->at < b->rows) {
    size_t from = b->at;
    send_batch (b, &takes, &marks);
    take_results (b, from, &results);
  }
  show (b, "deliver: take", takes);
  show (b, "deliver: mark sent, commit", marks);
  show (b, "deliver: link put, queue done, commit", results);
}

static void
bench_compare (struct bench *b)
{
  struct glance glance;
  struct store_counts counts;
  need (b, store_begin (b->store, &b->error)); /* as in intake */
  struct timing t0 = now ();
  for (size_t i = 0; i < b->rows; i++)
    need (b, store_glance (b->store, b->ids[i], 36, &glance, &b->error));
  show (b, "compare: glance (order of insertion)", since (t0));
  t0 = now ();
  for (size_t i = 0, at = 0; i < b->rows; i++, at = (at + 7919 * 31) % b->rows)
    need (b, store_glance (b->store, b->ids[at], 36, &glance, &b->error));
  show (b, "compare: glance (any order)", since (t0));
  t0 = now ();
  need (b, store_counts (b->store, &counts, &b->error));
  show (b, "counts", since (t0));
  need (b, store_commit (b->store, &b->error));
}

int
main (int argc, char **argv)
{
  struct bench b = { .rows = argc > 1 ? strtoul (argv[1], NULL, 10) : 100000,
                     .batch = argc > 2 ? strtoul (argv[2], NULL, 10) : 1000 };
  struct stat about;
  MEM_AUTO char *path = mem_format ("%s/bench-%ld.db", argc > 3 ? argv[3] : ".", (long) getpid ());
  if (b.rows == 0 || b.batch == 0)
    return 2;
  b.ids = mem_new (b.rows, sizeof *b.ids);
  b.links = mem_new (b.rows * 2, sizeof *b.links);
  b.numbers = b.links + b.rows;
  for (size_t i = 0; i < b.rows; i++)
    random_id (b.ids[i]);
  need (&b, store_open (path, STORE_WRITE, &b.store, &b.error));
  printf ("%zu rows, batches of %zu\n", b.rows, b.batch);
  bench_intake (&b);
  bench_decide (&b);
  bench_deliver (&b);
  bench_compare (&b);
  struct timing t0 = now ();
  store_close (b.store);
  show (&b, "close: give free pages back, cut the log", since (t0));
  if (stat (path, &about) == 0)
    printf ("%-44s %7.0f bytes a row\n", "file", (double) about.st_size / (double) b.rows);
  static const char *const endings[] = { "", "-wal", "-shm", ".lock" };
  for (size_t i = 0; i < 4; i++) {
    MEM_AUTO char *name = mem_format ("%s%s", path, endings[i]);
    unlink (name);
  }
  free (b.ids);
  free (b.links);
  return 0;
}
