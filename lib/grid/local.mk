lib_libterncore_la_SOURCES += %D%/grid.h %D%/halo.h \
  %D%/box.c %D%/halo.c %D%/modes.c %D%/neighbours.c %D%/partitioned.c %D%/split.c
terngridincludedir = $(pkgincludedir)/grid
terngridinclude_HEADERS = %D%/grid.h
