# The plugin interface: layout, header, admission, and plugins of the past and the future.
# Modules are collected in .plugins-abi; the broken ones among them are meant to be broken.
EXTRA_DIST += tests/abi/frozen/README tests/abi/frozen/1.0/plugin.h tests/abi/header.sh \
  tests/abi/exports.sh tests/abi/installcheck.sh
ABI_MODULES = tests/abi/syncd-probe.la tests/abi/syncd-future.la tests/abi/syncd-old-source.la \
  tests/abi/syncd-old-sink.la tests/abi/syncd-example-cxx.la tests/abi/syncd-undefined.la \
  tests/abi/syncd-missing.la tests/abi/syncd-no-entry.la tests/abi/syncd-passwd.la
ABI_LDFLAGS = -module -avoid-version -shared -rpath /nowhere $(SANITIZE_FLAGS)
FROZEN_1_0 = -I$(top_srcdir)/tests/abi/frozen/1.0
check_LTLIBRARIES += $(ABI_MODULES) tests/abi/libabsent.la

tests_abi_syncd_probe_la_SOURCES = tests/abi/module-probe.c tests/abi/probe.h
tests_abi_syncd_probe_la_LDFLAGS = $(TEST_MODULE_LDFLAGS)
tests_abi_syncd_future_la_SOURCES = tests/abi/module-future.c
tests_abi_syncd_future_la_LDFLAGS = $(TEST_MODULE_LDFLAGS)
tests_abi_syncd_old_source_la_SOURCES = tests/abi/old-1.0-source.c
tests_abi_syncd_old_source_la_CPPFLAGS = $(FROZEN_1_0)
tests_abi_syncd_old_source_la_LDFLAGS = $(TEST_MODULE_LDFLAGS)
tests_abi_syncd_old_sink_la_SOURCES = tests/abi/old-1.0-sink.c
tests_abi_syncd_old_sink_la_CPPFLAGS = $(FROZEN_1_0)
tests_abi_syncd_old_sink_la_LDFLAGS = $(TEST_MODULE_LDFLAGS)
tests_abi_syncd_example_cxx_la_SOURCES = tests/abi/example-cxx.cc
tests_abi_syncd_example_cxx_la_CXXFLAGS = $(AM_CXXFLAGS) -std=c++11 -fvisibility=hidden
tests_abi_syncd_example_cxx_la_LDFLAGS = $(TEST_MODULE_LDFLAGS)
# The template is built as its users build it by `make installcheck`; here, as any module.
tests_abi_syncd_passwd_la_SOURCES = contrib/plugin-template/passwd.c
tests_abi_syncd_passwd_la_CPPFLAGS = $(AM_CPPFLAGS) -D_POSIX_C_SOURCE=200809L
tests_abi_syncd_passwd_la_LDFLAGS = $(TEST_MODULE_LDFLAGS)
tests_abi_syncd_undefined_la_SOURCES = tests/abi/module-undefined.c
tests_abi_syncd_undefined_la_LDFLAGS = $(ABI_LDFLAGS)
tests_abi_syncd_no_entry_la_SOURCES = tests/abi/module-no-entry.c
tests_abi_syncd_no_entry_la_LDFLAGS = $(ABI_LDFLAGS)
tests_abi_libabsent_la_SOURCES = tests/abi/library-absent.c
tests_abi_libabsent_la_LDFLAGS = -avoid-version -shared -rpath /nowhere $(SANITIZE_FLAGS)
tests_abi_syncd_missing_la_SOURCES = tests/abi/module-missing.c
tests_abi_syncd_missing_la_LDFLAGS = $(ABI_LDFLAGS)
tests_abi_syncd_missing_la_LIBADD = tests/abi/libabsent.la

.plugins-abi/.stamp: $(ABI_MODULES)
	$(AM_V_GEN)$(COLLECT); collect .plugins-abi $(ABI_MODULES)
check_DATA += .plugins-abi/.stamp

noinst_HEADERS += tests/abi/abi-test.h
check_LIBRARIES = tests/abi/liblayout.a
tests_abi_liblayout_a_SOURCES = tests/abi/layout.c

TESTS += tests/abi/header.sh tests/abi/exports.sh
if HAVE_CMOCKA
ABI_TESTS = tests/abi/test-loader tests/abi/test-admit tests/abi/test-host \
  tests/abi/test-owner
check_PROGRAMS += $(ABI_TESTS)
TESTS += $(ABI_TESTS)
tests_abi_test_loader_SOURCES = tests/abi/test-loader.c tests/abi/abi-test.c
tests_abi_test_loader_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_abi_test_loader_LDADD = $(UNIT_LIBS)
tests_abi_test_admit_SOURCES = tests/abi/test-admit.c tests/abi/abi-test.c
tests_abi_test_admit_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_abi_test_admit_LDADD = $(UNIT_LIBS)
tests_abi_test_owner_SOURCES = tests/abi/test-owner.c tests/abi/abi-test.c
tests_abi_test_owner_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_abi_test_owner_LDADD = $(UNIT_LIBS)
tests_abi_test_host_SOURCES = tests/abi/test-host.c tests/abi/abi-test.c
tests_abi_test_host_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_abi_test_host_LDADD = $(UNIT_LIBS)
endif

installcheck-local: tests/docs/dump-options
	INSTALLED_PKGCONFIG='$(pkgconfigdir)' DESTDIR='$(DESTDIR)' PKG_CONFIG='$(PKG_CONFIG)' \
	  LOADER='$(abs_top_builddir)/tests/docs/dump-options' top_srcdir='$(abs_top_srcdir)' \
	  CC='$(CC)' $(SHELL) $(srcdir)/tests/abi/installcheck.sh
