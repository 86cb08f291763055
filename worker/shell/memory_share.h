/* SPDX-License-Identifier: MIT */
/* memory_share - how many programs and calls at once a limited memory allows,
 * and how much of what has ended is held. Pure.
 *
 * What is over its share waits with the coordinator: nobody dies of it.
 */
#ifndef MEMORY_SHARE_H
#define MEMORY_SHARE_H

#include <stdint.h>

struct memory_share {
    uint32_t slots;
    uint32_t calls;
    uint64_t ended_bytes; /* of outcomes that the coordinator does not have */
};

/* The least of what is wanted and of what fits into the room; UINT64_MAX:
 * nothing limits it. One of each kind always fits. */
struct memory_share memory_share_of(uint64_t room, uint32_t slots,
                                    uint32_t calls, uint64_t stack);

#endif
