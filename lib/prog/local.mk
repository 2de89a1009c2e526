lib_libterncore_la_SOURCES += %D%/prog.h %D%/prog_private.h \
  %D%/phase.c %D%/prog.c %D%/progress.c %D%/report.c %D%/terminal.c
ternprogincludedir = $(pkgincludedir)/prog
ternproginclude_HEADERS = %D%/prog.h
