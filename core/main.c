/* syncd: the command line, the process's own safety, and exit statuses; nothing else. */
#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "commands/command.h"
#include "util/log.h"
#include "util/suggest.h"
#include "util/text.h"

const struct command commands[] = {
  { "run", command_run, "", "one pass; the default" },
  { "plan", command_plan, "", "what a pass would do, one change a line" },
  { "check", command_check, "", "try the configuration and both ends, change nothing" },
  { "status", command_status, "", "last runs, checkpoint, counts" },
  { "explain", command_explain, "ID", "all that is known of one entry" },
  { "parked", command_parked, "", "entries that are parked, and why" },
  { "link", command_link, "ID ACCOUNT", "decide whose account it is" },
  { "unlink", command_unlink, "ID", "part an entry from its account, which stays as it is" },
  { "plugins", command_plugins, "[NAME]", "plugins found; with NAME its options" },
  { "map", command_map, "DN|-", "map one entry, or LDIF on standard input" },
  { NULL, NULL, NULL, NULL }
};

/* Passwords and tokens are in this memory (G11). */
static void
forbid_core_dumps (void)
{
  struct rlimit none = { 0, 0 };
  setrlimit (RLIMIT_CORE, &none);
#ifdef PR_SET_DUMPABLE
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static int
level_of (const struct cli *cli)
{
  static const struct { const char *word; int level; } words[] = {
    { "error", 3 }, { "warning", 4 }, { "info", 6 }, { "debug", 7 }
  };
  for (size_t i = 0; cli->log_level && i < sizeof words / sizeof *words; i++)
    if (strcmp (cli->log_level, words[i].word) == 0)
      return words[i].level;
  return cli->verbosity <= -2 ? 3 : cli->verbosity == -1 ? 4 : cli->verbosity == 0 ? 6 : 7;
}

static void
set_up_log (const struct cli *cli)
{
  enum log_format format = LOG_TEXT;
  if (cli->log_format && strcmp (cli->log_format, "json") == 0)
    format = LOG_JSON;
  if (cli->log_format && strcmp (cli->log_format, "journal") == 0)
    format = LOG_JOURNAL;
  bool terminal = isatty (STDERR_FILENO) && !getenv ("NO_COLOR");
  bool colour = cli->colour && strcmp (cli->colour, "auto") != 0
                    ? strcmp (cli->colour, "always") == 0
                    : terminal;
  log_setup (level_of (cli), format, format == LOG_TEXT && colour);
}

static const struct command *
find_command (const char *name)
{
  const char *names[sizeof commands / sizeof *commands];
  size_t count = 0;
  for (; commands[count].name; count++) {
    if (strcmp (commands[count].name, name) == 0)
      return &commands[count];
    names[count] = commands[count].name;
  }
  const char *nearest = text_nearest (name, names, count);
  log_error ("there is no command \"%s\"%s%s%s (syncd --help lists them)", name,
             nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
  return NULL;
}

static int
run_command (const struct cli *cli)
{
  const struct command *command = find_command (cli->command);
  if (!command)
    return 2;
  return command->run (cli);
}

int
main (int argc, char **argv)
{
  struct cli cli;
  struct error error;
  setlocale (LC_CTYPE, "C.UTF-8");
  signal (SIGPIPE, SIG_IGN);
  forbid_core_dumps ();
  if (cli_parse (argc, argv, &cli, &error) < 0) {
    log_error ("%s", error.text);
    return error.exit_status;
  }
  set_up_log (&cli);
  suggest_setup (command_same (&cli));
  if (cli.help)
    help_print ();
  else if (cli.version)
    version_print ();
  else
    return run_command (&cli);
  return fflush (stdout) == 0 ? 0 : 1;
}
