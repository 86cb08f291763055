/* SPDX-License-Identifier: MIT */
/* sweep - kills what dead workers have left: workers that were killed together
 * with their shims (as an OOM kill can), or whose processes were stopped and
 * could not see the end.
 *
 * All that a worker starts has a mark in its environment, which names the
 * worker's first process by pid namespace, number and start time. A process
 * that bears the mark of a dead one is a leftover; no file has to be kept for
 * that. A process that has cleaned its environment is not found, but see
 * cgroup.h.
 */
#ifndef SWEEP_H
#define SWEEP_H

#define SWEEP_VARIABLE "YON_WORKER"

/* In the first process of a worker, while it has one thread: SIGKILL to all
 * leftovers that it may kill, but for those with the mark that it bears itself
 * (as a job of another worker). From then on all that it starts bears its own
 * mark. */
void sweep_begin(void);

#endif
