# The host: a convenience library, so that unit tests link what the program links.
noinst_LTLIBRARIES += core/libcore.la
core_libcore_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/core \
  $(YAML_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(SQLITE_CFLAGS) -DPLUGINDIR='"$(plugindir)"'
core_libcore_la_LIBADD = $(YAML_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(SQLITE_LIBS) \
  $(LTDL_LIBS) $(UNISTRING_LIBS) $(PTHREAD_LIBS)
core_libcore_la_SOURCES =
include core/util/local.mk
include core/record/local.mk
include core/config/local.mk
include core/map/local.mk
include core/plan/local.mk
include core/store/local.mk
include core/host/local.mk
include core/pipeline/local.mk
include core/commands/local.mk
