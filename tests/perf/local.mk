# make perf [PERF=msg]: the project's figures.  Timings are no part of make check.
perf_programs = tests/perf/chan tests/perf/ckpt tests/perf/coll tests/perf/sort_local tests/perf/sort_np tests/perf/stencil \
  tests/perf/stencil_choice tests/perf/stencil_modes tests/perf/stencil_overlap tests/perf/stencil_prk tests/perf/stencil_scale tests/perf/stencil_sweep
tests_perf_chan_SOURCES = %D%/chan.h %D%/hooks.h %D%/chan.c %D%/chan_small.c %D%/chan_large.c
tests_perf_chan_CFLAGS = $(AM_CFLAGS) -O3
tests_perf_chan_LDADD = lib/libterncore.la -lm
tests_perf_ckpt_SOURCES = %D%/ckpt.c
tests_perf_ckpt_CFLAGS = $(AM_CFLAGS) -O3
tests_perf_ckpt_LDADD = lib/libterncore.la -lm
tests_perf_coll_SOURCES = %D%/coll.c %D%/hooks.h
tests_perf_coll_CFLAGS = $(AM_CFLAGS) -O3
tests_perf_coll_LDADD = lib/libterncore.la -lm
tests_perf_sort_local_SOURCES = %D%/sort_local.c
tests_perf_sort_local_CFLAGS = $(AM_CFLAGS) -O3
tests_perf_sort_local_LDADD = lib/libterncore.la -ldl -lm
tests_perf_sort_np_SOURCES = %D%/sort_np.c
tests_perf_sort_np_CFLAGS = $(AM_CFLAGS) -O3
tests_perf_sort_np_LDADD = lib/libterncore.la -lm
tests_perf_stencil_SOURCES = %D%/stencil.c %D%/hooks.h
tests_perf_stencil_CFLAGS = $(AM_CFLAGS) -O3
tests_perf_stencil_LDADD = lib/libterncore.la -lm
tests_perf_stencil_choice_SOURCES = %D%/stencil_choice.c %D%/fastest.h
tests_perf_stencil_choice_LDADD = lib/libterncore.la -lm
tests_perf_stencil_modes_SOURCES = %D%/stencil_modes.c %D%/fastest.h %D%/hooks.h
tests_perf_stencil_modes_LDADD = lib/libterncore.la -lm
tests_perf_stencil_overlap_SOURCES = %D%/stencil_overlap.c %D%/hooks.h
tests_perf_stencil_overlap_LDADD = lib/libterncore.la -lm
tests_perf_stencil_prk_SOURCES = %D%/stencil_prk.c %D%/hooks.h
tests_perf_stencil_prk_CFLAGS = $(AM_CFLAGS) -march=native -mprefer-vector-width=512
tests_perf_stencil_prk_LDADD = lib/libterncore.la -lm
tests_perf_stencil_scale_SOURCES = %D%/stencil_scale.c %D%/hooks.h
tests_perf_stencil_scale_LDADD = lib/libterncore.la -lm
tests_perf_stencil_sweep_SOURCES = %D%/stencil_sweep.c %D%/stencil_naive.h
tests_perf_stencil_sweep_CFLAGS = $(AM_CFLAGS) -march=native -mprefer-vector-width=512
tests_perf_stencil_sweep_LDADD = lib/libterncore.la -lm
EXTRA_PROGRAMS += $(perf_programs)
CLEANFILES += $(perf_programs)
EXTRA_DIST += scripts/perf %D%/perf.sh %D%/chan.sh %D%/ckpt.sh %D%/coll.sh %D%/halo.sh %D%/msg.sh %D%/records.sh %D%/sort.sh %D%/sort_local.sh %D%/sort_np.sh %D%/sort_peers.cc %D%/stencil.sh %D%/stencil_np.sh %D%/stencil_prk.sh

perf: all $(perf_programs)
	@MPIEXEC='$(MPIEXEC)' top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' \
	  $(SHELL) $(top_srcdir)/scripts/perf $(PERF)
.PHONY: perf
