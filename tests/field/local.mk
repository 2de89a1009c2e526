test_programs += tests/field/test_field
tests_field_test_field_SOURCES = %D%/test_field.c
tests_field_test_field_CPPFLAGS = $(TESTINCLUDES) $(HDF5_CFLAGS)
tests_field_test_field_LDADD = $(TESTLIBS) $(HDF5_LIBS)
tests_field_test_field_LDFLAGS = $(TESTLINK)
