# Scripts that travel with the source; each is called by a make target or by hand.
EXTRA_DIST += %D%/check %D%/check-layers %D%/demo %D%/installcheck %D%/mpienv %D%/mpitest \
  %D%/setup %D%/stage %D%/style

# Every linter at hand, over the whole tree; scripts/style says which are absent.
style:
	@CC='$(CC)' HWLOC_CFLAGS='$(HWLOC_CFLAGS)' HDF5_CFLAGS='$(HDF5_CFLAGS)' top_builddir='$(abs_top_builddir)' \
	  $(SHELL) $(top_srcdir)/scripts/style

# The program of README.md, built against the installed library by pkg-config and run.
installcheck-local:
	@CC='$(CC)' MPIEXEC='$(MPIEXEC)' root='$(DESTDIR)' prefix='$(prefix)' libdir='$(libdir)' \
	  pkgconfigdir='$(pkgconfigdir)' $(SHELL) $(top_srcdir)/scripts/installcheck

.PHONY: style
