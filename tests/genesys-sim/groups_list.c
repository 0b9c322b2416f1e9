/* GET /groups: by id, by name or all. */
#include <config.h>
#include "filter.h"
#include "groups.h"

#include <string.h>
#include <strings.h>

static bool
group_fits (const struct group *group, const struct filter *filter)
{
  const char *want = filter != NULL ? json_string_value (filter->value) : NULL;
  if (filter == NULL)
    return true;
  return strcasecmp (filter->attribute, "id") == 0 ? strcmp (group->id, want) == 0
                                                   : strcasecmp (group->name, want) == 0;
}

static bool
filter_check (const struct request *request, struct filter **ret_filter, struct problem *problem)
{
  const char *text = request_argument (request, "filter");
  *ret_filter = NULL;
  if (text == NULL && request->v2 && request->sim->switches.groups_filter_required)
    return problem_set (problem, 400, "invalidFilter", "filter is required");
  if (text == NULL)
    return true;
  *ret_filter = filter_parse (text, request->sim->switches.filter_unquoted, problem);
  if (*ret_filter == NULL)
    return false;
  const struct filter *filter = *ret_filter;
  if (filter->op == FILTER_EQ && json_is_string (filter->value) &&
      (strcasecmp (filter->attribute, "id") == 0 ||
       strcasecmp (filter->attribute, "displayName") == 0))
    return true;
  return problem_set (problem, 400, "invalidFilter",
                      "groups are filtered by id eq or displayName eq");
}

static void
list_write (struct request *request, const struct filter *filter, const struct page *page,
            const struct projection *projection)
{
  const struct groups *groups = &request->sim->groups;
  struct buffer resources = {0}, one = {0};
  int64_t total = 0, written = 0;
  for (size_t i = 0; i < groups->count; i++) {
    if (!group_fits (groups->all[i], filter) || ++total < page->start || written >= page->count)
      continue;
    one.length = 0;
    group_write (request, groups->all[i], &one);
    buffer_text (&resources, written++ > 0 ? "," : "");
    projection_write (projection, &one, &resources);
  }
  reply_reset (&request->reply);
  request->reply.status = 200;
  request->reply.content_type = "application/scim+json";
  buffer_format (&request->reply.body,
                 "{\"schemas\":[\"" URN_LIST "\"],\"totalResults\":%lld,\"startIndex\":%lld,"
                 "\"itemsPerPage\":%lld,\"Resources\":[",
                 (long long)total, (long long)page->start, (long long)written);
  buffer_add (&request->reply.body, resources.data, resources.length);
  buffer_text (&request->reply.body, "]}");
  buffer_fini (&resources);
  buffer_fini (&one);
}

void
groups_list (struct request *request)
{
  struct problem problem;
  struct projection projection;
  struct page page;
  struct filter *filter = NULL;
  if (!projection_read (request, &group_type, &projection, &problem) ||
      !page_read (request, &page, &problem) || !filter_check (request, &filter, &problem)) {
    reply_problem (request, &problem);
  } else if (page_admit (request, &page, &projection)) {
    if (page.count > request->sim->switches.page_max)
      page.count = request->sim->switches.page_max;
    list_write (request, filter, &page, &projection);
  }
  filter_free (filter);
}
