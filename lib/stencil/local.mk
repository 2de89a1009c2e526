lib_libterncore_la_SOURCES += %D%/stencil.h %D%/solver.h \
  %D%/checksum.c %D%/colour.c %D%/exact.c %D%/kernels.c %D%/picture.c %D%/roofline.c %D%/solver.c %D%/states.c
ternstencilincludedir = $(pkgincludedir)/stencil
ternstencilinclude_HEADERS = %D%/stencil.h
