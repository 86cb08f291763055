/* SPDX-License-Identifier: MIT */
/* any_check - how much work yon_any and yon_each have done: for tests. */
#ifndef ANY_CHECK_H
#define ANY_CHECK_H

#include <stdint.h>

/* Slots of arrays that this thread has looked at so far. */
uint64_t any_n_looks(void);

#endif
