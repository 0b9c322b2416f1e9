# Figures (BENCHMARKING.md): minutes, never part of check.
BENCH_FLAGS =
BENCH_ENVIRONMENT = top_srcdir=$(abs_top_srcdir) top_builddir=$(abs_top_builddir) PYTHONDONTWRITEBYTECODE=1 \
  PYTHONPATH=$(abs_top_srcdir)/tests/lib
bench: all
	$(BENCH_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/bench/bench.py $(BENCH_FLAGS); first=$$?; \
	$(BENCH_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/bench/changes_bench.py || first=1; \
	$(BENCH_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/bench/pacing_bench.py || first=1; \
	$(BENCH_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/bench/watch_bench.py && exit $$first
# A limit of 300 requests a minute over ten minutes as well; twelve minutes in all.
bench-pacing: all
	$(BENCH_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/bench/pacing_bench.py --full
# A million people, and the limiter over ten minutes: by hand.
bench-full: all
	$(BENCH_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/bench/full.py $(BENCH_FLAGS); first=$$?; \
	$(BENCH_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/bench/pacing_bench.py --full && exit $$first
# What a person costs in instructions; needs valgrind.
bench-instructions: all
	$(BENCH_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/bench/instructions.py $(BENCH_FLAGS)
.PHONY: bench bench-full bench-instructions bench-pacing
EXTRA_DIST += tests/bench/bench.py tests/bench/watch_bench.py tests/bench/pacing_bench.py tests/bench/serial_client.py \
  tests/bench/instructions.py tests/bench/callgrind.py tests/bench/full.py \
  tests/bench/changes_bench.py

if WITH_SINK_GENESYS_SCIM
noinst_PROGRAMS += tests/bench/bare_client
tests_bench_bare_client_SOURCES = tests/bench/bare_client.c
tests_bench_bare_client_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS)
tests_bench_bare_client_LDADD = $(CURL_LIBS) $(JANSSON_LIBS) $(PTHREAD_LIBS)
endif

# What the state costs a row: tests/bench/store_bench [ROWS [BATCH [FOLDER]]].
noinst_PROGRAMS += tests/bench/store_bench
tests_bench_store_bench_SOURCES = tests/bench/store_bench.c
tests_bench_store_bench_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/core
tests_bench_store_bench_LDADD = core/libcore.la
