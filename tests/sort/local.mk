test_programs += tests/sort/test_external tests/sort/test_fault tests/sort/test_huge tests/sort/test_kernels tests/sort/test_keys tests/sort/test_lines tests/sort/test_matrix tests/sort/test_records tests/sort/test_operations
tests_sort_test_external_SOURCES = %D%/test_external.c
tests_sort_test_external_CPPFLAGS = $(TESTINCLUDES)
tests_sort_test_external_LDADD = $(TESTLIBS)
tests_sort_test_external_LDFLAGS = $(TESTLINK)

tests_sort_test_huge_SOURCES = %D%/test_huge.c
tests_sort_test_huge_CPPFLAGS = $(TESTINCLUDES)
tests_sort_test_huge_LDADD = $(TESTLIBS)
tests_sort_test_huge_LDFLAGS = $(TESTLINK)

tests_sort_test_fault_SOURCES = %D%/test_fault.c tests/coll/fault.h tests/coll/fault.c
tests_sort_test_fault_CPPFLAGS = $(TESTINCLUDES)
tests_sort_test_fault_LDADD = $(TESTLIBS)
tests_sort_test_fault_LDFLAGS = $(TESTLINK) -Wl,--wrap=tern_alloc

tests_sort_test_kernels_SOURCES = %D%/test_kernels.c
tests_sort_test_kernels_CPPFLAGS = $(TESTINCLUDES)
tests_sort_test_kernels_LDADD = $(TESTLIBS)
tests_sort_test_kernels_LDFLAGS = $(TESTLINK)

tests_sort_test_keys_SOURCES = %D%/test_keys.c
tests_sort_test_keys_CPPFLAGS = $(TESTINCLUDES)
tests_sort_test_keys_LDADD = $(TESTLIBS)
tests_sort_test_keys_LDFLAGS = $(TESTLINK)

tests_sort_test_lines_SOURCES = %D%/test_lines.c
tests_sort_test_lines_CPPFLAGS = $(TESTINCLUDES)
tests_sort_test_lines_LDADD = $(TESTLIBS)
tests_sort_test_lines_LDFLAGS = $(TESTLINK)

tests_sort_test_records_SOURCES = %D%/test_records.c
tests_sort_test_records_CPPFLAGS = $(TESTINCLUDES)
tests_sort_test_records_LDADD = $(TESTLIBS)
tests_sort_test_records_LDFLAGS = $(TESTLINK)

tests_sort_test_matrix_SOURCES = %D%/test_matrix.c
tests_sort_test_matrix_CPPFLAGS = $(TESTINCLUDES)
tests_sort_test_matrix_LDADD = $(TESTLIBS)
tests_sort_test_matrix_LDFLAGS = $(TESTLINK)

tests_sort_test_operations_SOURCES = %D%/test_operations.c
tests_sort_test_operations_CPPFLAGS = $(TESTINCLUDES)
tests_sort_test_operations_LDADD = $(TESTLIBS)
tests_sort_test_operations_LDFLAGS = $(TESTLINK)
