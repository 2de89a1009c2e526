lib_libterncore_la_SOURCES += %D%/chan.h %D%/chan_private.h \
  %D%/chan.c %D%/open.c %D%/queue.c %D%/rendezvous.c %D%/ring.c %D%/ring.h %D%/select.c %D%/slot.c \
  %D%/wire.h %D%/wire.c %D%/wire_handshake.c %D%/wire_heir.c %D%/wire_near.c %D%/wire_permits.c %D%/wire_recv.c %D%/wire_rendezvous.c %D%/wire_send.c
ternchanincludedir = $(pkgincludedir)/chan
ternchaninclude_HEADERS = %D%/chan.h
dist_man_MANS += %D%/tern_chan.3 %D%/tern_select.3
