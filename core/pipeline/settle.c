/* Rows of the queue that are marked sent or taken away many at a time; see delivery.h. */
#include "config.h"

#include <stdlib.h>

#include "pipeline/delivery.h"
#include "util/mem.h"

static void
note (struct numbers *numbers, int64_t number)
{
  if (numbers->count == numbers->size) {
    numbers->size = numbers->size ? numbers->size * 2 : 256;
    numbers->numbers = mem_resize (numbers->numbers, numbers->size, sizeof *numbers->numbers);
  }
  numbers->numbers[numbers->count++] = number;
}

void
delivery_note_sent (struct delivery *delivery, int64_t number)
{
  note (&delivery->sent, number);
}

void
delivery_note_finished (struct delivery *delivery, int64_t number)
{
  note (&delivery->finished, number);
}

int
delivery_settle (struct delivery *delivery)
{
  struct numbers *sent = &delivery->sent, *finished = &delivery->finished;
  struct store *store = delivery->pass->store;
  if (store_queue_mark_sent (store, sent->numbers, sent->count, delivery->error) < 0
      || store_queue_all_done (store, finished->numbers, finished->count, delivery->error) < 0)
    return -1;
  sent->count = finished->count = 0;
  return 0;
}

void
delivery_forget_notes (struct delivery *delivery)
{
  free (delivery->sent.numbers);
  free (delivery->finished.numbers);
  delivery->sent = delivery->finished = (struct numbers){ NULL, 0, 0 };
}
