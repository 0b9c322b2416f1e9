#!/bin/sh
# Every file of the corpus, whole and damaged.
exec "$top_builddir/tests/fuzz/fuzz_directory" -r 2000 "$top_srcdir/tests/fuzz/corpus/directory"
