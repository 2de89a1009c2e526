# The algorithms on a simulated cluster: built and run only where CC is SimGrid's smpicc, by scripts/stage sim.
EXTRA_PROGRAMS += tests/sim/sim
EXTRA_DIST += %D%/simulate.sh %D%/golden
if SIMGRID
TESTS += tests/sim/simulate.sh
endif
tests_sim_sim_SOURCES = %D%/sim.h %D%/sim.c %D%/collectives.c
tests_sim_sim_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
tests_sim_sim_CFLAGS = $(AM_CFLAGS) -fvisibility=default # the launcher looks for main()
tests_sim_sim_LDFLAGS = $(AM_LDFLAGS) \
  -Wl,--wrap=MPI_Isend,--wrap=MPI_Issend,--wrap=MPI_Test,--wrap=MPI_Iallreduce,--wrap=MPI_Ibarrier,--wrap=MPI_Ialltoall,--wrap=MPI_Iexscan
tests_sim_sim_LDADD = lib/libterncore.la
CLEANFILES += tests/sim/sim$(EXEEXT)
