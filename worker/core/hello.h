/* SPDX-License-Identifier: MIT */
/* hello - what a worker tells about itself and the attempts it holds. Pure. */
#ifndef HELLO_H
#define HELLO_H

#include "worker/core/worker_state.h"

/* Without a session: send HELLO, OFFER and HELD. */
void hello_send(struct worker *w);
/* Send HELD with the attempts up to the number `upto` of this epoch. */
void hello_send_held(struct worker *w, uint64_t upto);

#endif
