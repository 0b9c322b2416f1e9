# An example of the configuration, for those who like to begin with one.
exampledir = $(docdir)/examples
dist_example_DATA = contrib/syncd.yaml.example
