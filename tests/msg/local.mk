test_programs += tests/msg/test_msg tests/msg/test_large tests/msg/test_soak \
  tests/msg/test_edges tests/msg/test_threads
tests_msg_test_msg_SOURCES = %D%/test_msg.c
tests_msg_test_msg_CPPFLAGS = $(TESTINCLUDES)
tests_msg_test_msg_LDADD = $(TESTLIBS)
tests_msg_test_msg_LDFLAGS = $(TESTLINK)

tests_msg_test_large_SOURCES = %D%/test_large.c
tests_msg_test_large_CPPFLAGS = $(TESTINCLUDES)
tests_msg_test_large_LDADD = $(TESTLIBS)
tests_msg_test_large_LDFLAGS = $(TESTLINK)

tests_msg_test_soak_SOURCES = %D%/test_soak.c
tests_msg_test_soak_CPPFLAGS = $(TESTINCLUDES)
tests_msg_test_soak_LDADD = $(TESTLIBS)
tests_msg_test_soak_LDFLAGS = $(TESTLINK)

tests_msg_test_edges_SOURCES = %D%/test_edges.c
tests_msg_test_edges_CPPFLAGS = $(TESTINCLUDES)
tests_msg_test_edges_LDADD = $(TESTLIBS)
tests_msg_test_edges_LDFLAGS = $(TESTLINK)

tests_msg_test_threads_SOURCES = %D%/test_threads.c
tests_msg_test_threads_CPPFLAGS = $(TESTINCLUDES)
tests_msg_test_threads_LDADD = $(TESTLIBS)
tests_msg_test_threads_LDFLAGS = $(TESTLINK)
