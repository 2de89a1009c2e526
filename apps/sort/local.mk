bin_PROGRAMS += tern-sort
tern_sort_SOURCES = %D%/tern-sort.h %D%/binary.h %D%/check_records.c %D%/crc32.c %D%/gensort.c %D%/npy.c %D%/record.c %D%/sequence.c %D%/main.c %D%/binary.c %D%/external.c %D%/failure.c %D%/generated.c %D%/input.c %D%/output.c %D%/text.c
tern_sort_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/apps
dist_man_MANS += %D%/tern-sort.1
