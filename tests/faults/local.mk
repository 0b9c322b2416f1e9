# Convergence: random histories under faults; `make check` runs a slice of the seeds.
#   make check-faults SEEDS=1000 JOBS=2           more of them, so many at a time; FIRST_SEED=… goes on
#   make check-faults KIND=samba SEEDS=40         all of them in a Samba Active Directory (or: scripted, slapd)
#   make check-mutants                            are broken pipelines caught? (rebuilds copies)
# syncd once more, with points at which it can be killed (core/util/crash.h); never installed. What has
# such a point is compiled anew and comes before the library.
check_PROGRAMS += tests/faults/syncd-crash
tests_faults_syncd_crash_SOURCES = $(core_syncd_SOURCES) tests/faults/crash.c \
  core/pipeline/decide.c core/pipeline/delivery.c core/pipeline/pass.c core/pipeline/rings.c \
  core/pipeline/scan.c core/pipeline/stream.c core/pipeline/work.c core/store/transaction.c
tests_faults_syncd_crash_CPPFLAGS = $(core_libcore_la_CPPFLAGS) -DSYNCD_CRASH_POINTS
tests_faults_syncd_crash_LDADD = $(core_syncd_LDADD)
TESTS += tests/faults/converge.py
EXTRA_DIST += tests/faults/converge.py tests/faults/directory.py tests/faults/domain.py tests/faults/history.py \
  tests/faults/onsamba.py tests/faults/onslapd.py tests/faults/promises.py tests/faults/world.py tests/faults/mutants.sh
SEEDS = 25
FIRST_SEED = 1
JOBS = 3
KIND =
check-faults:
	SEEDS='$(SEEDS)' FIRST_SEED='$(FIRST_SEED)' JOBS='$(JOBS)' KIND='$(KIND)' $(MAKE) check TESTS=tests/faults/converge.py
check-mutants: check-mutants-build
	PYTHON3='$(PYTHON3)' top_srcdir='$(abs_top_srcdir)' $(SHELL) $(top_srcdir)/tests/faults/mutants.sh $(MUTANTS)
check-mutants-build:
	$(MAKE) check TESTS=
.PHONY: check-faults check-mutants check-mutants-build
