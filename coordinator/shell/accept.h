/* SPDX-License-Identifier: MIT */
/* accept - connections are accepted only while descriptors are left.
 *
 * libzmq 4.3.4 ends the process when accept fails for want of a descriptor on
 * an ipc endpoint, and tries for ever on a tcp one. So this program has an
 * accept4 of its own, which libzmq calls in place of the C library's: a
 * connection beyond the limit is accepted and closed at once, and libzmq is
 * told that it was aborted, which it bears. Its peer tries again.
 */
#ifndef ACCEPT_H
#define ACCEPT_H

#include <stdint.h>

/* Keep descriptors for the store and a spare one; before anything is bound.
 * Returns how many peers have room, at least 1. */
uint32_t accept_reserve(void);

#endif
