# The algorithms on a simulated cluster: built and run only where CC is SimGrid's smpicc, see scripts/stage sim.
if SIMGRID
check_PROGRAMS += tests/sim/sim
TESTS += tests/sim/sim.sh
endif
EXTRA_DIST += %D%/sim.sh %D%/golden
tests_sim_sim_SOURCES = %D%/sim.h %D%/sim.c %D%/collectives.c
tests_sim_sim_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
tests_sim_sim_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=MPI_Isend,--wrap=MPI_Issend,--wrap=MPI_Test,--wrap=MPI_Iallreduce,--wrap=MPI_Ibarrier,--wrap=MPI_Ialltoall,--wrap=MPI_Iexscan
tests_sim_sim_LDADD = lib/libterncore.la
