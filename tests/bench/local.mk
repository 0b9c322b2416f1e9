# Figures (BENCHMARKING.md): minutes, never part of check.
BENCH_FLAGS =
bench: all
	top_srcdir=$(abs_top_srcdir) top_builddir=$(abs_top_builddir) PYTHONDONTWRITEBYTECODE=1 \
	  PYTHONPATH=$(abs_top_srcdir)/tests/lib $(PYTHON3) $(srcdir)/tests/bench/bench.py $(BENCH_FLAGS)
.PHONY: bench
EXTRA_DIST += tests/bench/bench.py tests/bench/serial_client.py
