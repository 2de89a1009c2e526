test_programs += tests/chan/test_chan tests/chan/test_model tests/chan/test_select tests/chan/test_threads \
  tests/chan/test_wire
tests_chan_test_chan_SOURCES = %D%/test_chan.c
tests_chan_test_chan_CPPFLAGS = $(TESTINCLUDES)
tests_chan_test_chan_LDADD = $(TESTLIBS)
tests_chan_test_chan_LDFLAGS = $(TESTLINK)

tests_chan_test_model_SOURCES = %D%/test_model.c
tests_chan_test_model_CPPFLAGS = $(TESTINCLUDES)
tests_chan_test_model_LDADD = $(TESTLIBS)
tests_chan_test_model_LDFLAGS = $(TESTLINK)

tests_chan_test_select_SOURCES = %D%/test_select.c
tests_chan_test_select_CPPFLAGS = $(TESTINCLUDES)
tests_chan_test_select_LDADD = $(TESTLIBS) -lm
tests_chan_test_select_LDFLAGS = $(TESTLINK)

tests_chan_test_threads_SOURCES = %D%/test_threads.c
tests_chan_test_threads_CPPFLAGS = $(TESTINCLUDES)
tests_chan_test_threads_LDADD = $(TESTLIBS)
tests_chan_test_threads_LDFLAGS = $(TESTLINK)

tests_chan_test_wire_SOURCES = %D%/test_wire.c
tests_chan_test_wire_CPPFLAGS = $(TESTINCLUDES)
tests_chan_test_wire_LDADD = $(TESTLIBS)
tests_chan_test_wire_LDFLAGS = $(TESTLINK)
