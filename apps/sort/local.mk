bin_PROGRAMS += tern-sort
sort_parts = %D%/tern-sort.h %D%/binary.h %D%/external.h %D%/array.c %D%/binary.c %D%/hdf5.c %D%/check.c %D%/check_records.c \
  %D%/crc32.c %D%/explain.c %D%/external.c %D%/external_stream.c %D%/gensort.c %D%/npy.c %D%/record.c %D%/records_map.c %D%/sequence.c \
  %D%/failure.c %D%/generated.c %D%/inflate.c %D%/input.c %D%/map.c %D%/output.c %D%/settings.c %D%/stats.c %D%/stream.c %D%/text.c
tern_sort_SOURCES = %D%/main.c $(sort_parts)
tern_sort_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/apps $(HDF5_CFLAGS) $(ZLIB_CFLAGS) $(ZSTD_CFLAGS)
tern_sort_LDADD = $(LDADD) $(HDF5_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)
dist_man_MANS += %D%/tern-sort.1
