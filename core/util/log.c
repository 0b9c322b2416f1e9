/* Diagnostics on standard error; see log.h. */
#include "config.h"
#include "util/log.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "util/buffer.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/suggest.h"

static struct {
  pthread_mutex_t lock; /* guards standard error and `shown` */
  int level;
  enum log_format format;
  int colour;
  int shown; /* a progress line is on the screen */
} state = { PTHREAD_MUTEX_INITIALIZER, 6, LOG_TEXT, 0, 0 };

void
log_setup (int level, enum log_format format, int colour)
{
  state.level = level;
  state.format = format;
  state.colour = colour;
}

int
log_level (void)
{
  return state.level;
}

static const char *
level_name (int level)
{
  return level <= 3 ? "error" : level == 4 ? "warning" : level <= 6 ? "info" : "debug";
}

/* REPORT: JSON text or NULL; its line breaks are outside of strings, so they can go. */
static void
put_json (struct buffer *line, int level, const char *who, const char *message, const char *report)
{
  char now[21];
  bool first = true;
  clock_format (clock_now_ms (), now);
  buffer_append_char (line, '{');
  json_put_key (line, "level", &first);
  json_put_text (line, level_name (level));
  json_put_key (line, "message", &first);
  json_put_text (line, message);
  if (report) {
    json_put_key (line, "report", &first);
    for (const char *c = report; *c; c++)
      if (*c != '\n')
        buffer_append_char (line, *c);
  }
  json_put_key (line, "time", &first);
  json_put_text (line, now);
  if (who) {
    json_put_key (line, "who", &first);
    json_put_text (line, who);
  }
  buffer_append_char (line, '}');
}

static void
put_text (struct buffer *line, int level, const char *who, const char *message)
{
  const char *colour = level <= 3 ? "\033[31m" : level == 4 ? "\033[33m" : "";
  if (state.format == LOG_JOURNAL)
    buffer_printf (line, "<%d>", level);
  if (state.colour)
    buffer_append_text (line, colour);
  if (level <= 4)
    buffer_printf (line, "%s: ", level_name (level));
  if (state.colour && *colour)
    buffer_append_text (line, "\033[0m");
  if (who)
    buffer_printf (line, "%s: ", who);
  /* a peer's line breaks and control bytes must not forge lines of ours */
  for (const char *c = message; *c; c++)
    buffer_append_char (line, (unsigned char) *c < 0x20 || *c == 0x7f ? ' ' : *c);
}

static void
write_line (const char *line)
{
  pthread_mutex_lock (&state.lock);
  if (state.shown)
    fputs ("\r\033[K", stderr);
  state.shown = 0;
  fprintf (stderr, "%s\n", line);
  fflush (stderr);
  pthread_mutex_unlock (&state.lock);
}

static void
write_message (int level, const char *who, const char *message, const char *report)
{
  BUFFER_AUTO struct buffer line;
  MEM_AUTO char *whole = suggest_whole (message);
  buffer_init (&line, (size_t) 16 << 20);
  if (state.format == LOG_JSON)
    put_json (&line, level, who, whole, report);
  else
    put_text (&line, level, who, whole);
  write_line (buffer_text (&line));
}

void
log_vwrite (int level, const char *who, const char *fmt, va_list args)
{
  if (level > state.level)
    return;
  MEM_AUTO char *message = mem_vformat (fmt, args);
  write_message (level, who, message, NULL);
}

void
log_report (const char *message, const char *report_json)
{
  if (state.level >= 6)
    write_message (6, NULL, message, report_json);
}

void
log_write (int level, const char *who, const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  log_vwrite (level, who, fmt, args);
  va_end (args);
}

void
log_progress (const char *text)
{
  pthread_mutex_lock (&state.lock);
  if (state.shown || *text)
    fprintf (stderr, "\r\033[K%s", text);
  state.shown = *text != '\0';
  fflush (stderr);
  pthread_mutex_unlock (&state.lock);
}
