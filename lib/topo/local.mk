lib_libterncore_la_SOURCES += %D%/topo.h %D%/topo_private.h %D%/topo_hwloc.h \
  %D%/bounce.c %D%/cgroup.c %D%/cpus.c %D%/cpuset.c %D%/crowd.c %D%/machine.c %D%/mpi.c %D%/place.c %D%/plan.c %D%/window.c
terntopoincludedir = $(pkgincludedir)/topo
terntopoinclude_HEADERS = %D%/topo.h
