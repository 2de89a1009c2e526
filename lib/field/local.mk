lib_libterncore_la_SOURCES += %D%/field.h %D%/field_private.h %D%/collection.c %D%/field.c %D%/hdf5.c %D%/png.c %D%/read.c %D%/vti.c
ternfieldincludedir = $(pkgincludedir)/field
ternfieldinclude_HEADERS = %D%/field.h
dist_man_MANS += %D%/tern_field.3
