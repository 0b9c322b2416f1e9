#!/bin/sh
# Every mapping of the corpus with its values, whole and damaged.
exec "$top_builddir/tests/fuzz/fuzz_mapping" -r 400 "$top_srcdir/tests/fuzz/corpus/mapping"
