# Test plugins, never installed: a scripted source and a sink with failures on demand. The
# comments of script-file.h and sink-memory.h say what they can do. `make check` collects them in
# .plugins-test, which SYNCD_PLUGIN_DIR or --plugin-dir names.
TEST_MODULE_CFLAGS = $(AM_CFLAGS) -D_GNU_SOURCE
TEST_MODULE_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
check_LTLIBRARIES += tests/plugin/syncd-script.la tests/plugin/syncd-memory.la
tests_plugin_syncd_script_la_SOURCES = tests/plugin/source-script.c tests/plugin/script-file.c \
  tests/plugin/script-file.h tests/plugin/test-codes.h
tests_plugin_syncd_script_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_plugin_syncd_script_la_CFLAGS = $(TEST_MODULE_CFLAGS)
tests_plugin_syncd_script_la_LDFLAGS = $(TEST_MODULE_LDFLAGS)
tests_plugin_syncd_script_la_LIBADD = $(JANSSON_LIBS)
tests_plugin_syncd_memory_la_SOURCES = tests/plugin/sink-memory.c tests/plugin/sink-memory.h \
  tests/plugin/memory-apply.c tests/plugin/memory-store.c tests/plugin/memory-store.h \
  tests/plugin/scim-patch.c tests/plugin/scim-patch.h
tests_plugin_syncd_memory_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_plugin_syncd_memory_la_CFLAGS = $(TEST_MODULE_CFLAGS)
tests_plugin_syncd_memory_la_LDFLAGS = $(TEST_MODULE_LDFLAGS)
tests_plugin_syncd_memory_la_LIBADD = $(JANSSON_LIBS) $(PTHREAD_LIBS)

TEST_PLUGINS = tests/plugin/syncd-script.la tests/plugin/syncd-memory.la
.plugins-test/.stamp: $(TEST_PLUGINS)
	$(AM_V_GEN)$(COLLECT); collect .plugins-test $(TEST_PLUGINS)
check_DATA += .plugins-test/.stamp

# Plugins called directly, without the host. sink-driver loads any sink.
GENESYS_SCIM_TESTS = tests/plugin/genesys-scim.py tests/plugin/genesys-scim-token.py \
  tests/plugin/genesys-scim-write.py tests/plugin/genesys-scim-read.py
if WITH_SINK_GENESYS_SCIM
check_PROGRAMS += tests/plugin/sink-driver
TESTS += $(GENESYS_SCIM_TESTS)
if HAVE_CMOCKA
check_PROGRAMS += tests/plugin/test-scim-json tests/plugin/test-scim-class
TESTS += tests/plugin/test-scim-json tests/plugin/test-scim-class
endif
endif
tests_plugin_sink_driver_SOURCES = tests/plugin/sink-driver.c tests/plugin/driver-change.c \
  tests/plugin/driver-host.c tests/plugin/driver-host.h
tests_plugin_sink_driver_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_plugin_sink_driver_LDADD = $(JANSSON_LIBS) $(PTHREAD_LIBS) -ldl
SCIM_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/common \
  -I$(top_srcdir)/plugins/sink-genesys-scim $(CMOCKA_CFLAGS)
tests_plugin_test_scim_json_SOURCES = tests/plugin/test-scim-json.c
tests_plugin_test_scim_json_CPPFLAGS = $(SCIM_TEST_CPPFLAGS)
tests_plugin_test_scim_json_LDADD = plugins/common/libscim.la $(CMOCKA_LIBS)
tests_plugin_test_scim_class_SOURCES = tests/plugin/test-scim-class.c \
  plugins/sink-genesys-scim/endpoints.c plugins/sink-genesys-scim/endpoints.h
tests_plugin_test_scim_class_CPPFLAGS = $(SCIM_TEST_CPPFLAGS)
tests_plugin_test_scim_class_LDADD = plugins/common/libscim.la $(CMOCKA_LIBS)
EXTRA_DIST += $(GENESYS_SCIM_TESTS) tests/plugin/scimcase.py tests/plugin/scripted.py \
  tests/plugin/driver.py

# source-driver loads any source; source.py runs it.
if WITH_SOURCE_LDAP
check_PROGRAMS += tests/plugin/source-driver
TESTS += $(LDAP_TESTS)
endif
LDAP_TESTS = tests/plugin/ldap-read.py tests/plugin/ldap-tls.py tests/plugin/ldap-scripted.py \
  tests/plugin/ldap-samba.py tests/plugin/ldap-ad.py tests/plugin/ldap-syncrepl.py \
  tests/plugin/ldap-sync-scripted.py tests/plugin/ldap-ds389-sync.py tests/plugin/ldap-ds389.py tests/plugin/ldap-ds389-read.py tests/plugin/ldap-ds389-history.py
LDAP_TESTS += tests/plugin/ldap-dirsync-scripted.py
LDAP_TESTS += tests/plugin/ldap-recall.py tests/plugin/ldap-history.py tests/plugin/ldap-traps.py
# Random histories for each grade, more of them: make check-history SEEDS=100 [FIRST_SEED=3].
check-history:
	SEEDS='$(SEEDS)' FIRST_SEED='$(FIRST_SEED)' $(MAKE) check TESTS=tests/plugin/ldap-history.py
.PHONY: check-history
tests_plugin_source_driver_SOURCES = tests/plugin/source-driver.c tests/plugin/source-host.c \
  tests/plugin/source-host.h tests/plugin/source-memory.c
tests_plugin_source_driver_CPPFLAGS = $(AM_CPPFLAGS) -D_DEFAULT_SOURCE
tests_plugin_source_driver_LDADD = -ldl
EXTRA_DIST += $(LDAP_TESTS) tests/plugin/source.py

if HAVE_CMOCKA
check_PROGRAMS += tests/plugin/test-modules
TESTS += tests/plugin/test-modules
tests_plugin_test_modules_SOURCES = tests/plugin/test-modules.c tests/abi/abi-test.c
tests_plugin_test_modules_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests
tests_plugin_test_modules_LDADD = $(UNIT_LIBS)
endif
