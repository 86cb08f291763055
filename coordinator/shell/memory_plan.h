/* SPDX-License-Identifier: MIT */
/* memory_plan - who may take how much of yond's memory. Pure.
 *
 * The parts together are less than the whole; each has a figure that it does
 * not exceed on a large machine. What is over its part waits, or is dropped
 * and asked for again: nobody dies of it.
 */
#ifndef MEMORY_PLAN_H
#define MEMORY_PLAN_H

#include <stdint.h>

struct memory_plan {
    uint64_t queue;    /* jobs that have not ended */
    uint64_t cache;    /* of the store */
    uint64_t slow;     /* frames for peers that read slowly */
    uint32_t sessions; /* clients and workers */
};

struct memory_plan memory_plan_of(uint64_t room);

#endif
