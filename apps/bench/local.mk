bin_PROGRAMS += tern-bench
tern_bench_SOURCES = %D%/bench.h %D%/main.c %D%/measure.c %D%/merge.c %D%/row.c \
  %D%/raw.c %D%/layer.c %D%/latency.c %D%/bandwidth.c %D%/barrier.c %D%/halo.c %D%/stencil.c
tern_bench_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/apps $(JANSSON_CFLAGS)
tern_bench_LDADD = $(LDADD) $(JANSSON_LIBS) -lm
dist_man_MANS += %D%/tern-bench.1
