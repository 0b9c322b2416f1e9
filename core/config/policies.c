/* Whose is whose, and how much may change: match, collision, leavers, brakes, protect. Pure. */
#include "config.h"
#include "config/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

/* SCIM attribute names have no case; these two are compared by others as we spell them. A sink can be
 * asked for an account by these two alone. */
static bool
spell_as_usual (char **name)
{
  static const char *const usual[] = {"externalId", "userName"};
  for (size_t i = 0; i < COUNT (usual); i++)
    if (text_equal_nocase (*name, usual[i])) {
      mem_set_text (name, usual[i]);
      return true;
    }
  return false;
}

static int
check_match (const struct node *node, struct settings *settings, struct error *error)
{
  for (size_t i = 0; i < settings->match_count; i++) {
    char **name = &settings->match[i];
    const struct node *place = node->kind == NODE_LIST ? node->items[i] : node;
    if (!spell_as_usual (name))
      return node_error (place, error,
                         "match wants externalId and userName, by which an account can be found, not "
                         "\"%.100s\"", *name);
    for (size_t k = 0; k < i; k++)
      if (text_equal_nocase (*name, settings->match[k]))
        return node_error (place, error, "match has \"%.100s\" twice", *name);
  }
  return 0;
}

static int
load_match (const struct node *root, struct settings *settings, struct error *error)
{
  const struct node *node = node_get (root, "match");
  settings->match_count = 2;
  settings->match = mem_new (2, sizeof *settings->match);
  settings->match[0] = mem_copy_text ("externalId");
  settings->match[1] = mem_copy_text ("userName");
  if (value_texts (root, "match", &settings->match, &settings->match_count, error) < 0
      || value_bool (root, "adopt_foreign", &settings->adopt_foreign, error) < 0)
    return -1;
  return node_is_null (node) ? 0 : check_match (node, settings, error);
}

/* Every {…} must be {base} or {n}, each once at least: otherwise two names could be the same. */
static int
check_format (const struct node *collision, const char *format, struct error *error)
{
  bool base = false, number = false;
  const struct node *node = node_get (collision, "format");
  for (const char *at = strpbrk (format, "{}"); at; at = strpbrk (at, "{}")) {
    bool is_base = strncmp (at, "{base}", 6) == 0, is_number = strncmp (at, "{n}", 3) == 0;
    if (!is_base && !is_number)
      return node_error (node, error, "format takes {base} and {n}, and no other { or }");
    base |= is_base;
    number |= is_number;
    at = strchr (at, '}') + 1;
  }
  if (!base || !number)
    return node_error (node, error, "format must have {base} and {n} in it, as \"{base}_{n}\" has");
  return 0;
}

static int
load_collision (const struct node *root, struct settings *settings, struct error *error)
{
  static const char *const keys[] = {"policy", "format", "attempts", "left"};
  static const char *const policies[] = {"suffix", "skip", "fail"};
  static const char *const lefts[] = {"park", "adopt", "suffix"};
  const struct node *node = NULL;
  int policy = COLLISION_SUFFIX, left = LEFT_PARK;
  settings->collision_format = mem_copy_text ("{base}_{n}");
  settings->collision_attempts = 10;
  if (value_object (root, "", "collision", keys, COUNT (keys), &node, error) < 0
      || value_word (node, "policy", policies, COUNT (policies), &policy, error) < 0
      || value_text (node, "format", &settings->collision_format, error) < 0
      || value_integer (node, "attempts", 1, 1000, &settings->collision_attempts, error) < 0
      || value_word (node, "left", lefts, COUNT (lefts), &left, error) < 0)
    return -1;
  settings->collision = (enum collision_policy) policy;
  settings->collision_left = (enum left_policy) left;
  return check_format (node, settings->collision_format, error);
}

/* delete_after says: disabled first, deleted that long after. With `policy: delete` it says the
 * same; to delete at once in spite of it would be the worst way of reading it. */
static int
load_leavers (const struct node *root, struct settings *settings, struct error *error)
{
  static const char *const keys[] = {"policy", "delete_after"};
  static const char *const policies[] = {"disable", "delete", "ignore"};
  const struct node *node = NULL;
  int policy = LEAVER_DISABLE;
  settings->delete_after_ms = -1;
  if (value_object (root, "", "leavers", keys, COUNT (keys), &node, error) < 0
      || value_word (node, "policy", policies, COUNT (policies), &policy, error) < 0
      || value_duration (node, "delete_after", "never", &settings->delete_after_ms, error) < 0)
    return -1;
  bool later = settings->delete_after_ms > 0;
  if (later && policy == LEAVER_IGNORE)
    return node_error (node_get (node, "delete_after"), error,
                       "delete_after does not go with policy: ignore; take one of them away");
  settings->leavers = later ? LEAVER_DISABLE : (enum leaver_policy) policy;
  return 0;
}

static int
load_brake (const struct node *brakes, const char *key, struct brake *brake, struct error *error)
{
  static const char *const keys[] = {"percent", "min"};
  const struct node *node = NULL;
  MEM_AUTO char *percent = NULL;
  if (value_object (brakes, "brakes", key, keys, COUNT (keys), &node, error) < 0
      || value_text (node, "percent", &percent, error) < 0
      || value_integer (node, "min", 0, 1000000000, &brake->min, error) < 0)
    return -1;
  if (percent && parse_percent (percent, &brake->percent) < 0)
    return node_error (node_get (node, "percent"), error,
                       "percent wants a whole number from 0 to 100, not \"%.100s\"", percent);
  return 0;
}

static int
load_brakes (const struct node *root, struct settings *settings, struct error *error)
{
  static const char *const keys[] = {"leavers", "updates", "creates"};
  const struct node *node = NULL;
  settings->brake_leavers = (struct brake){5, 20};
  settings->brake_updates = (struct brake){50, 100};
  settings->brake_creates = (struct brake){50, 500};
  if (value_object (root, "", "brakes", keys, COUNT (keys), &node, error) < 0
      || load_brake (node, "leavers", &settings->brake_leavers, error) < 0
      || load_brake (node, "updates", &settings->brake_updates, error) < 0
      || load_brake (node, "creates", &settings->brake_creates, error) < 0)
    return -1;
  return 0;
}

int
policies_load (const struct node *root, struct settings *settings, struct error *error)
{
  if (load_match (root, settings, error) < 0 || load_collision (root, settings, error) < 0
      || load_leavers (root, settings, error) < 0 || load_brakes (root, settings, error) < 0)
    return -1;
  return value_texts (root, "protect", &settings->protect, &settings->protect_count, error);
}
