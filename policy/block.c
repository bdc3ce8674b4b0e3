/*
 * The constants of block.h.
 */
#include "policy/block.h"

#ifdef __AVX2__

#define TIMES_8(x) x, x, x, x, x, x, x, x
#define TIMES_32(x) TIMES_8(x), TIMES_8(x), TIMES_8(x), TIMES_8(x)

enum { NOTHING = 0x80 }; /* in an order: a zero */

const struct hf_block_constants hf_block_constants = {
    .quote = {TIMES_32('"')},
    .backslash = {TIMES_32('\\')},
    .space = {TIMES_32(' ')},
    .control = {TIMES_32(0x1f)},
    .zero = {TIMES_8('0'), TIMES_8('0')},
    .nine = {TIMES_8(9), TIMES_8(9)},
    .comma = {TIMES_8(','), TIMES_8(',')},
    .brace = {TIMES_8('}'), TIMES_8('}')},
    .day_order = {8, 9, 5, 6, 2, 3, 0, 1, 4, 7, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING,
                  NOTHING},
    .day_least = {TIMES_8('0'), '-', '-'},
    .day_span = {TIMES_8(9)},
    .day_tens = {10, 1, 10, 1, 10, 1, 10, 1},
};

#endif
