# make fuzz: what clang's --enable-fuzzer builds, for FUZZ_SECONDS each, from the inputs kept here.  What parses is built
# anew, to be watched by the fuzzer and the sanitizers; the rest is the library's.
FUZZ_SECONDS = 20
EXTRA_DIST += %D%/lines
if FUZZER
EXTRA_PROGRAMS += tests/fuzz/fuzz_lines
tests_fuzz_fuzz_lines_SOURCES = %D%/fuzz_lines.c lib/sort/line_bytes.c lib/sort/line_general.c lib/sort/line_key.c \
  lib/sort/line_merge.c lib/sort/line_month.c lib/sort/line_number.c lib/sort/line_order.c lib/sort/line_parse.c \
  lib/sort/line_sort.c lib/sort/line_version.c
tests_fuzz_fuzz_lines_CFLAGS = $(AM_CFLAGS) $(FUZZER_CFLAGS)
tests_fuzz_fuzz_lines_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_CFLAGS)
tests_fuzz_fuzz_lines_LDADD = lib/libterncore.la
CLEANFILES += tests/fuzz/fuzz_lines$(EXEEXT)

# New inputs go to a folder of the build; those in the source are only read.
fuzz: tests/fuzz/fuzz_lines$(EXEEXT)
	@mkdir -p tests/fuzz/found
	OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0 tests/fuzz/fuzz_lines$(EXEEXT) -max_total_time=$(FUZZ_SECONDS) \
	  -max_len=512 -artifact_prefix=tests/fuzz/ tests/fuzz/found $(top_srcdir)/tests/fuzz/lines
	@rm -rf tests/fuzz/found
endif

.PHONY: fuzz
