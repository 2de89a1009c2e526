# make check: each CUnit program runs under mpiexec at every rank count of $(TEST_NP), each shell test once; results are
# TAP.  Launch settings stand in scripts/mpienv.
LOG_DRIVER     = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/scripts/build-aux/tap-driver.sh
LOG_DRIVER_FLAGS = --ignore-exit
LOG_COMPILER   = $(SHELL) $(top_srcdir)/scripts/mpitest
TEST_EXTENSIONS = .sh
SH_LOG_DRIVER  = $(LOG_DRIVER)
SH_LOG_DRIVER_FLAGS = --ignore-exit
SH_LOG_COMPILER = $(LOG_COMPILER)
AM_TESTS_ENVIRONMENT = . $(top_srcdir)/scripts/mpienv; \
  MPIEXEC='$(MPIEXEC)' TEST_NP='$(TEST_NP)' TEST_LOCK='$(abs_top_builddir)/tests/.lock' \
  SED='$(SED)' CC='$(CC)' top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)'; \
  export MPIEXEC TEST_NP TEST_LOCK SED CC top_srcdir top_builddir;

# What every CUnit program needs; add them as tests/base/local.mk does.
TESTLIBS    = tests/support/libmpitap.la lib/libterncore.la $(CUNIT_LIBS)
TESTLINK = $(AM_LDFLAGS) -export-dynamic
TESTINCLUDES = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CUNIT_CFLAGS) $(HWLOC_CFLAGS) $(JANSSON_CFLAGS) $(PNG_CFLAGS)

# A module's programs and scripts.  Programs are built only where CUnit is; scripts always run.
test_programs =
test_scripts =

include tests/base/local.mk
include tests/msg/local.mk
include tests/chan/local.mk
include tests/coll/local.mk
include tests/topo/local.mk
include tests/prog/local.mk
include tests/examples/local.mk
include tests/grid/local.mk
include tests/ckpt/local.mk
include tests/field/local.mk
include tests/apps/info.mk
include tests/apps/stencil.mk
include tests/stencil/local.mk
include tests/apps/bench.mk
include tests/sort/local.mk
include tests/fuzz/local.mk
include tests/apps/sort.mk
include tests/apps/sort-binary.mk
include tests/apps/sort-external.mk
include tests/package/local.mk
include tests/perf/local.mk
include tests/stat/local.mk
include tests/sim/local.mk

if HAVE_CUNIT
check_PROGRAMS    += $(test_programs)
check_LTLIBRARIES += tests/support/libmpitap.la
endif
TESTS += $(test_scripts) $(check_PROGRAMS)

EXTRA_DIST += $(test_scripts) tests/support/lsan.supp tests/support/valgrind.supp tests/support/mpisync.c tests/support/mpidelay.c tests/support/h5.c tests/support/tap.sh tests/support/programs.sh
CLEANFILES += tests/.lock

tests_support_libmpitap_la_SOURCES = %D%/support/mpitap.c %D%/support/mpitap.h
tests_support_libmpitap_la_CPPFLAGS = $(TESTINCLUDES)
