# TERN_PROG_MPICC: default CC to the MPI wrapper.  Call before AC_PROG_CC.
AC_DEFUN([TERN_PROG_MPICC], [
  AC_BEFORE([$0], [AC_PROG_CC])
  AS_VAR_SET_IF([CC], [], [AC_CHECK_PROGS([CC], [mpicc mpicc.openmpi mpicc.mpich])])
  tern_simgrid=no
  AS_CASE([$CC], [*smpicc*], [TERN_SMPICC])
])

# TERN_SMPICC: SimGrid's compiler makes programs that only its launcher can run, and does not tell libtool its linker;
# while configure runs it is asked for common ones.
AC_DEFUN([TERN_SMPICC], [
  tern_simgrid=yes
  AC_DEFINE([HAVE_SIMGRID], [1], [Define to 1 if the MPI is SimGrid's, which simulates it.])
  AS_VAR_SET([SMPI_PRETEND_CC], [1])
  export SMPI_PRETEND_CC
  AS_VAR_SET_IF([LD], [], [LD=ld])
])

# TERN_PROG_MPIEXEC: the launcher that belongs to CC, so that mpicc.mpich is not tested with Open MPI's mpiexec.
AC_DEFUN([TERN_PROG_MPIEXEC], [
  AS_CASE(["$CC "], [*mpicc.mpich\ *], [tern_mpiexec="mpiexec.mpich"],
                    [*mpicc.openmpi\ *], [tern_mpiexec="mpiexec.openmpi"],
                    [*smpicc\ *], [tern_mpiexec="smpirun"])
  AC_CHECK_PROGS([MPIEXEC], [$tern_mpiexec mpiexec mpirun], [no])
])

# TERN_PROG_PKG_CONFIG: all other packages are found through it.
AC_DEFUN([TERN_PROG_PKG_CONFIG], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  AS_IF([test -n "$PKG_CONFIG" && $PKG_CONFIG --version >/dev/null 2>&1], [],
    [AC_MSG_ERROR([pkg-config is missing: install it (Debian: pkgconf)])])
])

# TERN_CHECK_MPI: fail early and clearly when CC cannot link MPI.
AC_DEFUN([TERN_CHECK_MPI], [
  AC_MSG_CHECKING([whether $CC links an MPI 3.1 program])
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>
#if MPI_VERSION < 3 || (MPI_VERSION == 3 && MPI_SUBVERSION < 1)
# error "MPI 3.1 or later is required"
#endif]], [[MPI_Init(0, 0); MPI_Finalize();]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([no MPI 3.1 compiler: install one (Debian: libopenmpi-dev openmpi-bin) or pass CC=/path/to/mpicc])])
  AC_COMPUTE_INT([tern_mpi_major], [MPI_VERSION], [[#include <mpi.h>]])
  AC_COMPUTE_INT([tern_mpi_minor], [MPI_SUBVERSION], [[#include <mpi.h>]])
  tern_mpi_version="$tern_mpi_major.$tern_mpi_minor"
])

# TERN_CHECK_MATCHED_PROBE: without it a message of unknown size is probed, then received; for one thread that is as good.
# SimGrid has the call, but it ends the program.
AC_DEFUN([TERN_CHECK_MATCHED_PROBE], [
  AC_CACHE_CHECK([for matched probe], [tern_cv_matched_probe], [
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>
#ifdef SMPI_H
# error "not yet implemented"
#endif]], [[MPI_Message message; int found; return MPI_Improbe(0, 0, MPI_COMM_WORLD, &found, &message, MPI_STATUS_IGNORE);]])],
      [tern_cv_matched_probe=yes], [tern_cv_matched_probe=no])])
  AS_VAR_IF([tern_cv_matched_probe], [yes], [AC_DEFINE([HAVE_MATCHED_PROBE], [1], [MPI_Improbe works.])])
])

# TERN_CHECK_MPI4: the MPI 4 calls that are used where they exist.
AC_DEFUN([TERN_CHECK_MPI4], [
  AC_CHECK_FUNCS([MPI_Send_c], [tern_have_large_count=yes], [tern_have_large_count=no])
  AC_CHECK_FUNCS([MPI_Psend_init], [tern_have_partitioned=yes], [tern_have_partitioned=no])
])

AC_DEFUN([TERN_CHECK_OPENMP], [
  AC_OPENMP
  AS_VAR_IF([ac_cv_prog_c_openmp], [unsupported],
    [AC_MSG_ERROR([$CC does not know OpenMP: use GCC, or Clang with its libomp (Debian: libomp-dev)])])
  AC_MSG_CHECKING([whether an OpenMP program links])
  tern_save="$CFLAGS"; CFLAGS="$CFLAGS $OPENMP_CFLAGS"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <omp.h>]], [[return omp_get_max_threads();]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([no OpenMP runtime for $CC: install it (Debian, for Clang: libomp-dev)])])
  CFLAGS="$tern_save"
])

# TERN_NEED(VARIABLE, pkg-config module, Debian package): a dependency without which nothing is built.
AC_DEFUN([TERN_NEED], [
  PKG_CHECK_MODULES([$1], [$2], [],
    [AC_MSG_ERROR([$2 is missing: install it (Debian: $3)])])
])

# TERN_WANT(VARIABLE, pkg-config module, what for, Debian package): HAVE_VARIABLE where it is found.
AC_DEFUN([TERN_WANT], [
  AC_ARG_WITH(m4_tolower([$1]), [AS_HELP_STRING([--without-]m4_tolower([$1]), [do without $3 ($4)])],
    [], [m4_join([], [with_], m4_tolower([$1]))=check])
  have_$1=no
  AS_IF([test "x$m4_join([], [with_], m4_tolower([$1]))" != xno],
    [PKG_CHECK_MODULES([$1], [$2], [have_$1=yes], [have_$1="no (Debian: $4)"])])
  AS_VAR_IF([have_$1], [yes], [AC_DEFINE([HAVE_$1], [1], [$3])])
  AM_CONDITIONAL([HAVE_$1], [test "x$have_$1" = xyes])
])

AC_DEFUN([TERN_ENABLE_DEBUG], [
  AC_ARG_ENABLE([debug], [AS_HELP_STRING([--enable-debug], [compile in TERN_ASSERT checks])],
    [], [enable_debug=no])
  AS_VAR_IF([enable_debug], [yes], [AC_DEFINE([TERN_DEBUG], [1], [Internal assertions.])])
])

# TERN_ENABLE_WERROR: the warnings of the house.  MPICH 4.0 declares MPI_STATUSES_IGNORE so that GCC 12 takes it for an
# overflow; only there that warning is off.
AC_DEFUN([TERN_ENABLE_WERROR], [
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [developers: warnings are errors])],
    [], [enable_werror=no])
  tern_warn="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla"
  AC_CACHE_CHECK([whether mpi.h withstands -Wstringop-overflow], [tern_cv_stringop], [
    tern_save="$CFLAGS"; CFLAGS="-O2 -Werror=stringop-overflow"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>]],
      [[MPI_Request r[2]; int done; return MPI_Testall(2, r, &done, MPI_STATUSES_IGNORE);]])],
      [tern_cv_stringop=yes], [tern_cv_stringop=no])
    CFLAGS="$tern_save"])
  AS_VAR_IF([tern_cv_stringop], [no], [tern_warn="$tern_warn -Wno-stringop-overflow"])
  AS_VAR_IF([enable_werror], [yes], [tern_warn="$tern_warn -Werror"])
  AC_SUBST([TERN_WARN_CFLAGS], [$tern_warn])
])

