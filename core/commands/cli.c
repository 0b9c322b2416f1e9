/* The command line: options before and after the command, as curl's and systemd's users expect. */
#include "config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "util/text.h"

enum { OPT_SOURCE = 256, OPT_SINK, OPT_FULL, OPT_VERIFY, OPT_REBIND, OPT_WATCH, OPT_INTERVAL,
       OPT_STATE, OPT_APPROVE, OPT_AUDIT, OPT_REPORT, OPT_PLUGIN_DIR, OPT_LOG_FORMAT, OPT_LOG_LEVEL,
       OPT_NO_PROGRESS, OPT_COLOR, OPT_ONLY, OPT_FORMAT, OPT_RETRY, OPT_RETRY_ALL, OPT_FORGET };

static const struct option options[] = {
  { "config", required_argument, NULL, 'c' },
  { "source", required_argument, NULL, OPT_SOURCE },
  { "sink", required_argument, NULL, OPT_SINK },
  { "full", no_argument, NULL, OPT_FULL },
  { "verify", no_argument, NULL, OPT_VERIFY },
  { "rebind", no_argument, NULL, OPT_REBIND },
  { "dry-run", no_argument, NULL, 'n' },
  { "watch", no_argument, NULL, OPT_WATCH },
  { "interval", required_argument, NULL, OPT_INTERVAL },
  { "state", required_argument, NULL, OPT_STATE },
  { "approve", required_argument, NULL, OPT_APPROVE },
  { "audit", required_argument, NULL, OPT_AUDIT },
  { "report", required_argument, NULL, OPT_REPORT },
  { "plugin-dir", required_argument, NULL, OPT_PLUGIN_DIR },
  { "quiet", no_argument, NULL, 'q' },
  { "verbose", no_argument, NULL, 'v' },
  { "log-format", required_argument, NULL, OPT_LOG_FORMAT },
  { "log-level", required_argument, NULL, OPT_LOG_LEVEL },
  { "no-progress", no_argument, NULL, OPT_NO_PROGRESS },
  { "color", required_argument, NULL, OPT_COLOR },
  { "only", required_argument, NULL, OPT_ONLY },
  { "format", required_argument, NULL, OPT_FORMAT },
  { "retry", required_argument, NULL, OPT_RETRY },
  { "retry-all", no_argument, NULL, OPT_RETRY_ALL },
  { "forget", required_argument, NULL, OPT_FORGET },
  { "help", no_argument, NULL, 'h' },
  { "version", no_argument, NULL, 'V' },
  { NULL, 0, NULL, 0 }
};

static bool
is_word (const char *text, const char *const *words, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (strcmp (text, words[i]) == 0)
      return true;
  return false;
}

static bool
is_token (const char *text)
{
  return *text && !strpbrk (text, " \n") && strlen (text) <= 64;
}

static int
check_words (const struct cli *cli, const char *format, struct error *error)
{
  static const char *const formats[] = { "text", "json" };
  static const char *const logs[] = { "text", "json", "journal" };
  static const char *const colours[] = { "auto", "always", "never" };
  static const char *const levels[] = { "error", "warning", "info", "debug" };
  if (format && !is_word (format, formats, 2))
    return error_config (error, "--format is text or json, not \"%s\"", format);
  if (cli->log_format && !is_word (cli->log_format, logs, 3))
    return error_config (error, "--log-format is text, json or journal, not \"%s\"", cli->log_format);
  if (cli->approve && !is_token (cli->approve))
    return error_config (error, "--approve \"%.64s\" is no token: `syncd status` and `syncd plan` "
                         "show it", cli->approve);
  if (cli->colour && !is_word (cli->colour, colours, 3))
    return error_config (error, "--color is auto, always or never, not \"%s\"", cli->colour);
  if (cli->log_level && !is_word (cli->log_level, levels, 4))
    return error_config (error, "--log-level is error, warning, info or debug, not \"%s\"",
                         cli->log_level);
  return 0;
}

static int
unknown_option (char **argv, struct error *error)
{
  const char *names[sizeof options / sizeof *options];
  size_t count = 0;
  const char *given = argv[optind - 1];
  while (options[count].name) {
    names[count] = options[count].name;
    count++;
  }
  const char *nearest = strncmp (given, "--", 2) == 0 ? text_nearest (given + 2, names, count) : NULL;
  if (nearest)
    return error_config (error, "unknown option %s; did you mean --%s? (syncd --help "
                         "lists them)", given, nearest);
  return error_config (error, "unknown option %s (syncd --help lists them)", given);
}

static int
incomplete_option (char **argv, struct error *error)
{
  return error_config (error, "option %s wants a value (syncd --help says which)", argv[optind - 1]);
}

static void
take_flag (struct cli *cli, int option)
{
  switch (option) {
  case 'n': cli->dry_run = true; break;
  case 'q': cli->verbosity--; break;
  case 'v': cli->verbosity++; break;
  case 'h': cli->help = true; break;
  case 'V': cli->version = true; break;
  case OPT_FULL: cli->full = true; break;
  case OPT_NO_PROGRESS: cli->no_progress = true; break;
  case OPT_RETRY_ALL: cli->retry_all = true; break;
  case OPT_VERIFY: cli->verify = true; break;
  case OPT_REBIND: cli->rebind = true; break;
  case OPT_WATCH: cli->watch = true; break;
  default: break;
  }
}

static void
take_value (struct cli *cli, int option, const char **format)
{
  switch (option) {
  case 'c': cli->files.config_file = optarg; break;
  case OPT_SOURCE: cli->files.source = optarg; break;
  case OPT_SINK: cli->files.sink = optarg; break;
  case OPT_STATE: cli->files.state = optarg; break;
  case OPT_AUDIT: cli->audit = optarg; break;
  case OPT_APPROVE: cli->approve = optarg; break;
  case OPT_REPORT: cli->report = optarg; break;
  case OPT_PLUGIN_DIR: cli->plugin_dir = optarg; break;
  case OPT_LOG_FORMAT: cli->log_format = optarg; break;
  case OPT_LOG_LEVEL: cli->log_level = optarg; break;
  case OPT_COLOR: cli->colour = optarg; break;
  case OPT_INTERVAL: cli->interval = optarg; break;
  case OPT_ONLY: cli->only = optarg; break;
  case OPT_RETRY: cli->retry = optarg; break;
  case OPT_FORGET: cli->forget = optarg; break;
  case OPT_FORMAT: *format = optarg; break;
  default: take_flag (cli, option); break;
  }
}

int
cli_parse (int argc, char **argv, struct cli *ret_cli, struct error *error)
{
  int option;
  const char *format = NULL;
  memset (ret_cli, 0, sizeof *ret_cli);
  opterr = 0;
  while ((option = getopt_long (argc, argv, ":c:nqvhV", options, NULL)) != -1) {
    if (option == '?')
      return unknown_option (argv, error);
    if (option == ':')
      return incomplete_option (argv, error);
    take_value (ret_cli, option, &format);
  }
  ret_cli->json = format && strcmp (format, "json") == 0;
  ret_cli->command = optind < argc ? argv[optind++] : "run";
  ret_cli->arguments = argv + optind;
  ret_cli->argument_count = argc - optind;
  return check_words (ret_cli, format, error);
}
