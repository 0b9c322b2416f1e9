/* What the files about groups share. */
#ifndef SIM_GROUPS_H
#define SIM_GROUPS_H

#include "user.h"

void group_write (const struct request *request, const struct group *group, struct buffer *out);
void groups_list (struct request *request);

#endif
