bin_PROGRAMS += tern-stencil
tern_stencil_SOURCES = %D%/stencil_app.h %D%/formula.c %D%/frames.c %D%/main.c %D%/report.c %D%/request.c %D%/run.c %D%/save.c %D%/series.c %D%/watch.c
tern_stencil_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/apps
dist_man_MANS += %D%/tern-stencil.1
