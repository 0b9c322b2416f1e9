/* What a look-up of accounts found (a JSON array in work.documents): nobody, one, which contest.c
 * judges, or several, between which an administrator decides. Main thread only. */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>

#include "pipeline/delivery.h"
#include "util/mem.h"

char *
lookup_user_name (const char *document)
{
  json_t *account = document ? json_loads (document, 0, NULL) : NULL;
  const char *name = json_string_value (json_object_get (account, "userName"));
  char *copy = name ? mem_copy_text (name) : NULL;
  json_decref (account);
  return copy;
}

static const char *
member (const json_t *account, const char *key)
{
  return json_string_value (json_object_get (account, key));
}

static int
judge_one (struct delivery *delivery, struct item *item, const json_t *account)
{
  const char *id = member (account, "id");
  if (!id || !*id)
    return outcome_park (delivery, item, "the sink showed an account without an id");
  char *document = json_dumps (account, JSON_COMPACT);
  int rc = contest_account (delivery, item, id, member (account, "externalId"), document);
  free (document);
  return rc;
}

/* Nobody was found: go on with what the look-up was for. */
static int
found_nobody (struct delivery *delivery, struct item *item)
{
  enum phase was = item->phase;
  if (item->row.intent != QUEUE_SYNC)
    return doubt_unseen (delivery, item);
  if (was == PHASE_MEET && item->row.doubt && item->name) {
    prepare_find (item, PHASE_SENT_NAME, "userName",
                  item->row.sent_name ? item->row.sent_name : item->name);
    return 1;
  }
  if (was == PHASE_HOLDER && !item->met && item->external_id) {
    prepare_find (item, PHASE_MEET, "externalId", item->external_id);
    return 1;
  }
  if (item->server_words && item->row.doubt)
    return doubt_unseen (delivery, item);
  if (item->server_words)
    return contest_park_held (delivery, item,
                              "but no account with it can be seen; no other name is tried");
  item->met = true;
  return contest_change_or_park (delivery, item);
}

/* Whom the rule found, in a list that lookup_park_several() ends. */
void
lookup_add (struct buffer *list, const char *id, const char *user_name)
{
  buffer_printf (list, "%s%s (%s)", list->len ? ", " : "", id ? id : "?", user_name ? user_name : "?");
}

int
lookup_park_several (struct delivery *delivery, struct item *item, const struct buffer *list)
{
  MEM_AUTO char *reason = mem_format ("several accounts match it by one rule: %s; `syncd link %s "
                                      "ACCOUNT` decides", buffer_text (list), item->link.id);
  return outcome_park (delivery, item, reason);
}

static int
park_several (struct delivery *delivery, struct item *item, const json_t *accounts)
{
  size_t i;
  json_t *one;
  BUFFER_AUTO struct buffer list;
  buffer_init (&list, (size_t) 1 << 16);
  json_array_foreach (accounts, i, one)
    lookup_add (&list, member (one, "id"), member (one, "userName"));
  return lookup_park_several (delivery, item, &list);
}

int
lookup_take (struct delivery *delivery, struct item *item)
{
  json_t *found = json_loadb (buffer_text (&item->work.documents), item->work.documents.len,
                              JSON_REJECT_DUPLICATES, NULL);
  int rc;
  outcome_note_success (delivery);
  if (!json_is_array (found))
    rc = outcome_park (delivery, item, "what the sink found is not a list of accounts");
  else if (json_array_size (found) == 0)
    rc = found_nobody (delivery, item);
  else if (json_array_size (found) > 1)
    rc = park_several (delivery, item, found);
  else
    rc = judge_one (delivery, item, json_array_get (found, 0));
  json_decref (found);
  return rc;
}
