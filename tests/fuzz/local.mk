# make fuzz: what clang's --enable-fuzzer builds, for FUZZ_SECONDS each, from the inputs kept here.  What parses and reads
# is built anew, to be watched by the fuzzer and the sanitizers; the rest is the library's.
FUZZ_SECONDS = 20
EXTRA_DIST += %D%/lines %D%/sort
if FUZZER
EXTRA_PROGRAMS += tests/fuzz/fuzz_lines tests/fuzz/fuzz_sort
tests_fuzz_fuzz_lines_SOURCES = %D%/fuzz_lines.c lib/sort/line_bytes.c lib/sort/line_general.c lib/sort/line_key.c \
  lib/sort/line_merge.c lib/sort/line_month.c lib/sort/line_number.c lib/sort/line_order.c lib/sort/line_parse.c \
  lib/sort/line_sort.c lib/sort/line_version.c
tests_fuzz_fuzz_lines_CFLAGS = $(AM_CFLAGS) $(FUZZER_CFLAGS)
tests_fuzz_fuzz_lines_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_CFLAGS)
tests_fuzz_fuzz_lines_LDADD = lib/libterncore.la
tests_fuzz_fuzz_sort_SOURCES = %D%/fuzz_sort.c $(sort_parts)
tests_fuzz_fuzz_sort_CPPFLAGS = $(tern_sort_CPPFLAGS)
tests_fuzz_fuzz_sort_CFLAGS = $(AM_CFLAGS) $(FUZZER_CFLAGS)
tests_fuzz_fuzz_sort_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_CFLAGS) -Wl,--wrap=tern_prog_usage -Wl,--wrap=tern_prog_fail
tests_fuzz_fuzz_sort_LDADD = lib/libterncore.la $(HDF5_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)
CLEANFILES += tests/fuzz/fuzz_lines$(EXEEXT) tests/fuzz/fuzz_sort$(EXEEXT)

# Each in a folder of its own, which gets the new inputs, too; those in the source are only read.
fuzz: tests/fuzz/fuzz_lines$(EXEEXT) tests/fuzz/fuzz_sort$(EXEEXT)
	@for one in lines sort; do \
	  rm -rf tests/fuzz/work && mkdir -p tests/fuzz/work/found && ( \
	    cd tests/fuzz/work && OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0 ../fuzz_$$one$(EXEEXT) \
	      -max_total_time=$(FUZZ_SECONDS) -max_len=512 -artifact_prefix=../ found $(abs_top_srcdir)/tests/fuzz/$$one >/dev/null \
	  ) || exit; \
	done; rm -rf tests/fuzz/work
endif

.PHONY: fuzz
