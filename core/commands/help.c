/* --help and --version. A test holds this text and the manual page together. */
#include "config.h"

#include <stdio.h>

#include "commands/command.h"
#include "syncd/plugin.h"
#include "syncd/version.h"

static const char *const option_lines[] = {
  "  -c, --config FILE       configuration; else $SYNCD_CONFIG, else /etc/syncd/syncd.yaml",
  "      --source NAME       which entry of sources: (or a plugin's name)",
  "      --sink NAME         which entry of sinks: (or a plugin's name)",
  "      --full              read the whole source, whatever the checkpoint says",
  "      --verify            also read the accounts and put right what differs",
  "      --rebind            the state meets another source or sink: match anew",
  "  -n, --dry-run           contact both ends, write to neither, nor to the state",
  "      --only ID           run: one person alone, by id, DN or user name",
  "      --watch             stay in the foreground and follow changes",
  "      --interval DURATION with --watch: overrides schedule.every",
  "      --state FILE        overrides state.path",
  "      --approve TOKEN     let the held changes that TOKEN names go",
  "      --audit FILE        one JSON line for each write",
  "      --report FILE       write the JSON report; - is standard output",
  "      --plugin-dir DIR    look for plugins here before the built-in folder",
  "      --format text|json  plan, status, explain, parked, plugins: how to print",
  "      --retry ID          parked: try this entry again in the next pass",
  "      --retry-all         parked: try all of them again",
  "      --forget ID         parked: drop note and link, never the account",
  "  -q, --quiet             fewer diagnostics; repeatable",
  "  -v, --verbose           more diagnostics; repeatable",
  "      --log-format text|json|journal",
  "      --log-level error|warning|info|debug",
  "      --no-progress       no progress line on a terminal",
  "      --color auto|always|never",
  "  -h, --help              this text",
  "  -V, --version           versions of the program and of its plugin interface",
};

void
help_print (void)
{
  puts ("usage: syncd [OPTION...]                 one pass from source to sink, then exit\n"
        "       syncd COMMAND [OPTION...] [ARG]\n\nCommands:");
  for (const struct command *command = commands; command->name; command++) {
    char left[40];
    snprintf (left, sizeof left, "%s %s", command->name, command->arguments);
    printf ("  %-22s %s\n", left, command->help);
  }
  puts ("\nOptions:");
  for (size_t i = 0; i < sizeof option_lines / sizeof *option_lines; i++)
    puts (option_lines[i]);
  puts ("\nExit status: 0 done, 1 failed, 2 usage or configuration, 3 some entries are parked,\n"
        "4 a brake holds changes back, 130 and 143 stopped by a signal. See syncd(8).");
}

void
version_print (void)
{
  printf ("syncd %s (plugin interface %u.%u)\n", SYNCD_VERSION,
          (unsigned) (SYNCD_ABI_CURRENT >> 16), (unsigned) (SYNCD_ABI_CURRENT & 0xffff));
}
