/* sync.h: the syncrepl grade (RFC 4533): its messages, its checkpoints, its probe. */
#ifndef SYNCD_SOURCE_LDAP_SYNC_H
#define SYNCD_SOURCE_LDAP_SYNC_H

#include "source-ldap.h"

struct scan;

#define SYNC_ID_LEN 36   /* an entryUUID as text */

/* sync_begin(): the server has something to say, and what it is was only presumed so far. */
#define SYNC_LOOK_CLOSER 1

enum sync_stage {
  SYNC_REFRESH, /* what had changed is being shown */
  SYNC_SETTLE,  /* all of it was: checkpoint and end, or the turn to following */
  SYNC_FOLLOW,  /* what changes is shown as it comes */
  SYNC_OVER     /* the server ended the following */
};

struct sync {
  enum sync_stage stage;
  bool persist;
  bool absence;         /* who was not shown is gone */
  bool due;             /* latest is newer than the last checkpoint given */
  struct berval cookie; /* what we began with; NULL: nothing */
  struct berval latest; /* of the server; NULL: none */
  uint64_t shown;       /* entries and ids */
  BerVarray ids;        /* of a set that is being shown one by one */
  size_t next_id;
  int32_t ids_event;
  int32_t held;         /* what the first look brought: SEARCH_*; 0: nothing */
  LDAPMessage *held_message;
  LDAPControl *control;
};

/* ---- sync-message.c: from bytes to what they say; false: they are not of that form ---- */

#define SYNC_STATE_PRESENT 0
#define SYNC_STATE_DELETE 3

struct sync_state {
  int state;
  struct berval id;     /* 16 bytes */
  struct berval cookie; /* NULL: none; both are to be freed by sync_state_fini() */
};

bool sync_state_read (LDAP *ld, LDAPMessage *message, struct sync_state *ret_state);
void sync_state_fini (struct sync_state *state);

enum sync_info_kind { INFO_OTHER, INFO_COOKIE, INFO_DELETE, INFO_PRESENT, INFO_IDS };

struct sync_info {
  enum sync_info_kind kind;
  struct berval cookie; /* NULL: none */
  bool done;            /* INFO_DELETE, INFO_PRESENT: the refresh is over */
  bool deletes;         /* INFO_IDS: these are gone, else these are there */
  BerVarray ids;
};

bool sync_info_read (LDAP *ld, LDAPMessage *message, struct sync_info *ret_info);
void sync_info_fini (struct sync_info *info);

/* Value of the Sync Done control. */
bool sync_done_read (const struct berval *value, struct berval *ret_cookie, bool *ret_deletes);
LDAPControl *sync_control (bool persist, const struct berval *cookie); /* NULL: no memory */
void sync_id_text (const struct berval *id, char ret_text[SYNC_ID_LEN + 1]);

/* ---- sync-take.c: one message of the server; SYNCD_OK: nothing is to be told at once ---- */

int32_t sync_take_entry (struct syncd_ctx *ctx, struct scan *scan, LDAPMessage *message,
                         struct syncd_entry *entry);
int32_t sync_take_info (struct syncd_ctx *ctx, struct scan *scan, LDAPMessage *message);
int32_t sync_take_done (struct syncd_ctx *ctx, struct scan *scan);
/* Tells the next id of a set that came. */
int32_t sync_next_id (struct scan *scan, struct syncd_entry *entry);

/* ---- sync-state.c: cookies and checkpoints ---- */

/* Can the server go on from this cookie? What it does not understand it takes for none: it shows
 * everything as if that were what changed, and no deletes. */
bool sync_cookie_usable (const struct berval *cookie);
int32_t sync_checkpoint_write (struct syncd_ctx *ctx, const struct scan *scan,
                               const struct berval *cookie, struct syncd_buffer *buffer);
int32_t sync_checkpoint_read (struct syncd_ctx *ctx, const struct scan *scan,
                              const struct berval *data, struct berval *ret_cookie);

#endif
