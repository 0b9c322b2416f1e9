# The Genesys Cloud SCIM sink: that service's own rules. HTTP, OAuth and SCIM are in common.
genesys_scim_sources = \
  plugins/sink-genesys-scim/apply-create.c plugins/sink-genesys-scim/apply-update.c \
  plugins/sink-genesys-scim/apply.c plugins/sink-genesys-scim/endpoints.c \
  plugins/sink-genesys-scim/endpoints.h plugins/sink-genesys-scim/find.c \
  plugins/sink-genesys-scim/list.c plugins/sink-genesys-scim/options.c \
  plugins/sink-genesys-scim/rules.c plugins/sink-genesys-scim/schema-builtin.c \
  plugins/sink-genesys-scim/schema.c plugins/sink-genesys-scim/sink.c \
  plugins/sink-genesys-scim/sink.h
if WITH_SINK_GENESYS_SCIM
plugin_LTLIBRARIES += plugins/syncd-genesys-scim.la
endif
plugins_syncd_genesys_scim_la_SOURCES = $(genesys_scim_sources)
plugins_syncd_genesys_scim_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/common
plugins_syncd_genesys_scim_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_syncd_genesys_scim_la_LIBADD = plugins/common/libscim.la $(CURL_LIBS)
