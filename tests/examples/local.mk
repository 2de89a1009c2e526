# Programs to learn from, which the manual pages quote and examples.sh runs; installed as documentation.
exampledir = $(docdir)/examples
dist_example_DATA = %D%/farm.c %D%/front.c %D%/life.c %D%/pipeline.c %D%/publish.c %D%/request.c %D%/scores.c %D%/stars.c %D%/timeout.c
EXTRA_PROGRAMS += tests/examples/farm tests/examples/front tests/examples/life tests/examples/pipeline tests/examples/publish \
  tests/examples/request tests/examples/scores tests/examples/stars tests/examples/timeout
check_DATA += $(dist_example_DATA:.c=$(EXEEXT))
CLEANFILES += $(dist_example_DATA:.c=$(EXEEXT))
test_scripts += %D%/examples.sh
