/* SPDX-License-Identifier: MIT */
/* rest - what calls have left running on a loop that is to end: coroutines that
 * they detached. */
#ifndef REST_H
#define REST_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/rt/co/alarm.h"
#include "libcommon/rt/co/loop.h"

/* Let them end within the grace, then cancel them and wait as long again.
 * False: some go on all the same, and are named in the log: the loop cannot be
 * freed; close what is open there (opened.h), and end the process. */
bool rest_end_await(struct loop *l, struct alarm_set *alarms, int64_t grace_ms);

#endif
