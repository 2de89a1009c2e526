test_programs += tests/ckpt/test_ckpt
tests_ckpt_test_ckpt_SOURCES = %D%/test_ckpt.c
tests_ckpt_test_ckpt_CPPFLAGS = $(TESTINCLUDES)
tests_ckpt_test_ckpt_LDADD = $(TESTLIBS)
tests_ckpt_test_ckpt_LDFLAGS = $(TESTLINK)
