/* SPDX-License-Identifier: MIT */
/* alarm - a heap of times, and one libuv timer for the first of them. */
#include "libcommon/rt/co/alarm.h"

#include "libcommon/check.h"

#define NS_PER_MS 1000000

static struct alarm *alarm_of(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct alarm, node);
}

static bool alarm_is_earlier(const struct heap_node *a,
                             const struct heap_node *b)
{
    return alarm_of(a)->due_ns < alarm_of(b)->due_ns;
}

static void alarm_ring(uv_timer_t *timer);

/* Let the timer run at the first alarm, or not at all. */
static void alarm_arm(struct alarm_set *set)
{
    struct heap_node *first = heap_top(&set->heap);
    uint64_t now = uv_hrtime(), due;

    if (first == NULL) {
        uv_timer_stop(&set->timer);
        return;
    }
    due = alarm_of(first)->due_ns;
    uv_update_time(set->timer.loop);
    uv_timer_start(&set->timer, alarm_ring,
                   due > now ? (due - now + NS_PER_MS - 1) / NS_PER_MS : 0, 0);
}

/* Ring the alarms that are due now; alarms that fn starts wait for the next
 * turn. */
static void alarm_ring(uv_timer_t *timer)
{
    struct alarm_set *set = timer->data;
    uint64_t now = uv_hrtime();
    struct heap_node *first;

    while ((first = heap_top(&set->heap)) != NULL &&
           alarm_of(first)->due_ns <= now) {
        heap_remove(&set->heap, first);
        alarm_of(first)->fn(alarm_of(first));
    }
    alarm_arm(set);
}

void alarm_set_init(struct alarm_set *set, uv_loop_t *loop)
{
    heap_init(&set->heap, alarm_is_earlier);
    uv_timer_init(loop, &set->timer);
    set->timer.data = set;
}

void alarm_set_fini(struct alarm_set *set, uv_close_cb closed)
{
    struct heap_node *first;

    while ((first = heap_top(&set->heap)) != NULL) {
        heap_remove(&set->heap, first);
        alarm_of(first)->fn(alarm_of(first));
    }
    heap_fini(&set->heap);
    uv_close((uv_handle_t *)&set->timer, closed);
}

void alarm_start_at(struct alarm_set *set, struct alarm *a, uint64_t at_ns,
                    void (*fn)(struct alarm *a))
{
    a->due_ns = at_ns;
    a->fn = fn;
    heap_insert(&set->heap, &a->node);
    if (heap_top(&set->heap) == &a->node)
        alarm_arm(set);
}

void alarm_start(struct alarm_set *set, struct alarm *a, int64_t ms,
                 void (*fn)(struct alarm *a))
{
    uint64_t now = uv_hrtime();
    uint64_t wait_ms = ms > 0 ? (uint64_t)ms : 0;
    uint64_t longest_ms = (UINT64_MAX - now) / NS_PER_MS; /* centuries */

    if (wait_ms > longest_ms)
        wait_ms = longest_ms;
    alarm_start_at(set, a, now + wait_ms * NS_PER_MS, fn);
}

void alarm_clear(struct alarm_set *set, struct alarm *a)
{
    bool was_first = heap_top(&set->heap) == &a->node;

    heap_remove(&set->heap, &a->node);
    if (was_first)
        alarm_arm(set);
}
