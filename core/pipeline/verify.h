/* --verify and schedule.verify: do the accounts have what was sent? Main thread only. */
#ifndef SYNCD_PIPELINE_VERIFY_H
#define SYNCD_PIPELINE_VERIFY_H

#include "pipeline/pass.h"

/* Between reading and deciding, where asked for or due. */
int verify_run (struct pass *, struct error *);

#endif
