syncdincludedir = $(includedir)/syncd
syncdinclude_HEADERS = include/syncd/plugin.h
nodist_syncdinclude_HEADERS = include/syncd/version.h
