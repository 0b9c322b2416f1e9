# Convergence: random histories under faults; `make check` runs a slice of the seeds.
#   make check-faults SEEDS=200 FIRST_SEED=100    more of them
#   make check-mutants                            are broken pipelines caught? (rebuilds copies)
TESTS += tests/faults/converge.py
EXTRA_DIST += tests/faults/converge.py tests/faults/promises.py tests/faults/world.py \
  tests/faults/mutants.sh
SEEDS = 12
FIRST_SEED = 1
check-faults:
	SEEDS='$(SEEDS)' FIRST_SEED='$(FIRST_SEED)' $(MAKE) check TESTS=tests/faults/converge.py
check-mutants: check-mutants-build
	$(SHELL) $(top_srcdir)/tests/faults/mutants.sh
check-mutants-build:
	$(MAKE) check TESTS=
.PHONY: check-faults check-mutants check-mutants-build
