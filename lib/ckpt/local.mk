lib_libterncore_la_SOURCES += %D%/ckpt.h %D%/ckpt_private.h %D%/ckpt.c %D%/format.c %D%/piece.c %D%/signal.c
ternckptincludedir = $(pkgincludedir)/ckpt
ternckptinclude_HEADERS = %D%/ckpt.h
dist_man_MANS += %D%/tern_ckpt.3
