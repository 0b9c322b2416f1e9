# Flags every module is built with: one exported symbol, all symbols bound at load time.
# Plugins see include/ and plugins/common, never core.
PLUGIN_LDFLAGS = -module -avoid-version -shared -no-undefined \
  -export-symbols-regex '^syncd_plugin_entry$$' -Wl,-z,now $(SANITIZE_FLAGS)
include plugins/common/local.mk
include plugins/source-ldap/local.mk
include plugins/sink-genesys-scim/local.mk
