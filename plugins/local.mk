# Flags every module is built with: one exported symbol, all symbols bound at load time.
# Plugins see include/ and plugins/common, never core. Sanitizers leave symbols to the program
# that loads the module, so only ordinary builds can ask the linker for completeness.
if SANITIZED
PLUGIN_COMPLETE =
else
PLUGIN_COMPLETE = -Wl,-z,defs
endif
PLUGIN_LDFLAGS = -module -avoid-version -shared -no-undefined \
  -export-symbols-regex '^syncd_plugin_entry$$' -Wl,-z,now $(PLUGIN_COMPLETE) $(SANITIZE_FLAGS)
include plugins/common/local.mk
include plugins/source-ldap/local.mk
include plugins/sink-genesys-scim/local.mk

# libtool scatters the modules over .libs folders; a plugin folder has them side by side, as
# regular files, which the loader insists on. ./run and the tests load from here.
COLLECT = collect () { \
    $(MKDIR_P) $$1 && chmod 755 $$1 || exit 1; dir=$$1; shift; \
    for la; do \
      so=`echo $$la | sed 's|\([^/]*\)\.la$$|.libs/\1.so|'`; \
      $(INSTALL) -m 755 $$so $$dir/ || exit 1; \
    done; : >$$dir/.stamp; }
.plugins/.stamp: $(plugin_LTLIBRARIES)
	$(AM_V_GEN)$(COLLECT); collect .plugins $(plugin_LTLIBRARIES)
all-local: .plugins/.stamp
clean-local:
	rm -rf .plugins .plugins-test .plugins-abi
