/* SPDX-License-Identifier: MIT */
/* cpu_child - the process in which cpu calls run, one at a time: a loop with
 * that call as its only coroutine, so that in it all is as in any other call.
 *
 * From its parent (cpu.h) come ASSIGN and STOP, it answers with RESULT. It ends
 * when its parent does.
 */
#ifndef CPU_CHILD_H
#define CPU_CHILD_H

#include "worker/shell/call/modules.h"
#include "worker/shell/life/inherit.h"

/* Its descriptors from 3 on: what it inherits, which names the two others. */
enum {
    CPU_CHILD_INHERIT_FD = 3,
    CPU_CHILD_SOCKET_FD,
    CPU_CHILD_NOTE_FD,
    CPU_CHILD_FDS_END
};

/* Nobody else waits on its loop, so a stack may be large. */
#define CPU_CHILD_STACK_KB 1024

/* Borrowed. */
struct cpu_child_plan {
    const struct modules *modules;
    const char *server; /* endpoint of the coordinator */
    uint32_t stack_kb;  /* of each call; at least CPU_CHILD_STACK_KB is taken */
    int fd;             /* the socket to its parent, owned from now on */
};

/* Before the modules are loaded. */
void cpu_child_begin(const struct inherit *inherit);
/* Returns the exit code. */
int cpu_child_serve(const struct cpu_child_plan *plan);

#endif
