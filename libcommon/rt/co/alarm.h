/* SPDX-License-Identifier: MIT */
/* alarm - a call from a loop at a given time; it can be cleared at once.
 *
 * The alarms of a loop are in a heap above one uv_timer_t. So an alarm can live
 * on the stack of a coroutine, where a uv handle would have to outlive its
 * closing.
 */
#ifndef ALARM_H
#define ALARM_H

#include <stdint.h>

#include <uv.h>

#include "libcommon/heap.h"

struct alarm {
    struct heap_node node; /* private */
    uint64_t due_ns;       /* of uv_hrtime; private */
    void (*fn)(struct alarm *a);
};

/* All alarms of a loop. */
struct alarm_set {
    struct heap heap;
    uv_timer_t timer;
};

void alarm_set_init(struct alarm_set *set, uv_loop_t *loop);
/* Close the handle. The memory must stay until `closed` is called (NULL: until
 * the loop has run once more). Alarms that are set ring now. */
void alarm_set_fini(struct alarm_set *set, uv_close_cb closed);

/* Call fn(a) once, not before ms have passed; ms <= 0: in the next turn. The
 * caller owns `a` and zeroes it first; it is cleared before fn is called. */
void alarm_start(struct alarm_set *set, struct alarm *a, int64_t ms,
                 void (*fn)(struct alarm *a));
/* The same, not before a time of uv_hrtime. Alarms of one time ring in one
 * turn. */
void alarm_start_at(struct alarm_set *set, struct alarm *a, uint64_t at_ns,
                    void (*fn)(struct alarm *a));
void alarm_clear(struct alarm_set *set, struct alarm *a); /* harmless twice */

#endif
