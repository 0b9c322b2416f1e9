core_libcore_la_SOURCES += core/host/loader.h core/host/host.h
