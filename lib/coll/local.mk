lib_libterncore_la_SOURCES += %D%/coll.h %D%/coll_private.h \
  %D%/alltoall.c %D%/bruck.c %D%/direct.c %D%/discard.c %D%/node.c %D%/one_factor.c %D%/own.c %D%/pairwise.c %D%/relay.c %D%/sparse.c \
  %D%/stream.c %D%/stream_private.h %D%/stream_ring.c %D%/stream_wire.c
terncollincludedir = $(pkgincludedir)/coll
terncollinclude_HEADERS = %D%/coll.h
