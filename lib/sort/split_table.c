/* SPDX-License-Identifier: BSD-3-Clause */
/* How eight lanes are parted by a mask: see quick.h. */
#include "config.h"

#include "sort/quick.h"

#if defined(__x86_64__)
/* Lanes before `lane` whose bit is 1; where the lane goes; and the word that says so. */
# define ONES(mask, lane) __builtin_popcount((mask) & ((1U << (lane)) - 1))
# define PLACE(mask, lane)                                                     \
  (((mask) >> (lane)&1) != 0 ? 8 - __builtin_popcount(mask) + ONES(mask, lane) \
                             : (lane)-ONES(mask, lane))
# define LANE(mask, lane) ((uint64_t)(lane) << 8 * PLACE(mask, lane))
# define ROW(mask)                                                                               \
  (LANE(mask, 1) | LANE(mask, 2) | LANE(mask, 3) | LANE(mask, 4) | LANE(mask, 5) | LANE(mask, 6) \
   | LANE(mask, 7))
# define ROWS_4(mask)  ROW((mask)), ROW((mask) + 1U), ROW((mask) + 2U), ROW((mask) + 3U)
# define ROWS_16(mask) ROWS_4(mask), ROWS_4((mask) + 4U), ROWS_4((mask) + 8U), ROWS_4((mask) + 12U)
# define ROWS_64(mask) \
  ROWS_16(mask), ROWS_16((mask) + 16U), ROWS_16((mask) + 32U), ROWS_16((mask) + 48U)

const uint64_t tern__split_table[256] = {ROWS_64(0U), ROWS_64(64U), ROWS_64(128U), ROWS_64(192U)};

# define SIXTEEN(mask, at, to) (ROW(mask) >> 16 * (at)&0xffff) << 16 * (to)
# define WORDS(mask) \
  [mask] = SIXTEEN(mask, 0, 0) | SIXTEEN(mask, 1, 2) | SIXTEEN(mask, 2, 1) | SIXTEEN(mask, 3, 3)
# define WORDS_2(high) WORDS((high)), WORDS((high) + 3U)
# define WORDS_4(high) WORDS_2((high)), WORDS_2((high) + 12U)
# define WORDS_8(high) WORDS_4((high)), WORDS_4((high) + 48U)

const uint64_t tern__split_zipped_table[256] = {WORDS_8(0U), WORDS_8(192U)};
#endif
