/* SPDX-License-Identifier: MIT */
/* former - what is left of workers that were killed together with their keepers
 * (or with the machine's help, such as an OOM kill of all of them).
 *
 * Each program carries a mark in its environment, and its descendants inherit
 * it: which nursery it belongs to, by pid namespace, number and start time. So
 * whoever bears the mark of a nursery that lives no more was left, without any
 * file that would have to be kept. Who has cleaned its environment is not
 * found; see leaf.h.
 */
#ifndef FORMER_H
#define FORMER_H

#include <sys/types.h>

#define FORMER_VARIABLE "YON_KEEPER"
#define FORMER_MARK_LEN 64

/* The mark for programs of this nursery, which lives; "": /proc tells nothing.
 */
void former_mark(pid_t nursery, char out[FORMER_MARK_LEN]);

/* SIGKILL to all processes that dead nurseries left, and that we may kill; not
 * to those who bear the mark that we bear ourselves. */
void former_kill(void);

#endif
