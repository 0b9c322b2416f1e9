check_LTLIBRARIES =
check_DATA =
EXTRA_DIST += tests/lib/tap.py tests/lib/slapd.py tests/lib/tls.py
include tests/genesys-sim/local.mk
include tests/unit/local.mk
include tests/abi/local.mk
include tests/plugin/local.mk
include tests/e2e/local.mk
include tests/docs/local.mk
include tests/bench/local.mk
include tests/fuzz/local.mk
