/* SPDX-License-Identifier: BSD-3-Clause */
/* What a kernel is: it computes a rectangle of points, for one shape of stencil, one type and one
 * width of vectors.  All widths take the sums in the same order, without fused multiply-adds, so
 * they give the same bits. */
#ifndef TERN_STENCIL_KERNEL_H
#define TERN_STENCIL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* Kernels with the widest vectors too, where the compiler optimises.  Sanitizers would take minutes
 * to compile them, and see the same sources in those of the baseline. */
#if defined(__x86_64__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
# define ALL_WIDTHS
#endif

enum { MOST_REACH = 4, MOST_POINTS = 729 };

/* How the neighbours are summed; stencil.h has the formulas. */
enum family {
    FAMILY_STAR2_1, /* stars of radius 1 to 4 in the plane ... */
    FAMILY_STAR2_2,
    FAMILY_STAR2_3,
    FAMILY_STAR2_4,
    FAMILY_STAR3_1, /* ... and in space */
    FAMILY_STAR3_2,
    FAMILY_STAR3_3,
    FAMILY_STAR3_4,
    FAMILY_BOX2_1, /* squares */
    FAMILY_BOX2_2,
    FAMILY_BOX2_3,
    FAMILY_BOX2_4,
    FAMILY_BOX3_1, /* the cube of 27 points */
    FAMILY_POINTS, /* any points */
    FAMILIES
};

/* What becomes of a sum. */
enum finish {
    FINISH_STORE,
    FINISH_STREAM, /* stored past the cache; out must lie on a cache line */
    FINISH_UPDATE, /* out = (sum + keep * out) + gain * source */
    FINISHES
};

/* One call. */
struct sweep {
    void *out;            /* the first point */
    const void *in;       /* the same point; ghost cells round it are read */
    const void *source;   /* the same, or NULL: 0; of FINISH_UPDATE */
    double keep;          /* of FINISH_UPDATE; if it is 0, out is not read */
    double gain;          /* the same, of source */
    int64_t pitch, plane; /* elements from row to row and plane to plane, the same in all arrays */
    int64_t columns, rows;
    const double *weights; /* their order is the family's */
    const int (*points)[3];
    int n; /* of FAMILY_POINTS: points and weights */
};
typedef void kernel(const struct sweep *s);

/* Kernels of one kind of processor.  They may read up to two cache lines beyond a row's ghost
 * cells. */
struct kernel_set {
    const char *isa;
    kernel *of[2][FAMILIES][FINISHES]; /* f64, f32 */
};
extern const struct kernel_set tern__kernels_baseline, tern__kernels_avx2, tern__kernels_avx512;

#endif
