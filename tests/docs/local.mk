# What is written about the house agrees with the house: floors, lengths, manual pages.
TESTS += tests/docs/floors.py tests/docs/style.py tests/docs/man.py tests/docs/promises.py
EXTRA_DIST += tests/docs/floors.py tests/docs/style.py tests/docs/man.py tests/docs/promises.py tests/PROMISES.md
check_PROGRAMS += tests/docs/dump-options
tests_docs_dump_options_SOURCES = tests/docs/dump-options.c
tests_docs_dump_options_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/core $(JANSSON_CFLAGS)
tests_docs_dump_options_LDADD = core/libcore.la $(JANSSON_LIBS)
