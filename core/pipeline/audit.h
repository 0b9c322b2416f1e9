/* The audit trail: one JSON line for each write, without values (contract: --audit). It is
 * appended to, and a line is on the disk before the result that it tells of is committed. Main
 * thread only. */
#ifndef SYNCD_PIPELINE_AUDIT_H
#define SYNCD_PIPELINE_AUDIT_H

#include "pipeline/delivery.h"

/* Opens the pass's audit file, where one is configured; a dry run has none. */
int audit_open (struct pass *, struct error *);
void audit_close (struct pass *);
/* What became of a write that was sent. */
int audit_note (struct delivery *, const struct item *, struct error *);
/* Brings the lines to the disk; before the results are committed. */
int audit_sync (struct pass *, struct error *);

#endif
