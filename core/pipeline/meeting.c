/* The first meeting: how the accounts that already exist are met, before anything is created.
 *
 * Until a first pass was completed: ask how many there are. Nobody: create at once. Else list
 * them all or ask for each, whichever costs fewer requests (guarantees: First meeting). */
#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/delivery.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/notify.h"
#include "util/text.h"

#define PAGE_MAX ((size_t) 16 << 20)
#define PAGES_MAX 1000000
#define TRIES 8

static int
list_error (struct delivery *delivery, int32_t code, const char *what)
{
  struct syncd_ctx *ctx = &delivery->pass->p->sink_ctx;
  return error_set (delivery->error, "%s: %s: %s", ctx->who, what, host_failure (ctx, code));
}

static struct syncd_list_request
list_request (struct pipeline *p, bool count_only)
{
  return (struct syncd_list_request){ .struct_size = sizeof (struct syncd_list_request),
                                      .count_only = count_only,
                                      .type = "User",
                                      .attributes = p->wanted_names,
                                      .attribute_count = p->wanted_count };
}

/* Asks, and asks again where the sink wants a pause or is unwell: a list of many pages is not given
 * up for one of them. Pauses are the budget's. */
static int32_t
ask (struct pipeline *p, const struct syncd_list_request *request, struct buffer *documents,
     struct buffer *next, int64_t *ret_total)
{
  int32_t code;
  int unwell = 0;
  bool again;
  do {
    notify_alive (); /* thousands of pages take hours */
    buffer_reset (documents);
    buffer_reset (next);
    code = p->sink->sink->list (&p->sink_ctx, p->sink_session, request, host_buffer (documents),
                                host_buffer (next), ret_total);
    again = code == SYNCD_E_BUDGET || (code == SYNCD_E_UNREACHABLE && ++unwell < TRIES);
    if (again)
      log_debug ("%s: a page of accounts: %s", p->sink_ctx.who, host_failure (&p->sink_ctx, code));
    if (again && code == SYNCD_E_UNREACHABLE)
      budget_pause (&p->budget, unwell_delay (unwell));
    if (again)
      budget_count_retry (&p->budget);
  } while (again && !atomic_load (&p->cancelled));
  return code;
}

int
meeting_count (struct delivery *delivery, int64_t *ret_total)
{
  struct pipeline *p = delivery->pass->p;
  struct syncd_list_request request = list_request (p, true);
  BUFFER_AUTO struct buffer documents, position;
  buffer_init (&documents, PAGE_MAX);
  buffer_init (&position, PAGE_MAX);
  int32_t code = ask (p, &request, &documents, &position, ret_total);
  return code < 0 ? list_error (delivery, code, "the accounts cannot be counted") : 0;
}

static int
keep_account (struct delivery *delivery, const json_t *resource)
{
  const char *id = json_string_value (json_object_get (resource, "id"));
  if (!id)
    return 0;
  char *document = json_dumps (resource, JSON_COMPACT);
  struct account account = {
    .id = (char *) id,
    .external_id = (char *) json_string_value (json_object_get (resource, "externalId")),
    .user_name = (char *) json_string_value (json_object_get (resource, "userName")),
    .document = document
  };
  int rc = store_account_put (delivery->pass->store, &account, delivery->error);
  free (document);
  return rc;
}

static int
keep_page (struct delivery *delivery, const struct buffer *documents)
{
  json_error_t why;
  size_t i;
  json_t *resource;
  json_t *page = json_loadb (buffer_text (documents), documents->len, 0, &why);
  int rc = json_is_array (page) ? store_begin (delivery->pass->store, delivery->error)
                                : error_set (delivery->error, "a page of accounts is not JSON: %s",
                                             why.text);
  json_array_foreach (page, i, resource)
    if (rc == 0)
      rc = keep_account (delivery, resource);
  if (rc == 0)
    rc = store_commit (delivery->pass->store, delivery->error);
  json_decref (page);
  return rc;
}

static int
list_page (struct delivery *delivery, struct buffer *position)
{
  struct pipeline *p = delivery->pass->p;
  struct syncd_list_request request = list_request (p, false);
  int64_t total = -1;
  BUFFER_AUTO struct buffer documents, next;
  buffer_init (&documents, PAGE_MAX);
  buffer_init (&next, PAGE_MAX);
  request.position = position->len ? buffer_text (position) : NULL;
  request.position_len = position->len;
  int32_t code = ask (p, &request, &documents, &next, &total);
  if (code < 0)
    return list_error (delivery, code, "the accounts cannot be listed");
  if (keep_page (delivery, &documents) < 0)
    return -1;
  buffer_reset (position);
  buffer_append (position, buffer_text (&next), next.len);
  return next.len > 0;
}

int
meeting_list (struct delivery *delivery)
{
  BUFFER_AUTO struct buffer position;
  int rc = 1;
  buffer_init (&position, PAGE_MAX);
  for (int page = 0; rc == 1 && page < PAGES_MAX; page++)
    rc = atomic_load (&delivery->pass->p->cancelled)
             ? error_set (delivery->error, "stopped while listing the accounts")
             : list_page (delivery, &position);
  return rc;
}

/* The pages themselves, and an empty one at the end of the active and of the inactive ones. */
int64_t
meeting_pages (const struct pipeline *p, int64_t total)
{
  int64_t page = p->sink_facts.page_size > 0 ? p->sink_facts.page_size : 25;
  return (total + page - 1) / page + 2;
}

/* Whichever costs fewer requests; of the same, the list, which also shows whose names are taken. */
static int
weigh (struct delivery *delivery, struct meeting *meeting)
{
  struct pass *pass = delivery->pass;
  *meeting = (struct meeting){ .accounts = -1 };
  meeting->people = store_queue_count_kind (pass->store, CHANGE_CREATES, QUEUE_WAITING);
  if (!pass->first || meeting->people == 0)
    return 0;
  if (pipeline_open_sink (pass->p, delivery->error) < 0
      || meeting_count (delivery, &meeting->accounts) < 0)
    return -1;
  meeting->asked = true;
  meeting->pages = meeting_pages (pass->p, meeting->accounts);
  meeting->list = meeting->accounts > 0 && meeting->pages <= meeting->people;
  return 0;
}

int
meeting_begin (struct delivery *delivery)
{
  struct meeting meeting;
  if (weigh (delivery, &meeting) < 0)
    return -1;
  if (!meeting.asked || meeting.accounts == 0)
    return 0;
  int64_t requests = meeting.list ? meeting.pages : meeting.people;
  log_info ("accounts exist already (%" PRId64 "); meeting them by %s (%" PRId64 " request%s)",
            meeting.accounts, meeting.list ? "listing" : "asking for each new person", requests,
            TEXT_S (requests));
  delivery->meet_each = !meeting.list;
  delivery->met_by_list = meeting.list;
  budget_expect (&delivery->pass->p->budget, meeting.pages);
  return meeting.list ? meeting_list (delivery) : 0;
}

int
meeting_preview (struct pass *pass, struct error *error)
{
  struct delivery delivery = { .pass = pass, .error = error };
  return weigh (&delivery, &pass->report->meeting);
}
