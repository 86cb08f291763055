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
#include "worker/shell/worker_config.h"

/* Its descriptors from 3 on, as options: the socket to its parent, and the
 * memory for its crash_note. */
#define CPU_CHILD_SOCKET_OPTION "--cpu-fd=3"
#define CPU_CHILD_NOTE_OPTION "--note-fd=4"
#define CPU_CHILD_FDS_END 5

/* Nobody else waits on its loop, so a stack may be large. */
#define CPU_CHILD_STACK_KB 1024

/* Before the modules are loaded. */
void cpu_child_begin(const struct config *config);
/* Returns the exit code. */
int cpu_child_serve(const struct config *config, const struct modules *modules);

#endif
