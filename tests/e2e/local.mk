# The whole pipeline: a real slapd, TLS, the simulator, and the program with the build's plugins.
E2E_TESTS = tests/e2e/passes.py tests/e2e/changes.py tests/e2e/names.py tests/e2e/leavers.py \
  tests/e2e/values.py tests/e2e/mistakes.py tests/e2e/faults.py tests/e2e/commands.py tests/e2e/house.py
E2E_TESTS += tests/e2e/silence.py tests/e2e/keepers.py tests/e2e/brakes.py tests/e2e/deletions.py
E2E_TESTS += tests/e2e/watch.py tests/e2e/streaming.py tests/e2e/reloading.py tests/e2e/notifying.py
E2E_TESTS += tests/e2e/orders.py tests/e2e/approvals.py tests/e2e/looking.py tests/e2e/audit.py
E2E_TESTS += tests/e2e/verify.py tests/e2e/unclaimed.py
E2E_TESTS += tests/e2e/idle.py tests/e2e/inventory.py tests/e2e/sequences.py
E2E_TESTS += tests/e2e/results.py tests/e2e/doubt.py tests/e2e/endings.py tests/e2e/rings.py
E2E_TESTS += tests/e2e/sequels.py tests/e2e/turns.py
E2E_TESTS += tests/e2e/pacing.py tests/e2e/economy.py tests/e2e/connections.py
E2E_TESTS += tests/e2e/unwell.py tests/e2e/away.py tests/e2e/telling.py
E2E_TESTS += tests/e2e/reads.py tests/e2e/references.py
E2E_TESTS += tests/e2e/parting.py tests/e2e/inactive.py
E2E_TESTS += tests/e2e/changes-389.py tests/e2e/changes-ad.py
E2E_TESTS += tests/e2e/usual_script.py
TESTS += $(E2E_TESTS)
EXTRA_DIST += tests/lib/nginx.py tests/lib/watching.py tests/lib/pipeline.py tests/lib/scriptedends.py $(E2E_TESTS)
