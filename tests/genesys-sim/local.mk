# The simulator of the Genesys Cloud SCIM service. Built by "make": the demonstration, the tests and
# rehearsals use it; tests/lib/simulator.py starts it.
SIMULATOR_SOURCES = \
  tests/genesys-sim/buffer.c tests/genesys-sim/control.c tests/genesys-sim/control_users.c \
  tests/genesys-sim/discovery.c tests/genesys-sim/document.c tests/genesys-sim/document.h \
  tests/genesys-sim/fault_spec.c tests/genesys-sim/faults.c tests/genesys-sim/filter.c \
  tests/genesys-sim/filter.h tests/genesys-sim/filter_fits.c tests/genesys-sim/groups.c \
  tests/genesys-sim/groups.h tests/genesys-sim/groups_list.c tests/genesys-sim/http.c \
  tests/genesys-sim/http.h tests/genesys-sim/limiter.c tests/genesys-sim/log.c \
  tests/genesys-sim/main.c tests/genesys-sim/options.c tests/genesys-sim/options.h \
  tests/genesys-sim/patch.c tests/genesys-sim/patch.h tests/genesys-sim/patch_target.c \
  tests/genesys-sim/patch_target.h tests/genesys-sim/path.c tests/genesys-sim/pipeline.c \
  tests/genesys-sim/reply.c tests/genesys-sim/response.c tests/genesys-sim/schema.c \
  tests/genesys-sim/schema.h tests/genesys-sim/schema_service.c tests/genesys-sim/schema_user.c \
  tests/genesys-sim/sim.h tests/genesys-sim/store.c tests/genesys-sim/store.h \
  tests/genesys-sim/switches.c tests/genesys-sim/switches.h tests/genesys-sim/table.c \
  tests/genesys-sim/table.h tests/genesys-sim/token.c tests/genesys-sim/user.h \
  tests/genesys-sim/user_change.h tests/genesys-sim/user_create.c tests/genesys-sim/user_names.c \
  tests/genesys-sim/user_rules.c tests/genesys-sim/user_write.c tests/genesys-sim/users.c \
  tests/genesys-sim/users_list.c tests/genesys-sim/util.c tests/genesys-sim/util.h

if HAVE_MICROHTTPD
if INSTALL_SIMULATOR
bin_PROGRAMS += tests/genesys-sim/genesys-sim
else
noinst_PROGRAMS += tests/genesys-sim/genesys-sim
endif
endif
tests_genesys_sim_genesys_sim_SOURCES = $(SIMULATOR_SOURCES)
tests_genesys_sim_genesys_sim_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(MICROHTTPD_CFLAGS)
tests_genesys_sim_genesys_sim_LDADD = $(JANSSON_LIBS) $(MICROHTTPD_LIBS)
EXTRA_DIST += tests/lib/simulator.py
SIMULATOR_TESTS = tests/genesys-sim/test_service.py tests/genesys-sim/test_users.py \
  tests/genesys-sim/test_patch.py tests/genesys-sim/test_lists.py tests/genesys-sim/test_faults.py \
  tests/genesys-sim/test_control.py
TESTS += $(SIMULATOR_TESTS)
EXTRA_DIST += tests/genesys-sim/simcase.py $(SIMULATOR_TESTS)
EXTRA_DIST += tests/genesys-sim/measure.sh
