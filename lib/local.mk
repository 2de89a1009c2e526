# libtern: modules bottom-up, as in lib/LAYERS; each adds its sources to the core and installs its one public header.
noinst_LTLIBRARIES += lib/libterncore.la
lib_LTLIBRARIES    += lib/libtern.la

lib_libterncore_la_CPPFLAGS = $(AM_CPPFLAGS) $(HWLOC_CFLAGS) $(HDF5_CFLAGS) $(JANSSON_CFLAGS) $(PNG_CFLAGS) $(ZSTD_CFLAGS)
lib_libterncore_la_SOURCES =
lib_libterncore_la_LIBADD = $(HDF5_LIBS) $(HWLOC_LIBS) $(JANSSON_LIBS) $(PNG_LIBS) $(ZSTD_LIBS) -lm

# The shared library is the core plus a version; tests link the core directly,
# so they reach internal functions and start without libtool's wrapper script.
lib_libtern_la_SOURCES =
lib_libtern_la_LIBADD  = lib/libterncore.la
lib_libtern_la_LDFLAGS = $(AM_LDFLAGS) -no-undefined -export-symbols-regex '^tern_[a-z][a-z0-9_]*$$' -version-info $(TERN_LT_VERSION)

pkginclude_HEADERS = %D%/tern.h
nodist_pkginclude_HEADERS =
pkgconfig_DATA = lib/tern.pc

include lib/base/local.mk
include lib/stat/local.mk
include lib/topo/local.mk
include lib/msg/local.mk
include lib/chan/local.mk
include lib/coll/local.mk
include lib/sort/local.mk
include lib/grid/local.mk
include lib/stencil/local.mk
include lib/ckpt/local.mk
include lib/field/local.mk
include lib/prog/local.mk
