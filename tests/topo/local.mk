test_programs += tests/topo/test_topo
tests_topo_test_topo_SOURCES = %D%/test_topo.c %D%/pure.c %D%/tests.h
tests_topo_test_topo_CPPFLAGS = $(TESTINCLUDES)
tests_topo_test_topo_LDADD = $(TESTLIBS)
tests_topo_test_topo_LDFLAGS = $(TESTLINK)
EXTRA_DIST += %D%/uneven.xml
