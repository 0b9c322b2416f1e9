# Unit tests: one cmocka program a room; no network. They link the host's convenience library.
UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/core $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
UNIT_LIBS = core/libcore.la $(CMOCKA_LIBS) $(JANSSON_LIBS)
