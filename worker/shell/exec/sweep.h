/* SPDX-License-Identifier: MIT */
/* sweep - what is left of workers that are dead: of one that was killed
 * together with its shims (an OOM kill of all of them), or whose processes
 * were stopped and could not see its end.
 *
 * All that a worker starts carries a mark in its environment: which worker it
 * belongs to, by pid namespace, number and start time of its first process. So
 * whoever bears the mark of a process that lives no more was left, without any
 * file that would have to be kept. Who has cleaned its environment is not
 * found; see cgroup.h.
 */
#ifndef SWEEP_H
#define SWEEP_H

#define SWEEP_VARIABLE "YON_WORKER"

/* In the first process of a worker, of one thread. SIGKILL to all processes
 * that dead workers left, and that we may kill; not to those who bear the mark
 * that we bear ourselves, as a job of another worker. Then what this process
 * starts bears its mark. */
void sweep_begin(void);

#endif
