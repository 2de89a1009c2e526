test_programs += tests/base/test_base
tests_base_test_base_SOURCES = %D%/test_base.c
tests_base_test_base_CPPFLAGS = $(TESTINCLUDES)
tests_base_test_base_LDADD = $(TESTLIBS)
tests_base_test_base_LDFLAGS = $(TESTLINK)
