core_libcore_la_SOURCES += core/store/store.h
