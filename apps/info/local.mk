bin_PROGRAMS += tern-info
tern_info_SOURCES = %D%/info.h %D%/main.c %D%/build.c %D%/machine.c %D%/binding.c
tern_info_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/apps $(HWLOC_CFLAGS)
tern_info_LDADD = $(LDADD) $(HWLOC_LIBS)
dist_man_MANS += %D%/tern-info.1 %D%/tern.7
