/* scim-compare-op: the operations of an update against what came back. See scim-compare.h. */
#include <config.h>

#include "scim-compare-private.h"
#include "scim-path.h"

#include <syncd/plugin.h>

#include <stdio.h>
#include <string.h>

static struct json
member (struct json object, struct scim_part name)
{
  return name.at != NULL ? json_member_nocase (object, name.at, name.len) : object;
}

/* The path by which rules know it: no filter. */
static void
plain_path (char *out, const struct scim_path *p)
{
  snprintf (out, SCIM_COMPARE_PATH, "%.*s%s%.*s%s%.*s", (int) p->urn.len,
            p->urn.len > 0 ? p->urn.at : "", p->urn.len > 0 && p->attribute.len > 0 ? ":" : "",
            (int) p->attribute.len, p->attribute.len > 0 ? p->attribute.at : "",
            p->sub.len > 0 ? "." : "", (int) p->sub.len, p->sub.len > 0 ? p->sub.at : "");
}

static bool
filter_matches (const struct scim_path *p, struct json item)
{
  struct json value = member (item, p->filter_attribute);
  char text[512];
  size_t len;
  if (json_text (p->filter_value, text, sizeof text, &len))
    return json_equals (value, text, len, true);
  return value.len == p->filter_value.len && value.len > 0
         && memcmp (value.at, p->filter_value.at, value.len) == 0;
}

/* One of the items that the filter names has the value. */
static bool
filtered_has (struct scim_compare *c, const struct scim_path *p, const char *path, struct json list,
              struct json sent)
{
  struct json_walk w = json_begin (list);
  struct json item;
  while (json_next (&w, NULL, &item))
    if (filter_matches (p, item) && compare_same (c, path, sent, member (item, p->sub), item))
      return true;
  return false;
}

/* None of the items that the filter names is there (or still has the sub-attribute). */
static bool
filtered_gone (struct scim_compare *c, const struct scim_path *p, const char *path,
               struct json list)
{
  struct json_walk w = json_begin (list);
  struct json item;
  while (json_next (&w, NULL, &item))
    if (filter_matches (p, item) && !json_is_empty (member (item, p->sub))
        && !c->rules->kept (path, item))
      return false;
  return true;
}

/* Nothing is left but what the service keeps. */
static bool
all_gone (struct scim_compare *c, const char *path, struct json got)
{
  struct json_walk w = json_begin (got);
  struct json item;
  if (json_kind (got) != JSON_ARRAY)
    return json_is_empty (got);
  while (json_next (&w, NULL, &item))
    if (!c->rules->kept (path, item))
      return false;
  return true;
}

/* A whole list was replaced: nothing else may be in it. */
static bool
no_others (struct scim_compare *c, const char *path, struct json sent, struct json got)
{
  struct json_walk w = json_begin (got);
  struct json item, wanted;
  while (json_next (&w, NULL, &item)) {
    struct json_walk s = json_begin (sent);
    bool known = c->rules->kept (path, item);
    while (!known && json_next (&s, NULL, &wanted))
      known = compare_same (c, path, wanted, item, item);
    if (!known)
      return false;
  }
  return true;
}

static void
compare_whole (struct scim_compare *c, const struct scim_path *p, struct json value)
{
  struct scim_compare part = *c;
  struct json_table sent, table;
  json_table_fill (&sent, value);
  json_table_fill (&table, member (c->account->object, p->urn));
  part.account = &table;
  part.missing = 0;
  scim_compare_document (&part, &sent);
  for (size_t i = 0; i < part.missing; i++) {
    char path[2 * SCIM_COMPARE_PATH];
    snprintf (path, sizeof path, "%.*s%s%s", (int) p->urn.len, p->urn.len > 0 ? p->urn.at : "",
              p->urn.len > 0 ? ":" : "", part.paths[i]);
    path[SCIM_COMPARE_PATH - 1] = '\0';
    compare_missing (c, path);
  }
}

static void
compare_remove (struct scim_compare *c, const struct scim_path *p, const char *path,
                const char *plain)
{
  struct json got = member (member (c->account->object, p->urn), p->attribute);
  bool gone = p->filter_attribute.at != NULL ? filtered_gone (c, p, plain, got)
                                             : all_gone (c, plain, member (got, p->sub));
  if (!gone && !c->rules->ignored (plain))
    compare_missing (c, path);
}

void
scim_compare_operation (struct scim_compare *c, uint32_t op, const char *path, struct json value)
{
  struct scim_path p;
  char plain[SCIM_COMPARE_PATH];
  if (!scim_path_parse (path != NULL ? path : "", &p))
    return; /* a form that we cannot look up: the service's 2xx has to do */
  plain_path (plain, &p);
  struct json got = member (member (c->account->object, p.urn), p.attribute);
  if (op == SYNCD_OP_REMOVE || json_is_empty (value))
    compare_remove (c, &p, path, plain);
  else if (p.attribute.at == NULL)
    compare_whole (c, &p, value);
  else if (p.filter_attribute.at != NULL) {
    if (!filtered_has (c, &p, plain, got, value))
      compare_missing (c, path);
  } else {
    got = member (got, p.sub);
    if (op == SYNCD_OP_ADD && json_kind (got) == JSON_ARRAY && json_kind (value) == JSON_OBJECT) {
      if (!compare_in_list (c, plain, value, got))
        compare_missing (c, path);
      return;
    }
    compare_value (c, plain, value, got);
    if (op == SYNCD_OP_REPLACE && json_kind (value) == JSON_ARRAY
        && !no_others (c, plain, value, got))
      compare_missing (c, path);
  }
}
