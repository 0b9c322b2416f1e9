/* Reading the command line, the certificate and the fixtures. */
#include <config.h>
#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: genesys-sim [OPTION]...\n"
    "Plays the SCIM service of Genesys Cloud, for tests and rehearsals.\n\n"
    "      --address ADDRESS      listen there [127.0.0.1]\n"
    "      --port PORT            listen there; 0: any that is free [0]\n"
    "      --port-file FILE       write the port there once it listens\n"
    "      --tls-cert FILE        serve https with this certificate\n"
    "      --tls-key FILE         and this key\n"
    "      --client-id ID         accept this client [sim-client]\n"
    "      --client-secret SECRET with this secret [sim-secret]\n"
    "      --set NAME=VALUE       set a switch\n"
    "      --list-switches        show all switches\n"
    "      --lenient              the same as --set strict=false\n"
    "      --no-limit             the same as --set rate-limit=0\n"
    "      --no-log               the same as --set log=false\n"
    "      --fault KEY=VALUE,...  add a fault; also as JSON\n"
    "      --users FILE           accounts to begin with (JSON)\n"
    "      --groups FILE          groups to begin with (JSON)\n"
    "      --names FILE           roles, skills, languages and divisions that exist (JSON)\n"
    "      --seed NUMBER          make ids and dice repeatable\n"
    "  -h, --help                 show this\n"
    "  -V, --version              show the version\n";

enum {
  OPTION_ADDRESS = 256,
  OPTION_PORT,
  OPTION_PORT_FILE,
  OPTION_CERT,
  OPTION_KEY,
  OPTION_ID,
  OPTION_SECRET,
  OPTION_SET,
  OPTION_LIST,
  OPTION_LENIENT,
  OPTION_NO_LIMIT,
  OPTION_NO_LOG,
  OPTION_FAULT,
  OPTION_USERS,
  OPTION_GROUPS,
  OPTION_NAMES,
  OPTION_SEED
};

