/* SPDX-License-Identifier: MIT */
/* clock - the two clocks: one that never jumps, one for people. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* ms since boot, suspended time included; never goes back. */
int64_t clock_boot_ms(void);
/* ms since 1970, UTC; may jump. */
int64_t clock_wall_ms(void);

#endif
