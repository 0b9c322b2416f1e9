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

MAPPING_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests/unit
if HAVE_CMOCKA
mapping_tests = tests/unit/test_map tests/unit/test_leaves tests/unit/test_filters tests/unit/test_schema tests/unit/test_plan tests/unit/test_collide
check_PROGRAMS += $(mapping_tests)
TESTS += $(mapping_tests)
endif
tests_unit_test_map_SOURCES = tests/unit/test_map.c tests/unit/mapping.c tests/unit/mapping.h
tests_unit_test_map_CPPFLAGS = $(MAPPING_CPPFLAGS)
tests_unit_test_map_LDADD = $(UNIT_LIBS)
tests_unit_test_leaves_SOURCES = tests/unit/test_leaves.c tests/unit/mapping.c tests/unit/mapping.h
tests_unit_test_leaves_CPPFLAGS = $(MAPPING_CPPFLAGS) $(CRYPTO_CFLAGS)
tests_unit_test_leaves_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=EVP_MAC_fetch
tests_unit_test_leaves_LDADD = $(UNIT_LIBS)
tests_unit_test_filters_SOURCES = tests/unit/test_filters.c tests/unit/mapping.c tests/unit/mapping.h
tests_unit_test_filters_CPPFLAGS = $(MAPPING_CPPFLAGS)
tests_unit_test_filters_LDADD = $(UNIT_LIBS)
tests_unit_test_schema_SOURCES = tests/unit/test_schema.c
tests_unit_test_schema_CPPFLAGS = $(MAPPING_CPPFLAGS)
tests_unit_test_schema_LDADD = $(UNIT_LIBS)
tests_unit_test_plan_SOURCES = tests/unit/test_plan.c tests/unit/mapping.c tests/unit/mapping.h
tests_unit_test_plan_CPPFLAGS = $(MAPPING_CPPFLAGS)
tests_unit_test_plan_LDADD = $(UNIT_LIBS)
tests_unit_test_collide_SOURCES = tests/unit/test_collide.c
tests_unit_test_collide_CPPFLAGS = $(MAPPING_CPPFLAGS)
tests_unit_test_collide_LDADD = $(UNIT_LIBS)

# The store; its tests look at the file with SQLite of their own.
EXTRA_DIST += tests/unit/state.h
STORE_TESTS = tests/unit/test_store tests/unit/test_store_queue tests/unit/test_store_open \
  tests/unit/test_store_crash tests/unit/test_store_full
STORE_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests/unit $(SQLITE_CFLAGS)
if HAVE_CMOCKA
check_PROGRAMS += $(STORE_TESTS)
TESTS += $(STORE_TESTS)
endif
tests_unit_test_store_SOURCES = tests/unit/test_store.c tests/unit/state.c
tests_unit_test_store_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_store_LDADD = $(UNIT_LIBS) $(SQLITE_LIBS)
tests_unit_test_store_queue_SOURCES = tests/unit/test_store_queue.c tests/unit/state.c
tests_unit_test_store_queue_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_store_queue_LDADD = $(UNIT_LIBS) $(SQLITE_LIBS)
tests_unit_test_store_open_SOURCES = tests/unit/test_store_open.c tests/unit/state.c
tests_unit_test_store_open_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_store_open_LDADD = $(UNIT_LIBS) $(SQLITE_LIBS)
tests_unit_test_store_crash_SOURCES = tests/unit/test_store_crash.c tests/unit/state.c
tests_unit_test_store_crash_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_store_crash_LDADD = $(UNIT_LIBS) $(SQLITE_LIBS)
tests_unit_test_store_full_SOURCES = tests/unit/test_store_full.c tests/unit/state.c
tests_unit_test_store_full_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_store_full_LDADD = $(UNIT_LIBS) $(SQLITE_LIBS)

# When the next request may leave, and how many sessions work: an hour in a moment.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_pace tests/unit/test_sessions
TESTS += tests/unit/test_pace tests/unit/test_sessions
endif
tests_unit_test_pace_SOURCES = tests/unit/test_pace.c
tests_unit_test_pace_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pace_LDADD = $(UNIT_LIBS)
tests_unit_test_sessions_SOURCES = tests/unit/test_sessions.c
tests_unit_test_sessions_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sessions_LDADD = $(UNIT_LIBS)

# Lists of ids as long as a directory.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_ids
TESTS += tests/unit/test_ids
endif
tests_unit_test_ids_SOURCES = tests/unit/test_ids.c
tests_unit_test_ids_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ids_LDADD = $(UNIT_LIBS)
