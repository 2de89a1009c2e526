/* SPDX-License-Identifier: BSD-3-Clause */
/* Forgets the operations of one width, before those of the next are defined. */
#undef ITEM
#undef VEC
#undef MASK
#undef LANES
#undef MOST_ROWS
#undef MOST_FEW
#undef NAME
#undef LESS
#undef AFTER
#undef LOAD
#undef STORE
#undef LOAD_SOME
#undef STORE_SOME
#undef FIRST_LANES
#undef SPREAD
#undef MIN
#undef MAX
#undef MIN_MAX
#undef MAX_MIN
#undef FLIP
#undef ZIP0
#undef ZIP1
#undef NOT_BELOW
#undef COUNT
#undef SPLIT
#undef ALL_LANES
