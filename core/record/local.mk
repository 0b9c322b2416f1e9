core_libcore_la_SOURCES += core/record/entry.c core/record/entry.h core/record/schema.c core/record/schema.h
