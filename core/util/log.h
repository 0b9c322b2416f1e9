/* Diagnostics on standard error: text, JSON lines, or the journal's priority prefix.
 *
 * Levels are SYNCD_LOG_* of syncd/plugin.h. No personal data above debug, no secret at any
 * level. Any thread: a line is written whole. */
#ifndef SYNCD_UTIL_LOG_H
#define SYNCD_UTIL_LOG_H

#include <stdarg.h>

enum log_format { LOG_TEXT, LOG_JSON, LOG_JOURNAL };

/* Once, in main, before threads. Progress lines are cleared before a line is written. */
void log_setup (int level, enum log_format format, int colour);
int log_level (void);
void log_write (int level, const char *who, const char *fmt, ...)
    __attribute__ ((__format__ (__printf__, 3, 4)));
void log_vwrite (int level, const char *who, const char *fmt, va_list args)
    __attribute__ ((__format__ (__printf__, 3, 0)));
/* The last line of a pass: MESSAGE for people; in JSON lines with the whole report (JSON text) as
 * the member "report". */
void log_report (const char *message, const char *report_json);
/* Shows TEXT as the one line that is rewritten in place; "" takes it away. */
void log_progress (const char *text);

#define log_error(...) log_write (3, 0, __VA_ARGS__)
#define log_warning(...) log_write (4, 0, __VA_ARGS__)
#define log_info(...) log_write (6, 0, __VA_ARGS__)
#define log_debug(...) log_write (7, 0, __VA_ARGS__)

#endif
