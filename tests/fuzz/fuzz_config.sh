#!/bin/sh
# Every file of the corpus and every case of the unit tests, whole and damaged.
exec "$top_builddir/tests/fuzz/fuzz_config" -r 40 "$top_srcdir/tests/fuzz/corpus/config" \
  "$top_srcdir/tests/unit/config"
