bin_PROGRAMS += tern-sort
tern_sort_SOURCES = %D%/tern-sort.h %D%/main.c %D%/binary.c %D%/failure.c %D%/generated.c %D%/input.c %D%/output.c %D%/text.c
tern_sort_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/apps
dist_man_MANS += %D%/tern-sort.1
