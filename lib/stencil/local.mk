lib_libterncore_la_SOURCES += %D%/stencil.h %D%/solver.h %D%/sum.h %D%/kernel.h %D%/kernel_box.h %D%/kernel_isa.h %D%/kernel_points.h %D%/kernel_star.h %D%/kernel_vector.h \
  %D%/block.c %D%/boundary.c %D%/checksum.c %D%/coefficient.c %D%/colour.c %D%/equation.c %D%/exact.c %D%/expression.c %D%/isa.c %D%/kernel_avx2.c %D%/kernel_avx512.c %D%/kernel_baseline.c %D%/layout.c %D%/norms.c %D%/picture.c %D%/plan.c %D%/prk.c %D%/restart.c %D%/roofline.c %D%/rows.c %D%/shape.c %D%/solver.c %D%/sor.c %D%/source.c %D%/states.c %D%/step.c %D%/sum.c
ternstencilincludedir = $(pkgincludedir)/stencil
ternstencilinclude_HEADERS = %D%/stencil.h
dist_man_MANS += %D%/tern_stencil.3 %D%/tern_prk.3
