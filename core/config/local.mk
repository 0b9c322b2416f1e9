core_libcore_la_SOURCES += core/config/node.h core/config/settings.h core/config/options.h
