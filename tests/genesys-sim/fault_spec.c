/* Reading faults: as JSON, or as KEY=VALUE,… from the command line. */
#include <config.h>
#include "sim.h"

#include <stdlib.h>
#include <string.h>

const char *const fault_names[FAULT_KINDS] = {
    "status", "reset",       "close",        "slow",      "truncate",  "partial",
    "ignore", "drop-values", "no-id",        "invisible", "no-json",   "content-type",
    "huge",   "lose",        "ignore-start", "wrap",      "page-total"};

enum form { FORM_TEXT, FORM_NUMBER, FORM_BOOL, FORM_STATUS, FORM_REAL, FORM_SEED };
static const struct key {
  const char *name;
  enum form form;
  size_t offset;
} keys[] = {
    {"method", FORM_TEXT, offsetof (struct fault, method)},
    {"path", FORM_TEXT, offsetof (struct fault, path)},
    {"userName", FORM_TEXT, offsetof (struct fault, user_name)},
    {"nth", FORM_NUMBER, offsetof (struct fault, nth)},
    {"count", FORM_NUMBER, offsetof (struct fault, count)},
    {"probability", FORM_REAL, offsetof (struct fault, probability)},
    {"seed", FORM_SEED, offsetof (struct fault, dice)},
    {"status", FORM_STATUS, offsetof (struct fault, status)},
    {"shape", FORM_TEXT, offsetof (struct fault, shape)},
    {"code", FORM_TEXT, offsetof (struct fault, code)},
    {"detail", FORM_TEXT, offsetof (struct fault, detail)},
    {"contentType", FORM_TEXT, offsetof (struct fault, content_type)},
    {"retryAfter", FORM_NUMBER, offsetof (struct fault, retry_after)},
    {"delay", FORM_NUMBER, offsetof (struct fault, delay)},
    {"bytes", FORM_NUMBER, offsetof (struct fault, bytes)},
    {"every", FORM_NUMBER, offsetof (struct fault, every)},
    {"keep", FORM_NUMBER, offsetof (struct fault, keep)},
    {"applied", FORM_BOOL, offsetof (struct fault, applied)},
    {"echo", FORM_BOOL, offsetof (struct fault, echo)},
};
#define KEYS (sizeof keys / sizeof *keys)

static void
fault_free (struct fault *fault)
{
  for (size_t i = 0; i < KEYS; i++)
    if (keys[i].form == FORM_TEXT)
      free (*(char **)((char *)fault + keys[i].offset));
  free (fault);
}

static bool
set_text (char **at, const json_t *value)
{
  if (!json_is_string (value))
    return false;
  free (*at);
  *at = mem_copy (json_string_value (value));
  return true;
}

static bool
key_set (struct fault *fault, const struct key *key, const json_t *value)
{
  void *at = (char *)fault + key->offset;
  json_int_t number = json_integer_value (value);
  switch (key->form) {
  case FORM_TEXT:
    return set_text (at, value);
  case FORM_BOOL:
    *(bool *)at = json_is_true (value);
    return json_is_boolean (value);
  case FORM_REAL:
    *(double *)at = json_number_value (value);
    return json_is_number (value);
  case FORM_STATUS:
    *(int *)at = (int)number;
    return number >= 200 && number <= 599;
  case FORM_SEED:
    *(uint64_t *)at = (uint64_t)number;
    return json_is_integer (value);
  default:
    *(int64_t *)at = number;
    return json_is_integer (value) && number >= 0;
  }
}

static bool
kind_set (struct fault *fault, const char *name)
{
  for (int kind = 0; name != NULL && kind < FAULT_KINDS; kind++)
    if (strcmp (fault_names[kind], name) == 0) {
      fault->kind = (enum fault_kind)kind;
      return true;
    }
  return false;
}

static bool
spec_read (struct fault *fault, const json_t *spec, struct problem *problem)
{
  const char *name;
  json_t *value;
  json_object_foreach ((json_t *)(uintptr_t)spec, name, value)
  {
    size_t i = 0;
    if (strcmp (name, "kind") == 0) {
      if (!kind_set (fault, json_string_value (value)))
        return problem_set (problem, 400, NULL, "no fault is called \"%.40s\"",
                            json_is_string (value) ? json_string_value (value) : "");
      continue;
    }
    while (i < KEYS && strcmp (keys[i].name, name) != 0)
      i++;
    if (i == KEYS)
      return problem_set (problem, 400, NULL, "a fault has no \"%.40s\"", name);
    if (!key_set (fault, &keys[i], value))
      return problem_set (problem, 400, NULL, "the value of \"%s\" in a fault is wrong", name);
  }
  if (fault->nth > 0 && json_object_get (spec, "count") == NULL)
    fault->count = 1;
  return true;
}

