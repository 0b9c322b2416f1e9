# Unit tests: one cmocka program a room; no network. They link the host's convenience library.
UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/core $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
UNIT_LIBS = core/libcore.la $(CMOCKA_LIBS) $(JANSSON_LIBS)
EXTRA_DIST += tests/unit/config

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_config tests/unit/test_options
TESTS += tests/unit/test_config tests/unit/test_options
endif
tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_config_LDADD = $(UNIT_LIBS)
tests_unit_test_options_SOURCES = tests/unit/test_options.c
tests_unit_test_options_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_options_LDADD = $(UNIT_LIBS)

EXTRA_DIST += tests/unit/mapping.h
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_map
TESTS += tests/unit/test_map
endif
tests_unit_test_map_SOURCES = tests/unit/test_map.c tests/unit/mapping.c
tests_unit_test_map_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_map_LDADD = $(UNIT_LIBS)
