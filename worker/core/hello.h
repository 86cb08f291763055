/* SPDX-License-Identifier: MIT */
/* hello - what a worker says of itself, and of the attempts that it holds.
 * Pure.
 */
#ifndef HELLO_H
#define HELLO_H

#include "worker/core/worker_state.h"

/* HELLO, OFFER and HELD leave; there is no session. */
void hello_send(struct worker *w);
/* Name what is held, as far as `upto` can mean it. */
void hello_send_held(struct worker *w, uint64_t upto);

#endif
