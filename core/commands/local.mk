bin_PROGRAMS += core/syncd
core_syncd_SOURCES = core/main.c \
  core/commands/check.c core/commands/cli.c core/commands/command.h core/commands/common.c \
  core/commands/explain.c core/commands/explain.h core/commands/explain_next.c \
  core/commands/help.c core/commands/ldif.c core/commands/ldif.h \
  core/commands/map.c core/commands/orders.c core/commands/parked.c core/commands/plan_print.c core/commands/plan_print.h \
  core/commands/plugins.c core/commands/references.c core/commands/references.h core/commands/reload.c core/commands/reload.h core/commands/run.c \
  core/commands/sample.h core/commands/status.c core/commands/tell.c core/commands/tell.h core/commands/watch.c
core_syncd_CPPFLAGS = $(core_libcore_la_CPPFLAGS)
core_syncd_LDADD = core/libcore.la $(JANSSON_LIBS)
