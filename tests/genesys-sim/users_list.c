/* GET /users: filters, pages, projections. Without a filter only active accounts are listed. */
#include <config.h>
#include "user.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a list is of: a state in order of creation, or hits of a filter. */
struct selection {
  bool by_state;
  enum account_state state;
  struct account **hits;
  size_t count, room;
};

static void
select_one (struct selection *selection, struct account *account)
{
  if (selection->count == selection->room) {
    selection->room = selection->room == 0 ? 16 : selection->room * 2;
    selection->hits = mem_resize (selection->hits, selection->room * sizeof *selection->hits);
  }
  selection->hits[selection->count++] = account;
}

static bool
findable (const struct sim *sim, const struct account *account)
{
  if (account == NULL || account->visible_from > clock_steady ())
    return false;
  return account->state == STATE_ACTIVE ||
         (account->state == STATE_INACTIVE && sim->switches.find_inactive) ||
         (account->state == STATE_DELETED && sim->switches.find_deleted);
}

static void
select_found (const struct sim *sim, struct selection *selection, struct account *account)
{
  if (findable (sim, account))
    select_one (selection, account);
}

/* Walks all accounts: for filters on attributes without an index. */
static void
select_walk (const struct request *request, struct selection *selection,
             const struct filter *filter)
{
  const struct sim *sim = request->sim;
  struct buffer text = {0};
  for (size_t i = 0; i < sim->store.count; i++) {
    struct account *account = sim->store.accounts[i];
    if (!findable (sim, account))
      continue;
    text.length = 0;
    user_write (request, account, &text);
    json_t *object = json_loadb (text.data, text.length, 0, NULL);
    if (filter_fits (filter, object, NULL, &user_type))
      select_one (selection, account);
    json_decref (object);
  }
  buffer_fini (&text);
}

static bool
refuse (struct problem *problem, const char *why)
{
  return problem_set (problem, 400, "invalidFilter", "%s", why);
}

static const char *
filter_text (const struct filter *filter)
{
  return filter->value != NULL ? json_string_value (filter->value) : NULL;
}

/* externalIds[authority eq "A" and value eq "V"] */
static bool
select_external (const struct sim *sim, const struct filter *inner, struct selection *selection,
                 struct problem *problem)
{
  const struct filter *authority = inner->left, *value = inner->right;
  if (inner->op == FILTER_AND &&
      strcasecmp (authority->attribute ? authority->attribute : "", "value") == 0) {
    authority = inner->right;
    value = inner->left;
  }
  if (inner->op != FILTER_AND || authority->op != FILTER_EQ || value->op != FILTER_EQ ||
      strcasecmp (authority->attribute, "authority") != 0 ||
      strcasecmp (value->attribute, "value") != 0 || filter_text (authority) == NULL ||
      filter_text (value) == NULL)
    return refuse (problem, "externalIds takes [authority eq \"…\" and value eq \"…\"]");
  select_found (sim, selection,
                store_by_external (&sim->store, filter_text (authority), filter_text (value)));
  return true;
}

static bool
select_active (const struct filter *filter, struct selection *selection, struct problem *problem)
{
  const char *text = filter_text (filter);
  bool yes = json_is_true (filter->value) || (text != NULL && strcasecmp (text, "true") == 0);
  bool no = json_is_false (filter->value) || (text != NULL && strcasecmp (text, "false") == 0);
  if (!yes && !no)
    return refuse (problem, "active is true or false");
  selection->by_state = true;
  selection->state = yes ? STATE_ACTIVE : STATE_INACTIVE;
  return true;
}

/* Attributes that can be filtered, as a plain name. */
static const char *
plain_name (const char *attribute)
{
  static const char *const urns[] = {URN_USER ":", URN_ENTERPRISE ":", URN_GENESYS ":"};
  for (size_t i = 0; i < sizeof urns / sizeof *urns; i++)
    if (strncasecmp (attribute, urns[i], strlen (urns[i])) == 0)
      return attribute + strlen (urns[i]);
  return attribute;
}

static struct filter
walk_filter (const struct filter *filter, const char *name)
{
  static const char *const pairs[][2] = {{"email", "emails.value"},
                                         {"manager", URN_ENTERPRISE ":manager.value"},
                                         {"division", URN_ENTERPRISE ":division"},
                                         {"employeeNumber", URN_ENTERPRISE ":employeeNumber"}};
  struct filter walk = *filter;
  walk.attribute = NULL;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    if (strcasecmp (name, pairs[i][0]) == 0)
      walk.attribute = (char *)(uintptr_t)pairs[i][1];
  return walk;
}

