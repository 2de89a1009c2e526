lib_libterncore_la_SOURCES += %D%/stat.h %D%/figure.h %D%/figure.c %D%/histogram.c %D%/measure.c %D%/samples.c
ternstatincludedir = $(pkgincludedir)/stat
ternstatinclude_HEADERS = %D%/stat.h
