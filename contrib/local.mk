# An example of the configuration, for those who like to begin with one.
exampledir = $(docdir)/examples
dist_example_DATA = contrib/syncd.yaml.example

# Things to take along, not installed.
EXTRA_DIST += contrib/demo/demo.py contrib/schema/syncd.schema contrib/schema/syncd.ldif

# A project of its own, to begin a plugin with.
EXTRA_DIST += contrib/plugin-template/README.md contrib/plugin-template/Makefile \
  contrib/plugin-template/passwd.c contrib/plugin-template/example.yaml

# The units say where the program was installed.
EXTRA_DIST += contrib/systemd/syncd.service.in
UNITS = contrib/systemd/syncd.service contrib/systemd/syncd@.service
CLEANFILES += $(UNITS)
UNIT_SED = sed -e 's|@bindir[@]|$(bindir)|g'
contrib/systemd/syncd.service: contrib/systemd/syncd.service.in Makefile
	$(AM_V_GEN)mkdir -p contrib/systemd; $(UNIT_SED) -e 's|@CONFIG[@]|/etc/syncd/syncd.yaml|' \
	  -e 's|@CONDITION[@]|ConditionPathExists=/etc/syncd/syncd.yaml|' \
	  '$(top_srcdir)/contrib/systemd/syncd.service.in' >$@
contrib/systemd/syncd@.service: contrib/systemd/syncd.service.in Makefile
	$(AM_V_GEN)mkdir -p contrib/systemd; $(UNIT_SED) -e 's|@CONFIG[@]|/etc/syncd/%i.yaml|' \
	  -e 's|@CONDITION[@]|ConditionPathExists=/etc/syncd/%i.yaml|' \
	  '$(top_srcdir)/contrib/systemd/syncd.service.in' >$@
noinst_DATA = $(UNITS)
if SYSTEMD_UNITS
systemdsystemunit_DATA = $(UNITS)
endif
