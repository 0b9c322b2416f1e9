/* Needs a shared library that is not there. */
#include "syncd/plugin.h"

int absent_function (void);
SYNCD_EXTERN_C SYNCD_EXPORT const struct syncd_plugin *syncd_plugin_entry (void);

const struct syncd_plugin *
syncd_plugin_entry (void)
{
  return absent_function () ? (const struct syncd_plugin *) 0 : 0;
}
