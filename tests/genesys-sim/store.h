/* The accounts: found by id, by user name (without case) and by external id in constant time,
   counted and listed by state in logarithmic time. */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "table.h"
#include "util.h"

#define AUTHORITY_SCIM "x-pc:scimv2:v1" /* the authority under which externalId is kept */

enum account_state { STATE_ACTIVE, STATE_INACTIVE, STATE_DELETED, STATES };
extern const char *const state_names[STATES];

struct account {
  char id[UUID_SIZE];
  char *user_name, *folded;
  char *text; /* the document without braces: "userName":…, without id, active, groups, meta */
  size_t length;
  char **external; /* authority, 0x1f, value */
  size_t externals;
  uint64_t version;
  int64_t modified;     /* wall clock, ms */
  int64_t visible_from; /* steady clock, ms */
  size_t slot;
  enum account_state state;
};

struct store {
  struct account **accounts; /* by slot, in order of creation; NULL where one was purged */
  size_t count, room;
  struct table by_id, by_name, by_external;
  struct rank ranks[STATES];
};

struct account *account_new (const char *id); /* id NULL: a new one */
void account_free (struct account *account);
/* Puts the document (userName in it, active not) into the account: text, names, keys. */
void account_fill (struct account *account, const json_t *document);
/* The document that is kept, and "active": a new reference. */
json_t *account_document (const struct account *account);
const char *account_external_id (const struct account *account); /* "" where there is none */

void store_insert (struct store *store, struct account *account); /* takes it */
/* Gives account another document and state; false where nothing differs. */
bool store_update (struct store *store, struct account *account, const json_t *document,
                   enum account_state state, int64_t version_step);
void store_purge (struct store *store, struct account *account);
struct account *store_by_id (const struct store *store, const char *id);
struct account *store_by_name (const struct store *store, const char *user_name);
struct account *store_by_external (const struct store *store, const char *authority,
                                   const char *value);
struct account *store_nth (const struct store *store, enum account_state state, size_t n);
void store_clear (struct store *store);

#endif
