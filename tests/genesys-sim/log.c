/* The log of requests (a ring, bounded) and the counts. */
#include <config.h>
#include "sim.h"

#include <stdlib.h>
#include <string.h>

const char *const kind_names[KINDS] = {"token",  "list",   "find",  "read",      "create",
                                       "update", "delete", "group", "discovery", "other"};

static void
entry_fini (struct log_entry *entry)
{
  free (entry->path);
  free (entry->query);
  free (entry->body);
  free (entry->user_name);
  free (entry->external_id);
  free (entry->token);
  *entry = (struct log_entry){0};
}

void
log_clear (struct log *log)
{
  for (size_t i = 0; i < log->room; i++)
    entry_fini (&log->ring[i]);
  free (log->ring);
  *log = (struct log){0};
}

/* More room, up to max; entries move to the front. */
static void
log_grow (struct log *log, size_t max)
{
  size_t room = log->room == 0 ? 1024 : log->room * 2;
  room = room > max ? max : room;
  struct log_entry *ring = mem_new (room * sizeof *ring);
  for (size_t i = 0; i < log->count; i++)
    ring[i] = log->ring[(log->first + i) % log->room];
  free (log->ring);
  log->ring = ring;
  log->room = room;
  log->first = 0;
}

static struct log_entry *
log_slot (struct log *log, size_t max)
{
  if (log->count == log->room && log->room < max)
    log_grow (log, max);
  if (log->count == log->room) {
    entry_fini (&log->ring[log->first]);
    log->first = (log->first + 1) % log->room;
    log->count--;
    log->dropped++;
  }
  return &log->ring[(log->first + log->count++) % log->room];
}

static char *
copy_or_null (const char *text)
{
  return text != NULL ? mem_copy (text) : NULL;
}

static void
stats_add (struct stats *stats, const struct request *request, int status)
{
  if (stats->total++ == 0)
    stats->first_wall = clock_wall ();
  stats->by_kind[request->kind]++;
  stats->by_status[status > 0 && status < 600 ? status : 0]++;
  stats->applied += request->applied;
  stats->cut += status == 0;
  if (request->kind != KIND_CREATE)
    return;
  stats->last_create = clock_steady ();
  if (stats->by_kind[KIND_CREATE] == 1)
    stats->first_create = stats->last_create;
}

void
log_add (struct request *request)
{
  struct sim *sim = request->sim;
  bool cut =
      request->reply.transport == TRANSPORT_RESET || request->reply.transport == TRANSPORT_CLOSE;
  int status = cut ? 0 : request->reply.status;
  stats_add (&sim->stats, request, status);
  if (!sim->switches.log || sim->switches.log_max <= 0)
    return;
  struct log_entry *entry = log_slot (&sim->log, (size_t)sim->switches.log_max);
  *entry = (struct log_entry){.number = request->number, .wall = clock_wall (), .status = status};
  entry->kind = request->kind;
  entry->fault = request->fault;
  entry->applied = request->applied;
  entry->method = request->method;
  entry->path = mem_copy (request->path);
  entry->query = copy_or_null (request->query);
  if (sim->switches.log_bodies && request->body.length > 0)
    entry->body = mem_copy_n (request->body.data, request->body.length);
  entry->user_name = copy_or_null (request->user_name);
  entry->external_id = copy_or_null (request->external_id);
  entry->token = request->token != NULL ? mem_copy (request->token->text) : NULL;
  memcpy (entry->account, request->account, UUID_SIZE);
  memcpy (entry->correlation, request->correlation, UUID_SIZE);
}

static void
quote_member (struct buffer *out, const char *name, const char *text)
{
  buffer_format (out, ",\"%s\":", name);
  buffer_quote (out, text != NULL && *text != '\0' ? text : NULL);
}

static void
entry_write (const struct log_entry *entry, struct buffer *out)
{
  char time[TIME_SIZE];
  clock_format (entry->wall, time);
  buffer_format (out, "{\"number\":%llu,\"time\":\"%s\"", (unsigned long long)entry->number, time);
  quote_member (out, "method", entry->method);
  quote_member (out, "path", entry->path);
  quote_member (out, "query", entry->query);
  buffer_format (out, ",\"status\":%d,\"kind\":\"%s\",\"applied\":%s", entry->status,
                 kind_names[entry->kind], entry->applied ? "true" : "false");
  quote_member (out, "fault", entry->fault >= 0 ? fault_names[entry->fault] : NULL);
  quote_member (out, "userName", entry->user_name);
  quote_member (out, "externalId", entry->external_id);
  quote_member (out, "id", entry->account);
  quote_member (out, "correlationId", entry->correlation);
  quote_member (out, "token", entry->token);
  quote_member (out, "body", entry->body);
  buffer_text (out, "}");
}

void
log_dump (const struct log *log, uint64_t from, size_t limit, struct buffer *out)
{
  uint64_t next = from;
  size_t written = 0;
  buffer_text (out, "{\"entries\":[");
  for (size_t i = 0; i < log->count && written < limit; i++) {
    const struct log_entry *entry = &log->ring[(log->first + i) % log->room];
    if (entry->number < from)
      continue;
    buffer_text (out, written++ > 0 ? "," : "");
    entry_write (entry, out);
    next = entry->number + 1;
  }
  buffer_format (out, "],\"dropped\":%llu,\"next\":%llu}", (unsigned long long)log->dropped,
                 (unsigned long long)next);
}

static json_t *
count (uint64_t number)
{
  return json_integer ((json_int_t)number);
}

json_t *
stats_dump (const struct sim *sim)
{
  const struct stats *stats = &sim->stats;
  json_t *kinds = json_object (), *statuses = json_object (), *accounts = json_object ();
  for (int kind = 0; kind < KINDS; kind++)
    json_object_set_new (kinds, kind_names[kind], count (stats->by_kind[kind]));
  for (int status = 0; status < 600; status++)
    if (stats->by_status[status] > 0) {
      char text[12];
      snprintf (text, sizeof text, "%d", status);
      json_object_set_new (statuses, text, count (stats->by_status[status]));
    }
  for (int state = 0; state < STATES; state++)
    json_object_set_new (accounts, state_names[state], count (sim->store.ranks[state].total));
  return json_pack (
      "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "total", count (stats->total), "kinds",
      kinds, "statuses", statuses, "accounts", accounts, "throttled", count (stats->throttled),
      "unauthorized", count (stats->unauthorized), "faults", count (stats->faults), "applied",
      count (stats->applied), "cut", count (stats->cut), "tokens", count (sim->tokens.count),
      "others", count (stats->others), "others_throttled", count (stats->others_throttled),
      "create_ms", (json_int_t)(stats->last_create - stats->first_create), "first_ms",
      (json_int_t)stats->first_wall);
}
