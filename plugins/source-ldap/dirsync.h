/* dirsync.h: the dirsync grade (MS-ADTS 3.1.1.3.4.1.3): its control, its state in a scan. */
#ifndef SYNCD_SOURCE_LDAP_DIRSYNC_H
#define SYNCD_SOURCE_LDAP_DIRSYNC_H

#include "reread.h"

#define DIRSYNC "1.2.840.113556.1.4.841" /* the control */

struct dirsync {
  bool more;            /* the server has more pages */
  bool read;            /* the page is read, and told id by id */
  struct berval cookie; /* where to go on */
  LDAPControl *control;
  struct search search;
  char **attributes;    /* ends in NULL */
  struct text ids;      /* of a page: '+' (has another name or place) or ' ', the id, NUL */
  size_t id_count, next;   /* next: byte of ids */
  struct text moved;    /* those that were not found again, and may be containers: ids with NUL */
  struct reread reread;
};

/* ---- dirsync-control.c ---- */

LDAPControl *dirsync_control (int flags, const struct berval *cookie); /* NULL: no memory */
/* The value of the control of an answer; false: it is not of that form. */
bool dirsync_answer (const struct berval *value, bool *ret_more, struct berval *ret_cookie);
/* What is asked for: what the host wants and the filter looks at, as far as it is stored and
 * not made up, and what tells of a rename, a move or a delete. */
char **dirsync_attributes (const struct scan *scan);
void dirsync_free_names (char **names);

/* ---- dirsync-page.c ---- */

/* Asks for the next page, after the cookie. */
int32_t dirsync_page_begin (struct syncd_ctx *ctx, struct session *session, struct dirsync *dirsync,
                            const char *filter);
/* It is read: the cookie goes on. False: the answer has none. */
bool dirsync_page_end (struct dirsync *dirsync);
/* Asks for one with nobody in it, and reads it; what search_next() said of its end. */
int32_t dirsync_page_of_nobody (struct syncd_ctx *ctx, struct session *session,
                                struct dirsync *dirsync);
int32_t dirsync_fail_ignored (struct syncd_ctx *ctx, const struct session *session);
int32_t dirsync_fail_refused (struct syncd_ctx *ctx, const struct scan *scan);

/* ---- dirsync-probe.c: of the grade's row ---- */

bool dirsync_possible (const struct session *session, struct text *why);
int32_t dirsync_probe (struct syncd_ctx *ctx, struct session *session, struct text *why);
void dirsync_because (const struct session *session, struct text *text);

/* ---- dirsync.c ---- */

void dirsync_clear (struct dirsync *dirsync);

#endif
