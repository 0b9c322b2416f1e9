/* genesys-sim: plays the SCIM service of Genesys Cloud. */
#include <config.h>
#include "options.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void
sim_init (struct sim *sim)
{
  switches_init (&sim->switches);
  sim->client_id = mem_copy (DEFAULT_CLIENT_ID);
  sim->client_secret = mem_copy (DEFAULT_CLIENT_SECRET);
  sim->dice = 1;
  names_reset (sim);
}

static void
sim_fini (struct sim *sim)
{
  store_clear (&sim->store);
  groups_clear (&sim->groups);
  tokens_clear (&sim->tokens);
  faults_clear (&sim->faults);
  log_clear (&sim->log);
  switches_fini (&sim->switches);
  switches_fini (&sim->initial);
  for (int kind = 0; kind < NAME_KINDS; kind++)
    json_decref (sim->names[kind]);
  json_decref (sim->group_fixture);
  free (sim->client_id);
  free (sim->client_secret);
}

/* Signals that end it come in by a descriptor, before any thread could be asked. */
static int
signals_take (void)
{
  sigset_t set;
  sigemptyset (&set);
  sigaddset (&set, SIGTERM);
  sigaddset (&set, SIGINT);
  sigprocmask (SIG_BLOCK, &set, NULL);
  signal (SIGPIPE, SIG_IGN);
  return signalfd (-1, &set, SFD_CLOEXEC);
}

/* In one step, so that who waits for the file never reads half of it. */
static bool
port_write (const char *name, uint16_t port)
{
  char *part = mem_resize (NULL, strlen (name) + 5);
  sprintf (part, "%s.new", name);
  FILE *file = fopen (part, "w");
  bool good = file != NULL && fprintf (file, "%u\n", port) > 0;
  good = file != NULL && fclose (file) == 0 && good && rename (part, name) == 0;
  if (!good)
    fprintf (stderr, "genesys-sim: cannot write %s: %m\n", name);
  free (part);
  return good;
}

static int
serve (struct sim *sim, const struct options *options)
{
  int signal_fd = signals_take (), result = 1;
  struct server *server = server_new (sim, &options->server);
  if (server == NULL)
    return 1;
  uint16_t port = server_port (server);
  bool six = strchr (options->server.address, ':') != NULL;
  if (options->port_file == NULL || port_write (options->port_file, port)) {
    printf ("%s://%s%s%s:%u\n", sim->tls ? "https" : "http", six ? "[" : "",
            options->server.address, six ? "]" : "", port);
    fflush (stdout);
    server_run (server, signal_fd);
    result = 0;
  }
  server_free (server);
  close (signal_fd);
  return result;
}

int
main (int count, char **words)
{
  struct sim sim = {0};
  struct options options = {0};
  setlocale (LC_CTYPE, "C.UTF-8"); /* user names are compared without case beyond ASCII */
  random_seed (0);
  sim_init (&sim);
  int result = options_read (count, words, &sim, &options);
  if (result == 0) {
    switches_copy (&sim.initial, &sim.switches);
    result = serve (&sim, &options);
  } else if (result == 1) {
    result = 0;
  }
  options_fini (&options);
  sim_fini (&sim);
  return result;
}
