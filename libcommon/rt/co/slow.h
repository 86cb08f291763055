/* SPDX-License-Identifier: MIT */
/* slow - $YON_SLOW_MS: names on stderr the coroutines that hold the loop. */
#ifndef SLOW_H
#define SLOW_H

#include "libcommon/rt/co/stall_monitor.h"

/* Watch the loop until it ends. Twice is harmless. Does nothing when the
 * variable is not set, or no thread can be had. */
void slow_watch(struct loop *l);

#endif
