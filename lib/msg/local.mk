lib_libterncore_la_SOURCES += %D%/msg.h %D%/msg_private.h \
  %D%/collective.c %D%/comm.c %D%/complete.c %D%/count.c %D%/mode.c %D%/kept.c %D%/recv.c %D%/request.c %D%/send.c %D%/spill.c %D%/unsigned.c %D%/wait.c
ternmsgincludedir = $(pkgincludedir)/msg
ternmsginclude_HEADERS = %D%/msg.h
