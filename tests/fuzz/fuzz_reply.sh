#!/bin/sh
# Every file of the corpus, whole and damaged.
exec "$top_builddir/tests/fuzz/fuzz_reply" -r 2000 "$top_srcdir/tests/fuzz/corpus/reply"
