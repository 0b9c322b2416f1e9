/* list: all accounts, a page a call: first the active ones (a list without a filter), then those
 * with `active eq false`.
 *
 * Services page badly: totals that are a page's, a startIndex that is ignored, wrap-around past
 * the end. So a pass ends when a page is empty or begins to repeat, never by a total; the index
 * moves by what was returned. The position is "PASS:START:FIRST:LAST": FIRST is a hash of the
 * pass's first id, LAST of the former page's ids. */
#include <config.h>

#include "sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_START INT64_C (100000000)

struct position {
  char pass; /* 'a' active, 'i' inactive */
  int64_t start;
  uint64_t first;
  uint64_t last;
};

struct page {
  struct json items;
  size_t count;
  bool repeats; /* an id of the pass's beginning, or the same page again */
  struct position next;
};

/* FNV-1a: told apart are only a service's own pages. */
static uint64_t
hash (uint64_t h, struct json id)
{
  for (size_t i = 0; i < id.len; i++)
    h = (h ^ (unsigned char) id.at[i]) * UINT64_C (1099511628211);
  return h != 0 ? h : 1;
}

#define HASH_START UINT64_C (14695981039346656037)

static bool
parse_position (const struct syncd_list_request *q, struct position *ret)
{
  char text[128];
  int used = 0;
  *ret = (struct position){'a', 1, 0, 0};
  if (q->position == NULL || q->position_len == 0)
    return true;
  if (q->position_len >= sizeof text)
    return false;
  memcpy (text, q->position, q->position_len);
  text[q->position_len] = '\0';
  return sscanf (text, "%c:%" SCNd64 ":%" SCNx64 ":%" SCNx64 "%n", &ret->pass, &ret->start,
                 &ret->first, &ret->last, &used)
             == 4
         && (size_t) used == q->position_len && (ret->pass == 'a' || ret->pass == 'i')
         && ret->start >= 1 && ret->start < MAX_START;
}

static bool
is_costly (const char *name)
{
  static const char *const costly[] = {"externalId",       "externalIds",   "roles",
                                       "routingLanguages", "routingSkills", "manager",
                                       "manager.value",    "User",          NULL};
  const char *colon = strncasecmp (name, "urn:", 4) == 0 ? strrchr (name, ':') : NULL;
  for (const char *const *c = costly; *c != NULL; c++)
    if (strcasecmp (colon != NULL ? colon + 1 : name, *c) == 0)
      return true;
  return false;
}

static int64_t
page_size (struct sink *k, const struct syncd_list_request *q)
{
  int64_t size = k->page_size > 0 ? k->page_size : SINK_PAGE;
  int limit = atomic_load (&k->page_limit);
  for (size_t i = 0; k->page_size == 0 && i < q->attribute_count; i++)
    if (is_costly (q->attributes[i]))
      size = SINK_PAGE_COSTLY;
  return limit > 0 && limit < size ? limit : size;
}

static int32_t
ask (struct session *s, const struct syncd_list_request *q, const struct position *p, int64_t count)
{
  struct scim_call call = {.kind = SYNCD_REQUEST_LIST, .method = "GET", .max_reply = SCIM_MAX_LIST};
  scim_url (&s->scim, "/users?");
  text_printf (&s->scim.url, "count=%" PRId64 "&", count);
  if (count > 0)
    text_printf (&s->scim.url, "startIndex=%" PRId64 "&", p->start);
  if (p->pass == 'i')
    text_puts (&s->scim.url, "filter=active%20eq%20false&");
  sink_add_attributes (&s->scim, NULL, q->attributes, count > 0 ? q->attribute_count : 0);
  int32_t result = scim_send (&s->scim, &call);
  /* Too costly in the service's view: the host asks again, then for less. */
  if (result == SYNCD_RESULT_BUDGET && count > SINK_PAGE_COSTLY)
    atomic_store (&s->sink->page_limit, SINK_PAGE_COSTLY);
  return result;
}

static int32_t
no_list (struct session *s)
{
  struct scim_error e;
  const struct text *body = &scim_reply (&s->scim)->body;
  scim_error_parse (text_get (body), body->len, &e);
  scim_explain (&s->scim, "GET %s/users: HTTP %d, but no list: %s", s->sink->client.base,
                (int) s->scim.answer.status,
                e.json ? "Resources and totalResults are missing" : e.detail);
  return scim_fail (&s->scim, SYNCD_RESULT_SINK);
}

static int32_t
count_pass (struct session *s, const struct syncd_list_request *q, char pass, int64_t *ret)
{
  struct position p = {pass, 1, 0, 0};
  int32_t result = ask (s, q, &p, 0);
  if (result != SYNCD_RESULT_OK)
    return scim_fail (&s->scim, result);
  sink_resources (&s->scim, ret);
  return *ret >= 0 ? SYNCD_OK : no_list (s);
}

