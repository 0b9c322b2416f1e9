/* The line on the terminal: entries, rate, what the budget still allows, time left. */
#ifndef SYNCD_PIPELINE_PROGRESS_H
#define SYNCD_PIPELINE_PROGRESS_H

#include "pipeline/pass.h"

void progress_intake (struct pass *);
/* DONE of TOTAL changes; STARTED_US: when delivery began (monotonic). */
void progress_delivery (struct pass *, int64_t done, int64_t total, int64_t started_us);
void progress_end (struct pass *);

#endif
