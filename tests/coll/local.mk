test_programs += tests/coll/test_alltoall tests/coll/test_large_blocks tests/coll/test_sparse \
  tests/coll/test_stream
tests_coll_test_alltoall_SOURCES = %D%/test_alltoall.c %D%/fault.h %D%/fault.c
tests_coll_test_alltoall_CPPFLAGS = $(TESTINCLUDES)
tests_coll_test_alltoall_LDADD = $(TESTLIBS)
tests_coll_test_alltoall_LDFLAGS = $(TESTLINK) -Wl,--wrap=tern_alloc

tests_coll_test_large_blocks_SOURCES = %D%/test_large_blocks.c
tests_coll_test_large_blocks_CPPFLAGS = $(TESTINCLUDES)
tests_coll_test_large_blocks_LDADD = $(TESTLIBS)
tests_coll_test_large_blocks_LDFLAGS = $(TESTLINK)

tests_coll_test_sparse_SOURCES = %D%/test_sparse.c %D%/fault.h %D%/fault.c
tests_coll_test_sparse_CPPFLAGS = $(TESTINCLUDES)
tests_coll_test_sparse_LDADD = $(TESTLIBS)
tests_coll_test_sparse_LDFLAGS = $(TESTLINK) -Wl,--wrap=tern_alloc

tests_coll_test_stream_SOURCES = %D%/test_stream.c
tests_coll_test_stream_CPPFLAGS = $(TESTINCLUDES)
tests_coll_test_stream_LDADD = $(TESTLIBS)
tests_coll_test_stream_LDFLAGS = $(TESTLINK)