AC_DEFUN([TERN_ENABLE_SANITIZER], [
  AC_ARG_ENABLE([sanitizer],
    [AS_HELP_STRING([--enable-sanitizer=LIST], [build with -fsanitize=LIST, e.g. address,undefined])],
    [], [enable_sanitizer=no])
  AS_CASE([$enable_sanitizer], [no|""], [TERN_SAN_CFLAGS=],
    [TERN_SAN_CFLAGS="-fsanitize=$enable_sanitizer -fno-omit-frame-pointer -g"])
  AC_SUBST([TERN_SAN_CFLAGS])
])

# TERN_ENABLE_FUZZER: make fuzz, with clang's libFuzzer.
AC_DEFUN([TERN_ENABLE_FUZZER], [
  AC_ARG_ENABLE([fuzzer], [AS_HELP_STRING([--enable-fuzzer], [developers: build what make fuzz runs; needs clang])],
    [], [enable_fuzzer=no])
  AM_CONDITIONAL([FUZZER], [test "x$enable_fuzzer" != xno])
  AC_SUBST([FUZZER_CFLAGS], ["-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -g"])
])

AC_DEFUN([TERN_CFLAGS_VISIBILITY], [
  AC_CACHE_CHECK([for -fvisibility=hidden], [tern_cv_visibility], [
    tern_save="$CFLAGS"; CFLAGS="$CFLAGS -fvisibility=hidden -Werror"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [tern_cv_visibility=yes], [tern_cv_visibility=no])
    CFLAGS="$tern_save"])
  AS_VAR_IF([tern_cv_visibility], [yes], [AC_SUBST([TERN_VIS_CFLAGS], [-fvisibility=hidden])])
])

# TERN_CFLAGS_FP: same input, same bits: a*b+c is never contracted to a fused multiply-add behind our back.
AC_DEFUN([TERN_CFLAGS_FP], [
  AC_SUBST([TERN_FP_CFLAGS], [-ffp-contract=off])
])
