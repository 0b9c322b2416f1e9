/* The mapping: from an entry of the source to what its account should be (contract: section 3).
 *
 * A mapping is compiled once from the configuration tree and the sink's schema, is immutable
 * and may be shared by threads. Evaluating it is pure: no I/O, no lock, no clock. The result is
 * not a document but a row of leaves: documents, fingerprints, hashes and PATCH operations are
 * all made from those. */
#ifndef SYNCD_MAP_MAP_H
#define SYNCD_MAP_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/node.h"
#include "record/entry.h"
#include "record/schema.h"
#include "util/buffer.h"
#include "util/hash.h"

enum leaf_kind {
  LEAF_SCALAR,     /* one scalar: title, name.givenName, urn:…:User:department            */
  LEAF_TYPED_ITEM, /* the item of a list that its literal type names: emails[type eq "work"] */
  LEAF_LIST        /* any other list: compared as a set, replaced whole                   */
};

struct leaf_fixed {
  char *path; /* emails[type eq "work"].primary */
  char *json; /* true */
};

struct leaf {
  enum leaf_kind kind;
  char *path;       /* SCIM path (RFC 7644 figure 7): what tells the leaf, and its op's path  */
  char *list_path;  /* TYPED_ITEM: the list to add the item to ("emails"); else NULL          */
  char *value_path; /* TYPED_ITEM with one changing member: emails[type eq "work"].value       */
  char *value_key;  /* that member's name ("value")                                           */
  struct leaf_fixed *fixed; /* TYPED_ITEM: its literal members but the type                */
  size_t fixed_count;
  enum schema_type type;
  bool kept;        /* the sink's schema keeps it: it is sent (else only `map` prints it)     */
  bool reference;   /* its value is a reference key, to be replaced by the sink's id          */
};

struct mapping;

/* Compiles. SCHEMA may be NULL (then nothing is converted but `active`, and all is kept).
 * Implied leaves (externalId, displayName where the sink requires it) are added. Things worth
 * saying once are appended to WARNINGS, a line each. -1 with file:line:column. */
int mapping_compile (const struct node *tree, const struct node *schemas, const struct schema *schema,
                     struct buffer *warnings, struct mapping **ret_mapping, struct error *);
void mapping_free (struct mapping *);
/* 64 hex digits: changes whenever the same entry could map to something else. */
const char *mapping_version (const struct mapping *);

/* The attributes of the source that it needs (indexes of struct entry). */
size_t mapping_attribute_count (const struct mapping *);
const char *mapping_attribute (const struct mapping *, size_t i);
bool mapping_attribute_is_reference (const struct mapping *, size_t i);

size_t mapping_leaf_count (const struct mapping *);
const struct leaf *mapping_leaf (const struct mapping *, size_t i);
/* Indexes of leaves that the core must know; -1 where not mapped (userName always is). */
int mapping_user_name_leaf (const struct mapping *);
int mapping_external_id_leaf (const struct mapping *);
/* externalId is not mapped: it is the entry's own id. */
bool mapping_external_id_is_entry_id (const struct mapping *);
int mapping_active_leaf (const struct mapping *);

/* One mapped entry: for each leaf JSON text, or absent. */
struct leaves {
  struct buffer json;         /* the values, one behind the other, each ended by a NUL */
  size_t *at;                 /* offset + 1 of each leaf's text, 0: absent */
  size_t count;
  struct buffer warnings;     /* optional values left out, a line each */
};

void leaves_init (struct leaves *, size_t count);
void leaves_fini (struct leaves *);
void leaves_reset (struct leaves *);
const char *leaves_get (const struct leaves *, size_t i); /* JSON text or NULL */
void leaves_set (struct leaves *, size_t i, const char *json, size_t len);
/* The same for a text, which becomes a JSON string. */
void leaves_set_text (struct leaves *, size_t i, const char *text);
/* A string leaf without its quotes and escapes, a text of its own; NULL where absent. */
char *leaves_text (const struct leaves *, size_t i);

/* Hash of the mapped source values with the mapping's version; the order of an attribute's
 * values does not count. Equal fingerprints: map_entry() would give the same. */
void map_fingerprint (const struct mapping *, const struct entry *, struct hasher *,
                      unsigned char ret_fingerprint[FINGERPRINT_LEN]);

/* Maps. LAST (may be NULL): hashes of the leaves last sent, so that of several values the one
 * last sent is taken if it is still there (for userName give the hash of the name that was
 * wanted, for a suffixed one is none of the values). -1: the entry cannot be mapped, the reason is for
 * the person who parks it; *RET_ACTIVE is still told where it could be. */
enum active_state { ACTIVE_UNMAPPED, ACTIVE_MISSING, ACTIVE_TRUE, ACTIVE_FALSE };
int map_entry (const struct mapping *, const struct entry *, const struct hasher *,
               const uint64_t *last, struct leaves *ret_leaves, enum active_state *ret_active,
               struct error *);
/* 64 bits of each leaf; 0: absent. Lists are hashed as sets. */
void map_hash_leaves (const struct mapping *, const struct hasher *, const struct leaves *,
                      uint64_t *ret_hashes);

/* The document of these leaves: canonical JSON with its schemas. EVERYTHING: also what the sink
 * does not keep (for `map`). Objects that hold nothing but literals are left out. */
void map_document (const struct mapping *, const struct leaves *, bool everything,
                   struct buffer *out);
/* The document of a new account: `active: true` where the leaves do not say. */
void map_document_new (const struct mapping *, const struct leaves *, struct buffer *out);
/* Leaves of a document that came from the sink, as far as they can be told; presence counts,
 * values are compared. JSON must be an object; -1 where it is not. */
int map_leaves_of (const struct mapping *, const char *json, size_t len, struct leaves *ret_leaves);

/* For the queue: leaves as one JSON array (absent: null), and back. */
void leaves_encode (const struct leaves *, struct buffer *out);
int leaves_decode (const char *json, size_t len, struct leaves *ret_leaves);

/* Can this filter name be used in an expression? For documents and tests. */
const char *const *map_filter_names (size_t *ret_count);

#endif
