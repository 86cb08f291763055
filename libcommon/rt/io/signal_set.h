/* SPDX-License-Identifier: MIT */
/* signal_set - the signals that coroutines of a loop wait for. */
#ifndef SIGNAL_SET_H
#define SIGNAL_SET_H

struct signal_set;
/* Nobody waits. The memory goes with the next turns. NULL is fine. */
void signal_set_close(struct signal_set *set);

#endif