static const struct option table[] = {
    {"address", required_argument, NULL, OPTION_ADDRESS},
    {"port", required_argument, NULL, OPTION_PORT},
    {"port-file", required_argument, NULL, OPTION_PORT_FILE},
    {"tls-cert", required_argument, NULL, OPTION_CERT},
    {"tls-key", required_argument, NULL, OPTION_KEY},
    {"client-id", required_argument, NULL, OPTION_ID},
    {"client-secret", required_argument, NULL, OPTION_SECRET},
    {"set", required_argument, NULL, OPTION_SET},
    {"list-switches", no_argument, NULL, OPTION_LIST},
    {"lenient", no_argument, NULL, OPTION_LENIENT},
    {"no-limit", no_argument, NULL, OPTION_NO_LIMIT},
    {"no-log", no_argument, NULL, OPTION_NO_LOG},
    {"fault", required_argument, NULL, OPTION_FAULT},
    {"users", required_argument, NULL, OPTION_USERS},
    {"groups", required_argument, NULL, OPTION_GROUPS},
    {"names", required_argument, NULL, OPTION_NAMES},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int
complain (const char *format, ...)
{
  va_list values;
  va_start (values, format);
  fputs ("genesys-sim: ", stderr);
  vfprintf (stderr, format, values);
  fputc ('\n', stderr);
  va_end (values);
  return 2;
}

static int
file_read (const char *name, char **ret_text)
{
  struct buffer text = {0};
  char part[4096];
  size_t length;
  FILE *file = fopen (name, "r");
  if (file == NULL)
    return complain ("cannot read %s: %m", name);
  while ((length = fread (part, 1, sizeof part, file)) > 0)
    buffer_add (&text, part, length);
  fclose (file);
  free (*ret_text);
  *ret_text = text.data != NULL ? text.data : mem_copy ("");
  return 0;
}

static int
json_read (const char *name, json_t **ret_json)
{
  json_error_t error;
  json_t *json = json_load_file (name, JSON_REJECT_DUPLICATES, &error);
  if (json == NULL)
    return complain ("%s:%d:%d: %s", name, error.line, error.column, error.text);
  *ret_json = json;
  return 0;
}

static int
set_switch (struct sim *sim, const char *text)
{
  struct problem problem;
  char *name = mem_copy (text), *equals = strchr (name, '=');
  bool good = false;
  if (equals == NULL)
    problem_set (&problem, 400, NULL, "--set %s: it takes NAME=VALUE", text);
  else {
    *equals = '\0';
    good = switches_set_text (&sim->switches, name, equals + 1, &problem);
  }
  free (name);
  return good ? 0 : complain ("%s", problem.detail);
}

static int
add_fault (struct sim *sim, const char *text)
{
  struct problem problem;
  return faults_add_text (&sim->faults, text, &problem)
             ? 0
             : complain ("--fault %s: %s", text, problem.detail);
}

static int
load_users (struct sim *sim, const char *name)
{
  json_t *json = NULL;
  size_t count;
  struct problem problem;
  if (json_read (name, &json) != 0)
    return 2;
  bool good = control_seed (sim, json, &count, &problem);
  json_decref (json);
  return good ? 0 : complain ("%s: %s", name, problem.detail);
}

static int
load_groups (struct sim *sim, const char *name)
{
  json_t *json = NULL;
  struct problem problem;
  if (json_read (name, &json) != 0)
    return 2;
  json_t *list = json_is_object (json) ? json_object_get (json, "groups") : json;
  bool good = groups_load (&sim->groups, list, &problem);
  json_decref (sim->group_fixture);
  sim->group_fixture = json_incref (list);
  json_decref (json);
  return good ? 0 : complain ("%s: %s", name, problem.detail);
}

static int
load_names (struct sim *sim, const char *name)
{
  json_t *json = NULL;
  struct problem problem;
  if (json_read (name, &json) != 0)
    return 2;
  bool good = names_add (sim, json, &problem);
  json_decref (json);
  return good ? 0 : complain ("%s: %s", name, problem.detail);
}

static void
set_text (char **at, const char *text)
{
  free (*at);
  *at = mem_copy (text);
}

static int
port_read (const char *text, uint16_t *ret_port)
{
  char *end;
  unsigned long port = strtoul (text, &end, 10);
  if (end == text || *end != '\0' || port > 65535)
    return complain ("--port %s: it takes a number from 0 to 65535", text);
  *ret_port = (uint16_t)port;
  return 0;
}

static int
option_take (int option, struct sim *sim, struct options *options)
{
  switch (option) {
  case OPTION_ADDRESS:
    options->server.address = optarg;
    return 0;
  case OPTION_PORT:
    return port_read (optarg, &options->server.port);
  case OPTION_PORT_FILE:
    options->port_file = optarg;
    return 0;
  case OPTION_CERT:
    return file_read (optarg, &options->server.certificate);
  case OPTION_KEY:
    return file_read (optarg, &options->server.key);
  case OPTION_ID:
    set_text (&sim->client_id, optarg);
    return 0;
  case OPTION_SECRET:
    set_text (&sim->client_secret, optarg);
    return 0;
  case OPTION_SET:
    return set_switch (sim, optarg);
  case OPTION_LIST:
    switches_describe (stdout);
    return 1;
  case OPTION_LENIENT:
    return set_switch (sim, "strict=false");
  case OPTION_NO_LIMIT:
    return set_switch (sim, "rate-limit=0");
  case OPTION_NO_LOG:
    return set_switch (sim, "log=false");
  case OPTION_FAULT:
    return add_fault (sim, optarg);
  case OPTION_USERS:
    return load_users (sim, optarg);
  case OPTION_GROUPS:
    return load_groups (sim, optarg);
  case OPTION_NAMES:
    return load_names (sim, optarg);
  case OPTION_SEED:
    options->seed = strtoull (optarg, NULL, 10);
    random_seed (options->seed);
    return 0;
  case 'h':
    fputs (usage, stdout);
    return 1;
  case 'V':
    puts ("genesys-sim " PACKAGE_VERSION);
    return 1;
  default:
    fputs ("Try 'genesys-sim --help'.\n", stderr);
    return 2;
  }
}

int
options_read (int count, char **words, struct sim *sim, struct options *ret_options)
{
  int option, result;
  ret_options->server.address = "127.0.0.1";
  while ((option = getopt_long (count, words, "hV", table, NULL)) != -1)
    if ((result = option_take (option, sim, ret_options)) != 0)
      return result;
  if (optind < count)
    return complain ("\"%s\" is too much: there are only options", words[optind]);
  if ((ret_options->server.certificate == NULL) != (ret_options->server.key == NULL))
    return complain ("--tls-cert and --tls-key go together");
  sim->tls = ret_options->server.certificate != NULL;
  return 0;
}

void
options_fini (struct options *options)
{
  free (options->server.certificate);
  free (options->server.key);
}
