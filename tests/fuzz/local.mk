# Fuzz targets. Each is a plain program that runs its corpus in `make check`; `make fuzz` builds
# them with clang's libFuzzer instead (FUZZ_SECONDS each; new inputs go to fuzz-corpus/).
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/core -I$(top_srcdir)/tests/fuzz
FUZZ_TARGETS = config mapping
FUZZ_SECONDS = 60
FUZZ_CC = clang

check_PROGRAMS += tests/fuzz/fuzz_config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c tests/fuzz/fuzz_main.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_config_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_config_LDADD = core/libcore.la
TESTS += tests/fuzz/fuzz_config.sh
EXTRA_DIST += tests/fuzz/fuzz_config.sh tests/fuzz/corpus

check_PROGRAMS += tests/fuzz/fuzz_mapping
tests_fuzz_fuzz_mapping_SOURCES = tests/fuzz/fuzz_mapping.c tests/fuzz/fuzz_main.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_mapping_CPPFLAGS = $(FUZZ_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_mapping_LDADD = core/libcore.la $(JANSSON_LIBS)
TESTS += tests/fuzz/fuzz_mapping.sh
EXTRA_DIST += tests/fuzz/fuzz_mapping.sh

# The host's sources are compiled again, so that the fuzzer sees where an input leads.
fuzz:
	@for name in $(FUZZ_TARGETS); do \
	  mkdir -p fuzz-corpus/$$name && \
	  $(FUZZ_CC) -g -O1 -std=c11 -fsanitize=fuzzer,address,undefined -DHAVE_CONFIG_H -I. \
	    -I$(top_builddir)/include $(FUZZ_CPPFLAGS) $(core_libcore_la_CPPFLAGS) \
	    -o fuzz-corpus/fuzz_$$name $(top_srcdir)/tests/fuzz/fuzz_$$name.c \
	    $$(for s in $(core_libcore_la_SOURCES); do case $$s in *.c) echo $(top_srcdir)/$$s ;; esac; done) \
	    $(YAML_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(SQLITE_LIBS) $(LTDL_LIBS) $(UNISTRING_LIBS) \
	    $(PTHREAD_LIBS) && \
	  fuzz-corpus/fuzz_$$name -max_total_time=$(FUZZ_SECONDS) -max_len=4096 \
	    fuzz-corpus/$$name $(top_srcdir)/tests/fuzz/corpus/$$name || exit 1; \
	done
mostlyclean-local: clean-fuzz
clean-fuzz:
	rm -rf fuzz-corpus
.PHONY: fuzz clean-fuzz
