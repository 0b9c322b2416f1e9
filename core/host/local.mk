core_libcore_la_SOURCES += core/host/loader.h core/host/loader.c core/host/host.h core/host/host.c \
  core/host/services.h core/host/services-entry.c core/host/services-change.c \
  core/host/file.h core/host/file.c core/host/admit.h core/host/admit.c core/host/admit-options.c
