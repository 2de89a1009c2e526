# make perf [PERF=msg]: the project's figures.  Timings are no part of make check.
EXTRA_PROGRAMS += tests/perf/chan tests/perf/coll tests/perf/stencil
tests_perf_chan_SOURCES = %D%/chan.h %D%/hooks.h %D%/chan.c %D%/chan_small.c %D%/chan_large.c
tests_perf_chan_CFLAGS = $(AM_CFLAGS) -O3
tests_perf_chan_LDADD = lib/libterncore.la -lm
tests_perf_coll_SOURCES = %D%/coll.c %D%/hooks.h
tests_perf_coll_CFLAGS = $(AM_CFLAGS) -O3
tests_perf_coll_LDADD = lib/libterncore.la -lm
tests_perf_stencil_SOURCES = %D%/stencil.c %D%/hooks.h
tests_perf_stencil_CFLAGS = $(AM_CFLAGS) -O3
tests_perf_stencil_LDADD = lib/libterncore.la -lm
CLEANFILES += tests/perf/chan$(EXEEXT) tests/perf/coll$(EXEEXT) tests/perf/stencil$(EXEEXT)
EXTRA_DIST += scripts/perf %D%/perf.sh %D%/chan.sh %D%/coll.sh %D%/msg.sh %D%/records.sh %D%/sort.sh %D%/stencil.sh

perf: all tests/perf/chan$(EXEEXT) tests/perf/coll$(EXEEXT) tests/perf/stencil$(EXEEXT)
	@MPIEXEC='$(MPIEXEC)' top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' \
	  $(SHELL) $(top_srcdir)/scripts/perf $(PERF)

.PHONY: perf
