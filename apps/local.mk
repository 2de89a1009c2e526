# One folder a program: a short main over the library, with its man page beside it.
LDADD = lib/libtern.la -lm
include apps/info/local.mk
include apps/bench/local.mk
include apps/sort/local.mk
include apps/stencil/local.mk
