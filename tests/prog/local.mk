# A program that the script runs, not a test by itself.
EXTRA_PROGRAMS += tests/prog/frame
check_DATA = tests/prog/frame$(EXEEXT)
tests_prog_frame_SOURCES = %D%/frame.c
tests_prog_frame_CPPFLAGS = $(TESTINCLUDES)
tests_prog_frame_LDADD = lib/libterncore.la
tests_prog_frame_LDFLAGS = $(TESTLINK)
CLEANFILES += tests/prog/frame$(EXEEXT)
test_scripts += %D%/prog.sh
