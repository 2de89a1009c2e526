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

# define MOVED(mask, from, to) ((ROW(mask) >> 16 * (from)&0xffff) << 16 * (to))
# define ZIPPED(mask) \
  (MOVED(mask, 0, 0) | MOVED(mask, 1, 2) | MOVED(mask, 2, 1) | MOVED(mask, 3, 3))

const uint64_t tern__split_zipped_table[256] = {
    [0x00] = ZIPPED(0x00U), [0x03] = ZIPPED(0x03U), [0x0c] = ZIPPED(0x0cU), [0x0f] = ZIPPED(0x0fU),
    [0x30] = ZIPPED(0x30U), [0x33] = ZIPPED(0x33U), [0x3c] = ZIPPED(0x3cU), [0x3f] = ZIPPED(0x3fU),
    [0xc0] = ZIPPED(0xc0U), [0xc3] = ZIPPED(0xc3U), [0xcc] = ZIPPED(0xccU), [0xcf] = ZIPPED(0xcfU),
    [0xf0] = ZIPPED(0xf0U), [0xf3] = ZIPPED(0xf3U), [0xfc] = ZIPPED(0xfcU), [0xff] = ZIPPED(0xffU)};
#endif