static int32_t
count_all (struct session *s, const struct syncd_list_request *q, int64_t *ret_total)
{
  int64_t active = 0, inactive = 0;
  int32_t rc = count_pass (s, q, 'a', &active);
  if (rc == SYNCD_OK)
    rc = count_pass (s, q, 'i', &inactive);
  if (rc == SYNCD_OK)
    *ret_total = active + inactive;
  return rc;
}

/* Looks through a page's ids. */
static void
examine (const struct position *p, struct page *page)
{
  struct json_walk w = json_begin (page->items);
  struct json item;
  page->next = *p;
  page->next.last = HASH_START;
  while (json_next (&w, NULL, &item)) {
    struct json id = json_member_nocase (item, "id", 2);
    uint64_t one = hash (HASH_START, id);
    if (p->start == 1 && page->count == 0)
      page->next.first = one;
    else if (one == page->next.first)
      page->repeats = true;
    page->next.last = hash (page->next.last, id);
    page->count++;
  }
  page->repeats = page->repeats || (page->count > 0 && page->next.last == p->last);
  page->next.start += (int64_t) page->count;
}

/* An account belongs to the pass of its state: services that ignore the filter, or list the
 * inactive ones without it, would show it twice. */
static bool
belongs (struct json item, char pass)
{
  struct json active = json_member_nocase (item, "active", 6);
  bool inactive = json_kind (active) == JSON_FALSE || json_equals (active, "false", 5, true);
  return inactive == (pass == 'i');
}

/* The items up to where the page begins to repeat. */
static int32_t
give (struct session *s, const struct position *p, const struct page *page,
      struct syncd_buffer *documents)
{
  const struct syncd_host *h = s->sink->host;
  struct json_walk w = json_begin (page->items);
  struct json item;
  size_t given = 0, seen = 0;
  bool same = page->count > 0 && page->next.last == p->last;
  int32_t rc = h->buffer_append (documents, "[", 1);
  while (rc == SYNCD_OK && !same && json_next (&w, NULL, &item)) {
    bool first = p->start == 1 && seen++ == 0;
    if (!first && hash (HASH_START, json_member_nocase (item, "id", 2)) == page->next.first)
      break;
    if (!belongs (item, p->pass))
      continue;
    if (given++ > 0)
      rc = h->buffer_append (documents, ",", 1);
    if (rc == SYNCD_OK)
      rc = h->buffer_append (documents, item.at, item.len);
  }
  if (rc == SYNCD_OK)
    rc = h->buffer_append (documents, "]", 1);
  return rc == SYNCD_OK
             ? rc
             : h->fail (s->scim.ctx, rc,
                        "a page of accounts is larger than the host takes; set page_size lower");
}

static int32_t
give_position (struct session *s, const struct position *p, const struct page *page,
               struct syncd_buffer *out)
{
  char text[128];
  bool done = page->count == 0 || page->repeats || page->next.start >= MAX_START;
  struct position next = page->next;
  if (done && p->pass == 'i')
    return SYNCD_OK;
  if (done)
    next = (struct position){'i', 1, 0, 0};
  int n = snprintf (text, sizeof text, "%c:%" PRId64 ":%" PRIx64 ":%" PRIx64, next.pass, next.start,
                    next.first, next.last);
  if (page->repeats)
    s->sink->host->log (s->scim.ctx, SYNCD_LOG_WARNING,
                        "the list of %s accounts repeats itself at %" PRId64 "; taken as its end",
                        p->pass == 'a' ? "active" : "inactive", p->start);
  int32_t rc = s->sink->host->buffer_append (out, text, (size_t) n);
  return rc == SYNCD_OK
             ? rc
             : s->sink->host->fail (s->scim.ctx, rc, "no room for the position in the list");
}

int32_t
sink_list (struct syncd_ctx *ctx, void *session, const struct syncd_list_request *q,
           struct syncd_buffer *documents, struct syncd_buffer *position, int64_t *ret_total)
{
  struct session *s = session;
  struct position p;
  int32_t rc = sink_check_type (s, ctx, q->type);
  if (rc != SYNCD_OK)
    return rc;
  if (q->count_only)
    return count_all (s, q, ret_total);
  if (!parse_position (q, &p))
    return s->sink->host->fail (ctx, SYNCD_E_INTERNAL,
                                "the position in the list of accounts is not one of ours");
  int32_t result = ask (s, q, &p, page_size (s->sink, q));
  if (result != SYNCD_RESULT_OK)
    return scim_fail (&s->scim, result);
  struct page page = {.items = sink_resources (&s->scim, NULL)};
  if (page.items.at == NULL)
    return no_list (s);
  examine (&p, &page);
  rc = give (s, &p, &page, documents);
  if (rc == SYNCD_OK)
    rc = give_position (s, &p, &page, position);
  if (rc == SYNCD_OK)
    *ret_total = -1;
  return rc;
}
