/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorting networks on columns: comparators c between two rows, numbered from o.  Eight rows need
 * 19, sixteen 60 (Green 1969; Knuth, The Art of Computer Programming 3, 5.3.4). */
#ifndef TERN_SORT_NETWORK_H
#define TERN_SORT_NETWORK_H

/* clang-format off */
#define NETWORK_8(c, o) \
 c(o, 0, 1) c(o, 2, 3) c(o, 4, 5) c(o, 6, 7) \
 c(o, 0, 2) c(o, 1, 3) c(o, 4, 6) c(o, 5, 7) \
 c(o, 1, 2) c(o, 5, 6) c(o, 0, 4) c(o, 3, 7) \
 c(o, 1, 5) c(o, 2, 6) \
 c(o, 1, 4) c(o, 3, 6) \
 c(o, 2, 4) c(o, 3, 5) \
 c(o, 3, 4)

#define NETWORK_16(c, o) \
 c(o, 0, 1) c(o, 2, 3) c(o, 4, 5) c(o, 6, 7) c(o, 8, 9) c(o, 10, 11) c(o, 12, 13) c(o, 14, 15) \
 c(o, 0, 2) c(o, 1, 3) c(o, 4, 6) c(o, 5, 7) c(o, 8, 10) c(o, 9, 11) c(o, 12, 14) c(o, 13, 15) \
 c(o, 0, 4) c(o, 1, 5) c(o, 2, 6) c(o, 3, 7) c(o, 8, 12) c(o, 9, 13) c(o, 10, 14) c(o, 11, 15) \
 c(o, 0, 8) c(o, 1, 9) c(o, 2, 10) c(o, 3, 11) c(o, 4, 12) c(o, 5, 13) c(o, 6, 14) c(o, 7, 15) \
 c(o, 5, 10) c(o, 6, 9) c(o, 3, 12) c(o, 13, 14) c(o, 4, 8) c(o, 7, 11) c(o, 1, 2) \
 c(o, 1, 4) c(o, 7, 13) c(o, 2, 8) c(o, 11, 14) \
 c(o, 2, 4) c(o, 5, 6) c(o, 9, 10) c(o, 11, 13) c(o, 3, 8) c(o, 7, 12) \
 c(o, 6, 8) c(o, 10, 12) c(o, 3, 5) c(o, 7, 9) \
 c(o, 3, 4) c(o, 5, 6) c(o, 7, 8) c(o, 9, 10) c(o, 11, 12) \
 c(o, 6, 7) c(o, 8, 9)
/* clang-format on */

#endif
