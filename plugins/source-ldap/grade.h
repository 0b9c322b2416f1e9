/* grade.h: the ways of finding changes ("grades"), best first, as a table.
 *
 * A grade is a row: its name, what it needs, what it cannot see, and how it scans. grades.c
 * holds the table and takes the best row that the server really offers; nothing else asks
 * which grade it is. */
#ifndef SYNCD_SOURCE_LDAP_GRADE_H
#define SYNCD_SOURCE_LDAP_GRADE_H

#include "source-ldap.h"

struct scan;

#define VENDOR_BIT(vendor) (1u << (vendor))
#define VENDORS_ALL        (~0u)

struct grade {
  enum changes is;
  const char *name;   /* the word of `changes` and of checkpoints */
  unsigned vendors;   /* VENDOR_BIT()s of the servers that can have it */
  const char *blind;  /* items of describe's "blind", in JSON: what it never sees */
  bool changes;       /* SYNCD_MODE_CHANGES: goes on from a checkpoint */
  bool follows;       /* SYNCD_MODE_WATCH */
  bool inventories;   /* a scan of changes is an inventory: ids and tokens of everybody */
  const char *data;   /* name of the checkpoint's datum; NULL: it has none */

  /* Can it work, by what is known of the server already? Where not, WHY says what lacks; it
   * stays empty where the server is simply of another kind. */
  bool (*possible) (const struct session *session, struct text *why);
  /* Asks the server; NULL: possible() says it all. An empty WHY: it is offered. Fails only
   * where nothing could be asked. Never believes supportedControl. */
  int32_t (*probe) (struct syncd_ctx *ctx, struct session *session, struct text *why);
  /* Why it is taken, for people. */
  void (*because) (const struct session *session, struct text *text);
  /* Deletes are seen where session->deletes_seen says so; false: as `blind` says. */
  bool probes_deletes;
  /* Who its checkpoints belong to; NULL, or an empty text: any server of the directory. */
  const char *(*server) (const struct session *session);

  /* Begins a scan of everything (DATA is NULL), or from a checkpoint's datum. It may set
   * scan->stage to SCAN_CHANGES; else everybody is listed. NULL: nothing to be done. */
  int32_t (*begin) (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data);
  /* In stage SCAN_CHANGES: the next event, or 0 when all was told. */
  int32_t (*next) (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
                   struct syncd_entry *entry, struct syncd_buffer *buffer);
  /* All was told: gives the datum of the next checkpoint. False: there is none. NULL: the
   * grade gives checkpoints itself, or has none. */
  bool (*mark) (struct scan *scan, struct text *data);
};

extern const struct grade grade_syncrepl, grade_dirsync, grade_changelog, grade_usn,
    grade_usn_389, grade_timestamp, grade_inventory, grade_full;

/* ---- grades.c ---- */

/* The row that `changes: WORD` names; NULL: none. */
const struct grade *grade_named (const char *word);
/* Takes the best grade that is offered, or the one that is configured: session->grade. */
int32_t grades_choose (struct syncd_ctx *ctx, struct session *session);
void grades_forget (struct session *session);
/* describe's members "changes", "why", "grades" and "blind". */
void grades_describe (const struct session *session, struct text *text);

/* ---- checkpoint.c ---- */

/* A checkpoint of the scan's grade with that datum, which has no quotes or backslashes. */
int32_t checkpoint_write (struct syncd_ctx *ctx, const struct scan *scan, const char *data,
                          struct syncd_buffer *buffer);
/* The datum inside BYTES, borrowed. SYNCD_E_CHECKPOINT, saying what differs, where it is of
 * another grade, scope or server. */
int32_t checkpoint_read (struct syncd_ctx *ctx, const struct scan *scan, const void *bytes,
                         size_t len, struct berval *ret_data);
/* SYNCD_E_CHECKPOINT: of the right server and scope, and yet not to be continued: WHY. */
int32_t checkpoint_fail (struct syncd_ctx *ctx, const struct scan *scan, const char *why);
/* The scope's part of every fingerprint: base, scope, filter, bind identity. */
void scope_text (const struct session *session, struct text *text);
void checkpoint_fingerprint (const struct session *session,
                             const struct syncd_scan_request *request, char ret_hex[65]);

#endif
