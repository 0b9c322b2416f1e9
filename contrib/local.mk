# An example of the configuration, for those who like to begin with one.
exampledir = $(docdir)/examples
dist_example_DATA = contrib/syncd.yaml.example

# Things to take along, not installed.
EXTRA_DIST += contrib/demo/demo.py contrib/schema/syncd.schema contrib/schema/syncd.ldif

# A project of its own, to begin a plugin with.
EXTRA_DIST += contrib/plugin-template/README.md contrib/plugin-template/Makefile \
  contrib/plugin-template/passwd.c contrib/plugin-template/example.yaml
