/* SPDX-License-Identifier: MIT */
/* cpu - calls that keep a core busy, each in a process apart, which is kept for
 * the next call.
 *
 *      started -> at work <-> idle -> told to end -> gone
 *                    |                                ^
 *                    +-- crash, exit, killed ---------+
 *
 * Such a process is this program again, with the same options (cpu_child.h). It
 * dies with this one. There are as many as calls run at once; a process that
 * was idle for CPU_IDLE_MS ends.
 */
#ifndef CPU_H
#define CPU_H

#include "libcommon/rt/co/alarm.h"
#include "worker/core/assignment.h"
#include "worker/shell/call/call.h"
#include "worker/shell/call/module_files.h"

#define CPU_IDLE_MS 60000

struct cpu_pool; /* opaque */
struct cpu_call; /* opaque; not to be used after `ended` */

/* What all processes of a pool have. Borrowed. */
struct cpu_plan {
    char **argv;                        /* our command line */
    const struct module_files *modules; /* that they load; their descriptors are
                                           above those that a process gets */
    call_advanced_fn *advanced;
    call_said_fn *said;
};
/* The number from which on the descriptors of so many modules must be. */
int cpu_modules_low(size_t n);

struct cpu_pool *cpu_pool_new(uv_loop_t *loop, struct alarm_set *alarms,
                              const struct cpu_plan *plan);
/* When no call runs. The loop must run once more, for handles that close. */
void cpu_pool_free(struct cpu_pool *pool);

/* As call_start. ERR_SYSTEM: no process can be had. */
enum err cpu_start(struct cpu_pool *pool, const struct assignment *from,
                   call_ended_fn *ended, void *arg, struct cpu_call **out,
                   char *errmsg);
pid_t cpu_pid(const struct cpu_call *c);
/* As call_stop. */
void cpu_stop(struct cpu_call *call, struct view reason);
/* Kill its process. The call ends as cancelled, unless its result was there. */
void cpu_kill(struct cpu_call *call);

#endif