static bool
select_equal (const struct request *request, const struct filter *filter,
              struct selection *selection, struct problem *problem)
{
  const struct sim *sim = request->sim;
  const char *name = plain_name (filter->attribute), *text = filter_text (filter);
  if (strcasecmp (name, "active") == 0)
    return select_active (filter, selection, problem);
  if (text == NULL)
    return refuse (problem, "the filter's value must be a string");
  struct filter walk = walk_filter (filter, name);
  if (strcasecmp (name, "id") == 0)
    select_found (sim, selection, store_by_id (&sim->store, text));
  else if (strcasecmp (name, "userName") == 0)
    select_found (sim, selection, store_by_name (&sim->store, text));
  else if (strcasecmp (name, "externalId") == 0)
    select_found (sim, selection, store_by_external (&sim->store, AUTHORITY_SCIM, text));
  else if (walk.attribute != NULL)
    select_walk (request, selection, &walk);
  else
    return problem_set (problem, 400, "invalidFilter", "users cannot be filtered by %.100s",
                        filter->attribute);
  return true;
}

static bool
select_filter (const struct request *request, const struct filter *filter,
               struct selection *selection, struct problem *problem)
{
  bool indexed =
      filter->op == FILTER_EQ && strcasecmp (plain_name (filter->attribute), "emails") != 0;
  if (filter->op == FILTER_VALUE && strcasecmp (plain_name (filter->attribute), "externalIds") == 0)
    return select_external (request->sim, filter->left, selection, problem);
  if (indexed && select_equal (request, filter, selection, problem))
    return true;
  if (request->sim->switches.filter_full) {
    select_walk (request, selection, filter);
    return true;
  }
  return indexed ? false : refuse (problem, "only \"eq\" on one attribute is supported");
}

static bool
select_all (const struct request *request, struct selection *selection, struct problem *problem)
{
  const char *text = request_argument (request, "filter");
  if (text == NULL) {
    selection->by_state = true;
    selection->state = STATE_ACTIVE;
    return true;
  }
  struct filter *filter = filter_parse (text, request->sim->switches.filter_unquoted, problem);
  bool good = filter != NULL && select_filter (request, filter, selection, problem);
  filter_free (filter);
  return good;
}

static size_t
selection_size (const struct request *request, const struct selection *selection)
{
  return selection->by_state ? request->sim->store.ranks[selection->state].total : selection->count;
}

static const struct account *
selection_get (const struct request *request, const struct selection *selection, size_t n)
{
  return selection->by_state ? store_nth (&request->sim->store, selection->state, n)
                             : selection->hits[n];
}

static size_t
write_resources (const struct request *request, const struct selection *selection,
                 const struct page *page, const struct projection *projection, struct buffer *out)
{
  const struct fault *lose = request->faults[FAULT_LOSE];
  size_t size = selection_size (request, selection), written = 0, first = (size_t)page->start - 1;
  struct buffer one = {0};
  if (request->faults[FAULT_WRAP] && size > 0)
    first %= size;
  for (size_t n = first; n < size && n - first < (size_t)page->count; n++) {
    const struct account *account = selection_get (request, selection, n);
    if (account->visible_from > 0 && account->visible_from > clock_steady ())
      continue;
    if (lose != NULL && (n + 1) % (size_t)lose->every == 0)
      continue;
    one.length = 0;
    user_write (request, account, &one);
    if (written++ > 0)
      buffer_text (out, ",");
    projection_write (projection, &one, out);
  }
  buffer_fini (&one);
  return written;
}

static void
write_list (struct request *request, const struct selection *selection, struct page *page,
            const struct projection *projection)
{
  struct buffer resources = {0};
  struct reply *reply = &request->reply;
  const struct switches *switches = &request->sim->switches;
  page->count = page->count > switches->page_max ? switches->page_max : page->count;
  size_t written = write_resources (request, selection, page, projection, &resources);
  size_t total = request->faults[FAULT_PAGE_TOTAL] ? written : selection_size (request, selection);
  reply_reset (reply);
  reply->status = 200;
  reply->content_type = "application/scim+json";
  buffer_format (&reply->body,
                 "{\"schemas\":[\"" URN_LIST "\"],\"totalResults\":%zu,\"startIndex\":%lld,"
                 "\"itemsPerPage\":%zu,\"Resources\":[",
                 total, (long long)page->start, written);
  buffer_add (&reply->body, resources.data, resources.length);
  buffer_text (&reply->body, "]}");
  buffer_fini (&resources);
}

void
users_list (struct request *request)
{
  struct problem problem;
  struct projection projection;
  struct page page;
  struct selection selection = {0};
  if (!projection_read (request, &user_type, &projection, &problem) ||
      !page_read (request, &page, &problem)) {
    reply_problem (request, &problem);
    return;
  }
  if (!page_admit (request, &page, &projection))
    return;
  if (select_all (request, &selection, &problem))
    write_list (request, &selection, &page, &projection);
  else
    reply_problem (request, &problem);
  free (selection.hits);
}
