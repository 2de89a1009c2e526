/* SPDX-License-Identifier: BSD-3-Clause */
/* Moves of lanes, by their numbers, in vectors of LANES of them; to be included behind each
 * definition of LANES.  `d` is one or several bits of a lane's number. */

#undef EACH_LANE
#if LANES == 4
# define EACH_LANE(f, d) f(0, d), f(1, d), f(2, d), f(3, d)
#elif LANES == 8
# define EACH_LANE(f, d) f(0, d), f(1, d), f(2, d), f(3, d), f(4, d), f(5, d), f(6, d), f(7, d)
#else
# define EACH_LANE(f, d)                                                                    \
  f(0, d), f(1, d), f(2, d), f(3, d), f(4, d), f(5, d), f(6, d), f(7, d), f(8, d), f(9, d), \
      f(10, d), f(11, d), f(12, d), f(13, d), f(14, d), f(15, d)
#endif

#ifndef TERN_SORT_LANES_H
# define TERN_SORT_LANES_H

# define LANE_FLIPPED(i, d)   ((i) ^ (d))
# define LANE_BLENDED(i, d)   (((i) & (d)) != 0 ? (i) + LANES : (i))
# define LANE_ZIPPED_0(i, d)  (((i) & (d)) != 0 ? ((i) ^ (d)) + LANES : (i))
# define LANE_ZIPPED_1(i, d)  (((i) & (d)) != 0 ? (i) + LANES : (i) ^ (d))
# define LANE_OF_PAIR(i, d)   (2 * (i) + (d))
# define LANE_INTO_PAIR(i, d) (((i) + (d)) / 2 + (i) % 2 * LANES)

/* Lane i of v goes to lane i ^ d. */
# define FLIP_LANES(v, d) __builtin_shufflevector(v, v, EACH_LANE(LANE_FLIPPED, d))
/* The lanes of b that have bit d, the others of a. */
# define BLEND_LANES(a, b, d) __builtin_shufflevector(a, b, EACH_LANE(LANE_BLENDED, d))
/* Swap bit d of the lane for that which tells a (0) from b (1): one step of a transposition. */
# define ZIP_0(a, b, d) __builtin_shufflevector(a, b, EACH_LANE(LANE_ZIPPED_0, d))
# define ZIP_1(a, b, d) __builtin_shufflevector(a, b, EACH_LANE(LANE_ZIPPED_1, d))
/* a and b are pairs of words: the first (0) or second (1) word of each.  And back: the lower (0) or
 * upper (LANES) half of the pairs. */
# define WORDS_OF_PAIRS(a, b, d) __builtin_shufflevector(a, b, EACH_LANE(LANE_OF_PAIR, d))
# define PAIRS_OF_WORDS(a, b, d) __builtin_shufflevector(a, b, EACH_LANE(LANE_INTO_PAIR, d))

#endif
