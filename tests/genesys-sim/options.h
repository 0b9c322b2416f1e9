/* The command line. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "http.h"

struct options {
  struct server_options server;
  const char *port_file;
  uint64_t seed;
};
/* 0: go on, 1: done (help, version), 2: a usage error, told on standard error. */
int options_read (int count, char **words, struct sim *sim, struct options *ret_options);
void options_fini (struct options *options);

#endif
