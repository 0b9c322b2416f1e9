core_libcore_la_SOURCES += core/map/map.h
