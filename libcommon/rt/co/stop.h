/* SPDX-License-Identifier: MIT */
/* stop - why the awaits of a coroutine end before what they wait for.
 *
 * A stop is what trio calls a cancel scope: a stretch of a coroutine that is
 * cancelled as a whole. It is on the list of its coroutine from where the
 * stretch begins to where it ends. As soon as it has an error every await in
 * that stretch ends with it, except behind a shield that was begun inside.
 * Groups and limits push one each; the outermost stop is the coroutine's own,
 * which coro_cancel sets.
 */
#ifndef STOP_H
#define STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/err.h"
#include "libcommon/rt/co/alarm.h"

struct stop {
    struct stop *outer;
    unsigned shielded; /* depth of shields where it was pushed; reaches no
                          deeper */
    enum err err;      /* ERR_CANCELLED, ERR_TIMEOUT; ERR_NONE: not stopped */
    uint64_t at_ns;    /* of uv_hrtime: ERR_TIMEOUT from then on; STOP_NEVER */
    /* Called when the coroutine ends with it still pushed; it has been taken
     * off already. */
    void (*drop)(struct stop *s);
};
#define STOP_NEVER UINT64_MAX

struct stop_list {
    struct stop own;
    struct stop *innermost;
    unsigned shielded; /* depth of shields now */
    struct alarm_set *alarms;
    void (*struck)(struct stop_list *l); /* a stop has got an error by itself */
};

void stop_list_init(struct stop_list *l, struct alarm_set *alarms,
                    void (*struck)(struct stop_list *l));
/* Drops all stops except its own. Twice is harmless. */
void stop_list_fini(struct stop_list *l);
/* The error that awaits end with now: ERR_CANCELLED before ERR_TIMEOUT,
 * whatever came first; ERR_NONE: they do not. */
enum err stop_list_err(const struct stop_list *l);
/* When time ends for awaits that begin now; STOP_NEVER. */
uint64_t stop_list_at_ns(const struct stop_list *l);

/* s->err and s->drop are set. The memory stays the caller's. */
void stop_push(struct stop_list *l, struct stop *s);
void stop_remove(struct stop_list *l, struct stop *s);

/* A stop that gets ERR_TIMEOUT by itself; on the heap. */
struct stop_alarm;
struct stop_alarm *stop_alarm_push(struct stop_list *l, uint64_t at_ns);
/* The innermost stop_alarm, or NULL. */
struct stop_alarm *stop_alarm_innermost(const struct stop_list *l);
/* Remove and free it. Whether time was over. */
bool stop_alarm_pop(struct stop_list *l, struct stop_alarm *a);
/* The child's awaits end when the parent's do. Both lists have the same alarms.
 */
void stop_alarm_inherit(struct stop_list *child,
                        const struct stop_list *parent);

#endif
