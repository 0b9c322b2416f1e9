# The simulator's page goes with the simulator.
if INSTALL_SIMULATOR
dist_man_MANS += man/genesys-sim.1
else
EXTRA_DIST += man/genesys-sim.1
endif
dist_man_MANS += man/syncd.yaml.5
dist_man_MANS += man/syncd-genesys-scim.7
dist_man_MANS += man/syncd.8
dist_man_MANS += man/syncd-ldap.7
dist_man_MANS += man/syncd-plugin.3
