/* syncd run, and syncd plan, which is the same pass against a scratch copy of the state. */
#include "config.h"

#include <unistd.h>

#include "commands/command.h"
#include "commands/plan_print.h"
#include "pipeline/orders.h"
#include "util/log.h"
#include "util/mem.h"

/* Writes the report even where nothing could begin. */
static int
conclude (const struct cli *cli, struct report *report, int status)
{
  MEM_AUTO char *line = report_line (report);
  if (status != 2)
    log_report (line, buffer_text (report_json (report)));
  if (cli->report && command_write_report (cli->report, report) < 0 && status == 0)
    status = 1;
  report_fini (report);
  return status;
}

static int
run_pass (const struct cli *cli, struct opened *opened, struct report *report)
{
  struct pass_options options = { .full = cli->full,
                                  .dry_run = cli->dry_run,
                                  .progress = !cli->no_progress && isatty (STDERR_FILENO),
                                  .only = cli->only,
                                  .approve = cli->approve,
                                  .audit = cli->audit,
                                  .verify = cli->verify,
                                  .rebind = cli->rebind };
  command_catch_signals (&opened->pipeline);
  if (!cli->dry_run)
    return pass_run (&opened->pipeline, &options, report);
  MEM_AUTO char *same = command_same (cli);
  return plan_print (&opened->pipeline, &options, report, cli->json, same);
}

/* An approval while another syncd is at work is left for that one, which has the secrets. */
static bool
is_busy (const struct cli *cli, const struct opened *opened)
{
  struct settings settings;
  struct error ignored;
  struct settings_request request = cli->files;
  request.without_ends = true;
  if (!cli->approve || opened->pipeline.store || settings_load (&request, &settings, &ignored) < 0)
    return false;
  bool busy = store_is_locked (settings.state_path);
  settings_fini (&settings);
  return busy;
}

static int
leave_approval (const struct cli *cli)
{
  struct order order = { "approve", cli->approve, NULL };
  return command_order (cli, &order, "approved; the next pass lets them go");
}

static int
run (const struct cli *cli)
{
  struct opened opened;
  struct report report;
  struct error error;
  enum store_mode mode = cli->dry_run ? STORE_SCRATCH : STORE_WRITE;
  report_init (&report);
  if (command_open (cli, OPEN_STATE, mode, &opened, &error) < 0) {
    if (is_busy (cli, &opened)) {
      command_close (&opened);
      report_fini (&report);
      return leave_approval (cli);
    }
    mem_set_text (&report.error, error.text);
    int status = command_fail (&error);
    status = conclude (cli, &report, status);
    command_close (&opened);
    return status;
  }
  int status = run_pass (cli, &opened, &report);
  status = conclude (cli, &report, status);
  command_close (&opened);
  return status;
}

int
command_run (const struct cli *cli)
{
  if (cli->argument_count) {
    log_error ("run takes no argument \"%s\"; one person alone: --only ID", cli->arguments[0]);
    return 2;
  }
  if (cli->watch)
    return command_watch (cli);
  return run (cli);
}

int
command_plan (const struct cli *cli)
{
  struct cli dry = *cli;
  dry.dry_run = true;
  return command_run (&dry);
}
