/* SPDX-License-Identifier: BSD-3-Clause */
/* Forgets one kind of items, before the next is defined. */
#include "sort/quick_undef_lanes.h"

#undef ITEM
#undef KEY
#undef KEY_OF
#undef MOST_ROWS
#undef MOST_FEW
#undef NAME
#undef LESS
#undef AFTER
#undef LAST_OF_KEY
#undef WHOLE
