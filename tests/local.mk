check_LTLIBRARIES =
check_DATA =
EXTRA_DIST += \
  tests/lib/ds389.py tests/lib/fakeldap.py tests/lib/forward.py tests/lib/ldaphistory.py \
  tests/lib/lsan.supp tests/lib/ports.py tests/lib/proxy.py tests/lib/samba.py tests/lib/slapd.py \
  tests/lib/smalldisk.py tests/lib/tally.py tests/lib/tap.py tests/lib/tls.py tests/lib/tsan.supp
include tests/genesys-sim/local.mk
include tests/unit/local.mk
include tests/abi/local.mk
include tests/plugin/local.mk
include tests/e2e/local.mk
include tests/faults/local.mk
include tests/docs/local.mk
include tests/bench/local.mk
include tests/fuzz/local.mk

# The compiled tests need no servers: quick, and the slice that valgrind watches.
COMPILED_TESTS = $(filter-out %.py %.sh,$(TESTS))
VALGRIND_FLAGS = -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99 \
  --keep-debuginfo=yes --child-silent-after-fork=yes
check-unit:
	$(MAKE) check TESTS='$(COMPILED_TESTS)'
check-valgrind:
	$(MAKE) check TESTS='$(COMPILED_TESTS)' LOG_COMPILER='$(VALGRIND)' AM_LOG_FLAGS='$(VALGRIND_FLAGS)'
# Where threads meet: sessions, budget, orders, watch mode. For a tree with --enable-sanitizers=thread.
THREAD_TESTS = tests/abi/test-host tests/e2e/faults.py tests/e2e/passes.py tests/e2e/watch.py \
  tests/e2e/streaming.py tests/e2e/reloading.py tests/e2e/notifying.py \
  tests/e2e/unwell.py tests/e2e/pacing.py tests/e2e/connections.py tests/faults/converge.py
check-threads:
	$(MAKE) check TESTS='$(THREAD_TESTS)' SEEDS=4
# One of each kind, for a tree from the tarball: the long ones were tried in this one.
list-quick-tests:
	@echo $(filter-out %.py,$(TESTS)) $(filter tests/docs/%,$(TESTS)) tests/e2e/passes.py \
	  tests/plugin/ldap-read.py tests/plugin/genesys-scim.py
.PHONY: list-quick-tests
.PHONY: check-unit check-valgrind check-threads
