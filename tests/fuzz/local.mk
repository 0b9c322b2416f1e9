# Fuzz targets. Each is a plain program that runs its corpus in `make check`; `make fuzz` builds
# them with clang's libFuzzer instead (FUZZ_SECONDS each; new inputs go to fuzz-corpus/).
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/core -I$(top_srcdir)/tests/fuzz
FUZZ_TARGETS = config mapping $(FUZZ_REPLY) $(FUZZ_DIRECTORY)
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

if WITH_SINK_GENESYS_SCIM
FUZZ_REPLY = reply
check_PROGRAMS += tests/fuzz/fuzz_reply
TESTS += tests/fuzz/fuzz_reply.sh
endif
tests_fuzz_fuzz_reply_SOURCES = tests/fuzz/fuzz_reply.c tests/fuzz/fuzz_main.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_reply_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/plugins/common
tests_fuzz_fuzz_reply_LDADD = plugins/common/libscim.la
EXTRA_DIST += tests/fuzz/fuzz_reply.sh

if WITH_SOURCE_LDAP
FUZZ_DIRECTORY = directory
check_PROGRAMS += tests/fuzz/fuzz_directory
TESTS += tests/fuzz/fuzz_directory.sh
endif
tests_fuzz_fuzz_directory_SOURCES = tests/fuzz/fuzz_directory.c tests/fuzz/fuzz_main.c \
  tests/fuzz/fuzz.h $(plugins_syncd_ldap_la_SOURCES)
tests_fuzz_fuzz_directory_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/plugins/source-ldap \
  $(plugins_syncd_ldap_la_CPPFLAGS)
tests_fuzz_fuzz_directory_LDADD = $(LDAP_LIBS) $(CRYPTO_LIBS) $(PTHREAD_LIBS)
EXTRA_DIST += tests/fuzz/fuzz_directory.sh

# The sources are compiled again, so that the fuzzer sees where an input leads.
FUZZ_FLAGS = -g -O1 -std=c11 -fsanitize=fuzzer,address,undefined -DHAVE_CONFIG_H -I. \
  -I$(top_builddir)/include
fuzz_core_words = $(core_libcore_la_CPPFLAGS) $(core_libcore_la_SOURCES)
fuzz_core_libs = $(YAML_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(SQLITE_LIBS) $(LTDL_LIBS) \
  $(UNISTRING_LIBS) $(PTHREAD_LIBS)
fuzz_reply_words = $(tests_fuzz_fuzz_reply_CPPFLAGS) $(plugins_common_libscim_la_SOURCES)
fuzz_reply_libs = $(CURL_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) $(PTHREAD_LIBS)
fuzz_directory_words = $(tests_fuzz_fuzz_directory_CPPFLAGS) $(plugins_syncd_ldap_la_SOURCES)
fuzz_directory_libs = $(LDAP_LIBS) $(CRYPTO_LIBS) $(PTHREAD_LIBS)
fuzz:
	@for name in $(FUZZ_TARGETS); do \
	  case $$name in \
	    reply) words='$(fuzz_reply_words)' libs='$(fuzz_reply_libs)' ;; \
	    directory) words='$(fuzz_directory_words)' libs='$(fuzz_directory_libs)' ;; \
	    *) words='$(FUZZ_CPPFLAGS) $(fuzz_core_words)' libs='$(fuzz_core_libs)' ;; \
	  esac; \
	  mkdir -p fuzz-corpus/$$name && \
	  $(FUZZ_CC) $(FUZZ_FLAGS) -o fuzz-corpus/fuzz_$$name $(top_srcdir)/tests/fuzz/fuzz_$$name.c \
	    $$(for w in $$words; do case $$w in *.c) echo $(top_srcdir)/$$w ;; *.h) ;; *) echo "$$w" ;; esac; done) \
	    $$libs && \
	  fuzz-corpus/fuzz_$$name -max_total_time=$(FUZZ_SECONDS) -max_len=4096 \
	    fuzz-corpus/$$name $(top_srcdir)/tests/fuzz/corpus/$$name || exit 1; \
	done
mostlyclean-local: clean-fuzz
clean-fuzz:
	rm -rf fuzz-corpus
.PHONY: fuzz clean-fuzz
