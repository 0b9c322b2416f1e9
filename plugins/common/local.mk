# What SCIM sinks share. A convenience library: linked into each sink, installed nowhere.
if WITH_SINK_GENESYS_SCIM
noinst_LTLIBRARIES += plugins/common/libscim.la
endif
plugins_common_libscim_la_SOURCES = \
  plugins/common/http-client.c plugins/common/http-header.c plugins/common/http-private.h \
  plugins/common/http-share.c plugins/common/http.c plugins/common/http.h \
  plugins/common/json-scan.c plugins/common/json-scan.h \
  plugins/common/json-table.c plugins/common/json-value.c \
  plugins/common/oauth-private.h plugins/common/oauth-request.c plugins/common/oauth.c \
  plugins/common/oauth.h plugins/common/scim-class.c plugins/common/scim-class.h \
  plugins/common/scim-client.c plugins/common/scim-client.h \
  plugins/common/scim-compare-op.c plugins/common/scim-compare-private.h \
  plugins/common/scim-compare.c plugins/common/scim-compare.h \
  plugins/common/scim-error.c plugins/common/scim-error.h \
  plugins/common/scim-path.c plugins/common/scim-path.h \
  plugins/common/text.c plugins/common/text.h plugins/common/url.c plugins/common/url.h \
  plugins/common/utf8.c plugins/common/utf8.h
plugins_common_libscim_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(SSL_CFLAGS) $(CRYPTO_CFLAGS)
plugins_common_libscim_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/common
plugins_common_libscim_la_LIBADD = $(CURL_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) $(PTHREAD_LIBS)
