/* SPDX-License-Identifier: BSD-3-Clause */
/* Forgets the operations on vectors of items. */
#undef VEC
#undef MASK
#undef LANES
#undef ENTER
#undef HASHES
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
#undef KEYS_DECIDE
#undef KEYS_NOT_BELOW
#undef COUNT
#undef BATCH
#undef SPLIT
#undef STORE_SPLIT
#undef ALL_LANES
