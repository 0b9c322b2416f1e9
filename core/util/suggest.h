/* Commands that messages suggest, with the words that make them mean the same pipeline as this one:
 * " -c FILE" behind "`syncd parked --retry ID". Texts are made, and kept in the state, without them:
 * another day's command may have other ones. They are added where a person reads the text. */
#ifndef SYNCD_UTIL_SUGGEST_H
#define SYNCD_UTIL_SUGGEST_H

/* Once, in main, before threads. SAME begins with a space or is empty, and is kept. */
void suggest_setup (char *same_take);
/* TEXT with those words at the end of each "`syncd …`" and "(see: syncd …)": a text of its own. Any
 * thread. */
char *suggest_whole (const char *text);

#endif
