/* SPDX-License-Identifier: MIT */
/* cpu_child - the process in which cpu calls run, one at a time. Each is the
 * only coroutine of a loop, so that all of yon_* works in it as in any other
 * call.
 *
 * Its parent (cpu.h) sends ASSIGN and STOP and gets ADVANCED and RESULT. It
 * dies with its parent.
 */
#ifndef CPU_CHILD_H
#define CPU_CHILD_H

#include "worker/shell/call/modules.h"
#include "worker/shell/life/inherit.h"

/* Its descriptors from 3 on. The first (inherit.h) names the two others. */
enum {
    CPU_CHILD_INHERIT_FD = 3,
    CPU_CHILD_SOCKET_FD,
    CPU_CHILD_NOTE_FD,
    CPU_CHILD_FDS_END
};

/* A process has one call at a time, so its stack may be large. */
#define CPU_CHILD_STACK_KB 1024

/* Borrowed. */
struct cpu_child_plan {
    const struct modules *modules;
    const char *server; /* endpoint of the coordinator */
    uint32_t stack_kb;  /* of each call; at least CPU_CHILD_STACK_KB is taken */
    int fd;             /* the socket to its parent, owned from now on */
};

/* Exit code of a process that could not begin, because processes, descriptors
 * or memory are short. */
#define CPU_CHILD_SHORT 75

/* Before the modules are loaded. */
void cpu_child_begin(const struct inherit *inherit);
/* Returns the exit code. */
int cpu_child_serve(const struct cpu_child_plan *plan);

#endif
