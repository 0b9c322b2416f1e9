if WITH_SOURCE_LDAP
plugin_LTLIBRARIES += plugins/syncd-ldap.la
plugins_syncd_ldap_la_SOURCES = \
  plugins/source-ldap/source-ldap.h plugins/source-ldap/plugin.c plugins/source-ldap/options.c \
  plugins/source-ldap/text.c plugins/source-ldap/errors.c plugins/source-ldap/watch.c \
  plugins/source-ldap/connect.c plugins/source-ldap/tls.c plugins/source-ldap/tls-context.c \
  plugins/source-ldap/diagnose.c plugins/source-ldap/recall.c plugins/source-ldap/versions.c \
  plugins/source-ldap/bind.c plugins/source-ldap/password.c plugins/source-ldap/server.c plugins/source-ldap/root.c plugins/source-ldap/search.c plugins/source-ldap/alive.c \
  plugins/source-ldap/wanted.c plugins/source-ldap/values.c plugins/source-ldap/range.c \
  plugins/source-ldap/identity.c plugins/source-ldap/dn.c plugins/source-ldap/schema.c \
  plugins/source-ldap/filter.c plugins/source-ldap/timestamp.c plugins/source-ldap/scan.c \
  plugins/source-ldap/scan.h plugins/source-ldap/sync.h plugins/source-ldap/sync.c \
  plugins/source-ldap/sync-message.c plugins/source-ldap/sync-state.c \
  plugins/source-ldap/sync-probe.c plugins/source-ldap/sync-take.c plugins/source-ldap/scan-read.c \
  plugins/source-ldap/grade.h plugins/source-ldap/grades.c plugins/source-ldap/checkpoint.c \
  plugins/source-ldap/inventory.c plugins/source-ldap/delta.h plugins/source-ldap/delta.c \
  plugins/source-ldap/containers.h plugins/source-ldap/containers.c \
  plugins/source-ldap/ad.h plugins/source-ldap/ad.c plugins/source-ldap/usn-ad.c \
  plugins/source-ldap/dirsync.h plugins/source-ldap/dirsync.c plugins/source-ldap/dirsync-control.c \
  plugins/source-ldap/dirsync-page.c plugins/source-ldap/dirsync-probe.c \
  plugins/source-ldap/idset.c plugins/source-ldap/lookup.h plugins/source-ldap/lookup.c \
  plugins/source-ldap/reread.h plugins/source-ldap/reread.c \
  plugins/source-ldap/ds389.h plugins/source-ldap/ds389.c plugins/source-ldap/changelog.h \
  plugins/source-ldap/changelog.c plugins/source-ldap/changelog-read.c \
  plugins/source-ldap/usn-389.c \
  plugins/source-ldap/get.c plugins/source-ldap/describe.c
plugins_syncd_ldap_la_CPPFLAGS = $(AM_CPPFLAGS) -D_DEFAULT_SOURCE $(LDAP_CFLAGS) $(CRYPTO_CFLAGS)
plugins_syncd_ldap_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_syncd_ldap_la_LIBADD = $(LDAP_LIBS) $(CRYPTO_LIBS) $(PTHREAD_LIBS)
endif