bool
faults_add (struct faults *faults, const json_t *spec, uint64_t *ret_id, struct problem *problem)
{
  struct fault *fault = mem_new (sizeof *fault);
  *fault = (struct fault){.probability = 1,
                          .dice = 1,
                          .status = 500,
                          .retry_after = -1,
                          .delay = 1000,
                          .bytes = 16 << 20,
                          .every = 2,
                          .keep = 1};
  if (!json_is_object (spec) ? !problem_set (problem, 400, NULL, "a fault is a JSON object") && true
                             : !spec_read (fault, spec, problem)) {
    fault_free (fault);
    return false;
  }
  if (fault->every < 1)
    fault->every = 1;
  fault->id = ++faults->next_id;
  faults->all = mem_resize (faults->all, (faults->count + 1) * sizeof *faults->all);
  faults->all[faults->count++] = fault;
  *ret_id = fault->id;
  return true;
}

/* A number, true, false, or text. */
static json_t *
value_guess (const char *text)
{
  json_t *value = json_loads (text, JSON_DECODE_ANY, NULL);
  if (value != NULL && (json_is_number (value) || json_is_boolean (value)))
    return value;
  json_decref (value);
  return json_string (text);
}

static json_t *
spec_parse (const char *text, struct problem *problem)
{
  if (*text == '{')
    return json_loads (text, 0, NULL);
  json_t *spec = json_object ();
  while (*text != '\0') {
    size_t length = strcspn (text, ",");
    char *pair = mem_copy_n (text, length), *equals = strchr (pair, '=');
    if (equals != NULL) {
      *equals = '\0';
      json_object_set_new (spec, pair, value_guess (equals + 1));
    } else {
      problem_set (problem, 400, NULL, "\"%.60s\" in a fault is not KEY=VALUE", pair);
      json_decref (spec);
      free (pair);
      return NULL;
    }
    free (pair);
    text += length + (text[length] == ',');
  }
  return spec;
}

bool
faults_add_text (struct faults *faults, const char *text, struct problem *problem)
{
  uint64_t id;
  problem_set (problem, 400, NULL, "the fault is no JSON");
  json_t *spec = spec_parse (text, problem);
  bool good = spec != NULL && faults_add (faults, spec, &id, problem);
  json_decref (spec);
  return good;
}

bool
faults_remove (struct faults *faults, uint64_t id)
{
  for (size_t i = 0; i < faults->count; i++)
    if (faults->all[i]->id == id) {
      fault_free (faults->all[i]);
      memmove (faults->all + i, faults->all + i + 1, (--faults->count - i) * sizeof *faults->all);
      return true;
    }
  return false;
}

void
faults_clear (struct faults *faults)
{
  for (size_t i = 0; i < faults->count; i++)
    fault_free (faults->all[i]);
  free (faults->all);
  faults->all = NULL;
  faults->count = 0;
}

static json_t *
key_get (const struct fault *fault, const struct key *key)
{
  const void *at = (const char *)fault + key->offset;
  switch (key->form) {
  case FORM_TEXT: {
    const char *text = *(char *const *)at;
    return text != NULL ? json_string (text) : NULL;
  }
  case FORM_BOOL:
    return json_boolean (*(const bool *)at);
  case FORM_REAL:
    return json_real (*(const double *)at);
  case FORM_STATUS:
    return json_integer (*(const int *)at);
  case FORM_SEED:
    return NULL;
  default:
    return json_integer (*(const int64_t *)at);
  }
}

json_t *
faults_dump (const struct faults *faults)
{
  json_t *list = json_array ();
  for (size_t i = 0; i < faults->count; i++) {
    const struct fault *fault = faults->all[i];
    json_t *one = json_pack ("{s:I, s:s, s:I, s:I}", "id", (json_int_t)fault->id, "kind",
                             fault_names[fault->kind], "seen", (json_int_t)fault->seen, "hits",
                             (json_int_t)fault->hits);
    for (size_t k = 0; k < KEYS; k++) {
      json_t *value = key_get (fault, &keys[k]);
      if (value != NULL)
        json_object_set_new (one, keys[k].name, value);
    }
    json_array_append_new (list, one);
  }
  return list;
}
