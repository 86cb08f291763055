/* SPDX-License-Identifier: MIT */
/* slow - $YON_SLOW_MS: who holds the loop of yon_run is named on stderr. */
#ifndef SLOW_H
#define SLOW_H

#include "libcommon/rt/co/stall_monitor.h"

/* Until the loop ends. Twice is harmless. Nothing happens when nobody asked for
 * it, or no thread can be had. */
void slow_watch(struct loop *l);

#endif
