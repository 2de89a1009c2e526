lib_libterncore_la_SOURCES += %D%/grid.h %D%/halo.h %D%/segment.h \
  %D%/array.c %D%/auto.c %D%/box.c %D%/channel.c %D%/halo.c %D%/messages.c %D%/modes.c %D%/neighbor.c \
  %D%/neighbours.c %D%/order.c %D%/partitioned.c %D%/persistent.c %D%/ready.c %D%/rma.c %D%/segment.c %D%/sendrecv.c \
  %D%/shared.c %D%/split.c
terngridincludedir = $(pkgincludedir)/grid
terngridinclude_HEADERS = %D%/grid.h
dist_man_MANS += %D%/tern_grid.3 %D%/tern_halo.3
