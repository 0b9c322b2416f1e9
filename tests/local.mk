check_LTLIBRARIES =
check_DATA =
EXTRA_DIST += tests/lib/tap.py tests/lib/slapd.py tests/lib/tls.py tests/lib/samba.py tests/lib/forward.py tests/lib/ds389.py tests/lib/fakeldap.py tests/lib/ldaphistory.py tests/lib/lsan.supp
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
  tests/e2e/unwell.py tests/e2e/pacing.py tests/e2e/connections.py tests/faults/converge.py
check-threads:
	$(MAKE) check TESTS='$(THREAD_TESTS)' SEEDS=4
.PHONY: check-unit check-valgrind check-threads
