lib_libterncore_la_SOURCES += %D%/base.h %D%/assert.h \
  %D%/clock.c %D%/env.c %D%/error.c %D%/file.c %D%/hash.c %D%/json.c %D%/log.c %D%/memory.c %D%/option.c %D%/random.c %D%/writer.c
ternbaseincludedir = $(pkgincludedir)/base
ternbaseinclude_HEADERS = %D%/base.h
